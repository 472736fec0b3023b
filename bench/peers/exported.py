"""What Python makes of an exported folder, for the tests.

  exported.py check FILE...            the ONNX checker, with shapes inferred; prints the opset of each
  exported.py torchvision SAFETENSORS LAYERS STEM SHAPE < float32 images > float32 features
"""

import json
import sys

import numpy


def check(paths):
    import onnx

    for path in paths:
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
        inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True)
        onnx.checker.check_model(inferred)
        print(model.opset_import[0].version)


def read(path):
    """safetensors, for where Debian has no package of it: 8 bytes length, header in JSON, bytes."""
    import torch

    types = {"F32": numpy.float32, "I64": numpy.int64}
    raw = open(path, "rb").read()
    start = 8 + int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:start])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        array = numpy.frombuffer(raw[start + begin : start + end], types[entry["dtype"]])
        tensors[name] = torch.from_numpy(array.reshape(entry["shape"]).copy())
    return tensors


def torchvision(path, layers, stem, shape):
    import torch
    from torchvision.models.resnet import BasicBlock, ResNet

    torch.set_num_threads(1)
    model = ResNet(BasicBlock, json.loads(layers))
    if stem != "standard":
        model.conv1 = torch.nn.Conv2d(3, 64, 3, 1 if stem == "small" else 2, 1, bias=False)
        model.maxpool = torch.nn.Identity()
    model.fc = torch.nn.Identity()
    model.load_state_dict(read(path))  # strict
    model.eval()
    images = numpy.frombuffer(sys.stdin.buffer.read(), numpy.float32).reshape(json.loads(shape))
    with torch.no_grad():
        sys.stdout.buffer.write(model(torch.from_numpy(images.copy())).numpy().tobytes())


if __name__ == "__main__":
    command, *rest = sys.argv[1:]
    check(rest) if command == "check" else torchvision(*rest)
