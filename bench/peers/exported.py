"""What Python makes of an exported folder, for the tests.

  exported.py check FILE...            the ONNX checker, with shapes inferred; prints the opset of each
  exported.py torchvision SAFETENSORS LAYERS STEM SHAPE < float32 images > float32 features
  exported.py classify FOLDER SHAPE PICTURE < float32 images > JSON: what transformers and ONNX
                                       Runtime give for the images, and the pipeline for the picture
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


def classify(folder, shape, picture):
    import os

    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_VERBOSITY="error")
    import onnxruntime
    import torch
    from transformers import AutoModelForImageClassification, pipeline

    torch.set_num_threads(1)
    images = numpy.frombuffer(sys.stdin.buffer.read(), numpy.float32).reshape(json.loads(shape))
    model, loading = AutoModelForImageClassification.from_pretrained(folder, output_loading_info=True)
    with torch.no_grad():
        logits = model.eval()(torch.from_numpy(images.copy())).logits
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(f"{folder}/onnx/model.onnx", settings, ["CPUExecutionProvider"])
    (theirs,) = session.run(["logits"], {"pixel_values": images})
    answer = {
        "model": type(model).__name__,
        "labels": [model.config.id2label[i] for i in range(model.config.num_labels)],
        "missing": sorted(map(str, [*loading["missing_keys"], *loading["unexpected_keys"]])),
        "logits": logits.flatten().tolist(),
        "onnx": theirs.flatten().tolist(),
        "pipeline": pipeline("image-classification", folder)(picture),
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    command, *rest = sys.argv[1:]
    {"check": lambda *files: check(files), "torchvision": torchvision, "classify": classify}[command](*rest)
