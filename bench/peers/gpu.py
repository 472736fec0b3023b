"""SimCLR with ResNet-18 in PyTorch on a GPU, views made there in batches, for bench/suites/gpu.ts to compare with."""

import time

import torch
from methods.base import mlp
from peer import serve
from resnet import ResNet18
from torch import nn
from torch.nn import functional as F

SIDE = 32


def views(images: torch.Tensor) -> torch.Tensor:
    """Crop and flip by one grid, brightness, contrast and saturation by one number an image, gray: whole batches, no loops."""
    n, device = len(images), images.device
    x = images.float().div_(255)
    scale = torch.empty(n, device=device).uniform_(0.2, 1).sqrt_()
    shift = (torch.rand(n, 2, device=device) * 2 - 1) * (1 - scale)[:, None]
    flip = torch.randint(0, 2, (n,), device=device) * 2 - 1
    grid = torch.zeros(n, 2, 3, device=device)
    grid[:, 0, 0], grid[:, 1, 1], grid[:, :, 2] = scale * flip, scale, shift
    x = F.grid_sample(x, F.affine_grid(grid, x.shape, align_corners=False), align_corners=False)
    jittered = (torch.rand(n, 1, 1, 1, device=device) < 0.8).float()
    factor = lambda: 1 + jittered * (torch.rand(n, 1, 1, 1, device=device) - 0.5) * 0.8  # noqa: E731
    weights = torch.tensor([0.299, 0.587, 0.114], device=device).view(1, 3, 1, 1)
    x = (x * factor()).clamp_(0, 1)
    mean = (x * weights).sum(1, keepdim=True).mean((2, 3), keepdim=True)
    x = torch.lerp(mean, x, factor()).clamp_(0, 1)
    gray = (x * weights).sum(1, keepdim=True)
    x = torch.lerp(gray.expand_as(x), x, factor()).clamp_(0, 1)
    x = torch.where(torch.rand(n, 1, 1, 1, device=device) < 0.2, (x * weights).sum(1, keepdim=True), x)
    return x.sub_(0.5).div_(0.25).contiguous(memory_format=torch.channels_last)


def nt_xent(a: torch.Tensor, b: torch.Tensor, temperature: float = 0.2) -> torch.Tensor:
    z = F.normalize(torch.cat([a, b]).float())
    logits = (z @ z.t() / temperature).fill_diagonal_(float("-inf"))
    n = len(a)
    return F.cross_entropy(logits, torch.arange(2 * n, device=z.device).roll(n))


def prepare(device: str, width: int, batch: int) -> None:
    global network, sgd, images, size, where
    where, size = device, batch
    images = torch.randint(0, 256, (8 * batch, 3, SIDE, SIDE), dtype=torch.uint8, device=device)
    network = nn.Sequential(ResNet18(width), mlp(8 * width)).to(device, memory_format=torch.channels_last)
    sgd = torch.optim.SGD(network.parameters(), lr=1e-3, momentum=0.9, weight_decay=5e-4, foreach=True)
    torch.backends.cudnn.benchmark = True


def train(steps: int) -> float:
    """Seconds of a step; the last loss is read, which waits for the device."""
    begun = time.perf_counter()
    for _ in range(steps):
        chosen = images[torch.randint(0, len(images), (size,), device=where)]
        with torch.autocast(where, dtype=torch.bfloat16):
            a, b = network(views(chosen)), network(views(chosen))
        loss = nt_xent(a, b)
        sgd.zero_grad(set_to_none=True)
        loss.backward()
        sgd.step()
    loss.item()
    return (time.perf_counter() - begun) / steps


if __name__ == "__main__":
    serve({"prepare": prepare, "train": train})
