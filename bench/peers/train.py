"""Training end to end, images to update, in PyTorch: as published and tuned, for bench/suites/train/train.ts to compare with."""

import re
import resource
import time
from pathlib import Path

import numpy as np
import torch
from augment import Published, Tuned
from methods import METHODS
from peer import serve


def read_cifar(folder: str) -> np.ndarray:
    records = [np.fromfile(Path(folder) / f"data_batch_{i}.bin", np.uint8).reshape(-1, 3073) for i in range(1, 6)]
    return np.concatenate(records)[:, 1:].reshape(-1, 3, 32, 32)


class Trainer:
    def __init__(
        self,
        method: str,
        width: int,
        tuned: bool = True,
        channelsLast: bool = False,
        bfloat16: bool = False,
        steps: int = 39_000,
    ):
        self.bfloat16 = bfloat16
        self.memory_format = torch.channels_last if channelsLast else torch.contiguous_format
        self.method = METHODS[method](width, steps, fused=tuned).to(memory_format=self.memory_format)
        learnt = [x for x in self.method.parameters() if x.requires_grad]
        self.sgd = torch.optim.SGD(learnt, lr=0.06, momentum=0.9, weight_decay=5e-4, foreach=tuned)
        self.steps_taken = 0

    def step(self, views: list[torch.Tensor]) -> float:
        a, b = (x.to(memory_format=self.memory_format) for x in views)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.bfloat16):
            students, teachers = self.method(a, b)
        if self.bfloat16:
            students, teachers = [x.float() for x in students], [x.float() for x in teachers]
        loss = self.method.loss(students, teachers) * self.method.scale
        self.sgd.zero_grad(set_to_none=True)
        loss.backward()
        self.method.before_step()
        self.sgd.step()
        self.method.after_step(self.steps_taken)
        self.steps_taken += 1
        return loss.item()


trainer: Trainer
source: Published | Tuned


def prepare(method: str, data: str, batch: int, width: int, tuned: bool, channelsLast: bool, bfloat16: bool) -> None:
    global trainer, source
    images = read_cifar(data)
    trainer = Trainer(method, width, tuned, channelsLast, bfloat16)
    source = Tuned(images, batch) if tuned else Published(images, batch, workers=2)


def train(steps: int) -> dict:
    """Seconds of all and of waiting for views; memory pages that the system had to hand out."""
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    waited = 0.0
    begun = time.perf_counter()
    batches = source.batches(steps)
    for _ in range(steps):
        asked = time.perf_counter()
        views = next(batches)
        waited += time.perf_counter() - asked
        loss = trainer.step(views)
    return {
        "seconds": (time.perf_counter() - begun) / steps,
        "views": waited / steps,
        "pageFaults": (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults) / steps,
        "loss": loss,
    }


def release() -> None:
    global trainer, source
    del trainer, source


def peak() -> float:
    """MiB that this process ever held. Linux's ru_maxrss begins with what the parent held."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def losses(method: str, width: int, batch: int, steps: int, fixed: dict) -> list[float]:
    """Of a few steps in float64, with weights, banks and views drawn in the order of bench/harness/alike.ts; MoCo does not shuffle."""
    torch.set_default_dtype(torch.float64)
    try:
        one = Trainer(method, width, steps=steps, **fixed)
        torch.manual_seed(0)
        with torch.no_grad():
            for name, x in one.method.named_parameters():
                if x.requires_grad and x.ndim > 1:
                    x.normal_(std=(2 * x.shape[0] / x.numel()) ** 0.5)
                elif name.endswith("bias"):
                    x.zero_()
        one.method.start()
        one.method.shuffled = False
        views = [torch.randn(batch, 3, 32, 32) for _ in range(2)]
        return [one.step(views) for _ in range(steps)]
    finally:
        torch.set_default_dtype(torch.float32)


def formats(method: str, width: int, batch: int, bfloat16: bool, rounds: int) -> dict:
    """Seconds of steps in either memory format, by turns."""
    views = [torch.randn(batch, 3, 32, 32) for _ in range(2)]
    names = ["contiguous", "channelsLast"]
    trainers = {name: Trainer(method, width, True, name == "channelsLast", bfloat16) for name in names}
    found = {name: [] for name in names}
    for _ in range(1 + rounds):
        for name in names:
            begun = time.perf_counter()
            trainers[name].step(views)
            found[name].append(time.perf_counter() - begun)
        names.reverse()
    return {name: times[1:] for name, times in found.items()}


if __name__ == "__main__":
    tasks = {"prepare": prepare, "train": train, "release": release}
    serve({**tasks, "peak": peak, "losses": losses, "formats": formats})
