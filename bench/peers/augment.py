"""Two views of each image of a batch, as published (torchvision on Pillow, in workers) and tuned (the whole batch as tensors)."""

import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset, Sampler

MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)
LUMA = torch.tensor([0.299, 0.587, 0.114])
TO_YIQ = torch.tensor([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
FROM_YIQ = torch.linalg.inv(TO_YIQ)


class TwoViews(Dataset):
    def __init__(self, images: np.ndarray):
        from torchvision import transforms as T  # with Pillow: the tuned views need neither

        self.images = np.ascontiguousarray(images.transpose(0, 2, 3, 1))
        self.transform = T.Compose(
            [
                T.RandomResizedCrop(32),
                T.RandomHorizontalFlip(),
                T.RandomApply([T.ColorJitter(0.4, 0.4, 0.4, 0.1)], p=0.8),
                T.RandomGrayscale(0.2),
                T.ToTensor(),
                T.Normalize(MEAN, STD),
            ]
        )

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
        from PIL import Image

        image = Image.fromarray(self.images[i])
        return self.transform(image), self.transform(image)


class Stretch(Sampler):
    """As many random images as were asked for, so that workers never run ahead into the other side's turn."""

    def __init__(self, images: int):
        self.images, self.count = images, 0

    def __iter__(self) -> Iterator[int]:
        return iter(torch.randperm(self.images)[: self.count].tolist())

    def __len__(self) -> int:
        return self.count


class Published:
    def __init__(self, images: np.ndarray, batch: int, workers: int):
        self.sampler = Stretch(len(images))
        self.loader = DataLoader(
            TwoViews(images),
            batch,
            sampler=self.sampler,
            num_workers=workers,
            persistent_workers=True,
        )
        self.batch = batch

    def batches(self, steps: int) -> Iterator[list[Tensor]]:
        self.sampler.count = steps * self.batch
        return iter(self.loader)


def uniform(n: int, low: float, high: float) -> Tensor:
    return torch.empty(n).uniform_(low, high)


def crops(x: Tensor) -> Tensor:
    """RandomResizedCrop and RandomHorizontalFlip as one resampling."""
    n = len(x)
    area, ratio = uniform(n, 0.08, 1), uniform(n, math.log(3 / 4), math.log(4 / 3)).exp()
    w, h = (area * ratio).sqrt().clamp(max=1), (area / ratio).sqrt().clamp(max=1)
    flip = torch.randint(2, (n,)) * 2.0 - 1
    zero = torch.zeros(n)
    left, top = uniform(n, -1, 1) * (1 - w), uniform(n, -1, 1) * (1 - h)
    theta = torch.stack([w * flip, zero, left, zero, h, top], 1).view(n, 2, 3)
    return F.grid_sample(x, F.affine_grid(theta, x.shape, False), padding_mode="border", align_corners=False)


def colours(x: Tensor) -> Tensor:
    """ColorJitter and RandomGrayscale as one 3x3 matrix an image; hue turns in YIQ, as in NVIDIA DALI."""
    n = len(x)
    jitter = torch.rand(n) < 0.8
    brightness, contrast, saturation = (uniform(n, 0.6, 1.4).where(jitter, torch.ones(n)) for _ in range(3))
    angle = uniform(n, -0.2, 0.2).where(jitter, torch.zeros(n)) * math.pi
    saturation = saturation.where(torch.rand(n) >= 0.2, torch.zeros(n)).view(n, 1, 1)
    turn = torch.eye(3).repeat(n, 1, 1)
    turn[:, 1, 1] = turn[:, 2, 2] = angle.cos()
    turn[:, 1, 2], turn[:, 2, 1] = -angle.sin(), angle.sin()
    matrix = FROM_YIQ @ turn @ TO_YIQ
    matrix = saturation * matrix + (1 - saturation) * LUMA
    pixels = x.flatten(2)
    gray = pixels.mean(2) @ LUMA
    scale, shift = brightness * contrast, brightness * (1 - contrast) * gray
    made = torch.baddbmm(shift.view(n, 1, 1), matrix * scale.view(n, 1, 1), pixels)
    return made.clamp_(0, 1).view_as(x)


class Tuned:
    def __init__(self, images: np.ndarray, batch: int):
        self.images, self.batch = torch.from_numpy(images), batch
        self.mean, self.std = (torch.tensor(x).view(3, 1, 1) for x in (MEAN, STD))

    def view(self, x: Tensor) -> Tensor:
        return colours(crops(x)).sub_(self.mean).div_(self.std)

    def batches(self, steps: int) -> Iterator[list[Tensor]]:
        order = torch.randperm(len(self.images))[: steps * self.batch]
        for chosen in order.split(self.batch):
            x = self.images[chosen].float().div_(255)
            yield [self.view(x), self.view(x)]
