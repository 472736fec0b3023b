"""ResNet-18 training steps and single operator calls in PyTorch, for bench/suites/engine/engine.ts to compare with."""

import time
import timeit

import torch
from peer import serve
from resnet import ResNet18
from torch import nn
from torch.nn import functional as F

SIDE = 32
CLASSES = 10


class Trainer:
    """Draws weights and images in the order of training.ts, so that both sides begin alike."""

    def __init__(self, bfloat16: bool, channels_last: bool, width: int, batch: int):
        self.bfloat16 = bfloat16
        self.net = nn.Sequential(ResNet18(width), nn.Linear(8 * width, CLASSES))
        torch.manual_seed(0)
        with torch.no_grad():
            for x in self.net.parameters():
                if x.ndim > 1:
                    x.normal_(std=(2 * x.shape[0] / x.numel()) ** 0.5)
            self.net[1].bias.zero_()
        memory_format = torch.channels_last if channels_last else torch.contiguous_format
        self.net.to(memory_format=memory_format)
        self.images = torch.randn(batch, 3, SIDE, SIDE).to(memory_format=memory_format)
        self.labels = torch.randint(CLASSES, (batch,))
        self.sgd = torch.optim.SGD(self.net.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)

    def step(self) -> float:
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.bfloat16):
            loss = F.cross_entropy(self.net(self.images), self.labels)
        self.sgd.zero_grad(set_to_none=True)
        loss.backward()
        self.sgd.step()
        return loss.item()


trainer: Trainer


def prepare(bfloat16: bool, channelsLast: bool, width: int, batch: int) -> None:
    global trainer
    trainer = Trainer(bfloat16, channelsLast, width, batch)


def train(steps: int) -> dict:
    loss = float("nan")
    begun, cpu_begun = time.perf_counter(), time.process_time()
    for _ in range(steps):
        loss = trainer.step()
    return {
        "seconds": time.perf_counter() - begun,
        "cpuSeconds": time.process_time() - cpu_begun,
        "loss": loss,
    }


operands = {
    "torch": torch,
    "F": F,
    "a": torch.randn(4),
    "b": torch.randn(4),
    "image": torch.randn(1, 1, 4, 4),
    "kernel": torch.randn(1, 1, 1, 1),
}

# timeit compiles the statement into its loop, so that no call of a Python function is counted.
operators = {
    name: timeit.Timer(statement, globals=operands)
    for name, statement in {
        "add(a, b)": "torch.add(a, b)",
        "a.add(b)": "a.add(b)",
        "a.add_(b)": "a.add_(b)",
        "a.relu()": "a.relu()",
        "a.mul(2.5)": "a.mul(2.5)",
        "a.sum(0, keepdim)": "a.sum(0, keepdim=True)",
        "a.reshape(2, 2)": "a.reshape(2, 2)",
        "conv2d 1x1": "F.conv2d(image, kernel, stride=1, padding=0)",
    }.items()
}


def call(name: str, calls: int) -> float:
    """Nanoseconds of one call."""
    return operators[name].timeit(calls) / calls * 1e9


if __name__ == "__main__":
    serve({"prepare": prepare, "train": train, "call": call})
