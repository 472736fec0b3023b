"""Training views by torchvision's transforms on Pillow images, one after another, for bench/suites/images/views.ts to compare with."""

import random
import time

import numpy as np
import torch
from peer import serve
from PIL import Image, ImageFilter
from torchvision import transforms as T


class Blur:
    """As MoCo v2's and SimSiam's code: Pillow's approximation of a Gaussian."""

    def __call__(self, image: Image.Image) -> Image.Image:
        return image.filter(ImageFilter.GaussianBlur(radius=random.uniform(0.1, 2)))


def pipeline(preset: str, size: int) -> T.Compose:
    jitter = T.RandomApply([T.ColorJitter(0.4, 0.4, 0.4, 0.1)], p=0.8)
    normalize = T.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    if preset == "small":
        steps = [T.RandomResizedCrop(size), T.RandomHorizontalFlip(), jitter, T.RandomGrayscale(0.2)]
    else:
        steps = [
            T.RandomResizedCrop(size, scale=(0.2, 1)),
            jitter,
            T.RandomGrayscale(0.2),
            T.RandomApply([Blur()], p=0.5),
            T.RandomHorizontalFlip(),
        ]
    return T.Compose([*steps, T.ToTensor(), normalize])


def pictures(count: int, size: int) -> list[Image.Image]:
    n, y, x, c = np.ogrid[0:count, 0:size, 0:size, 0:3]
    pixels = (11 * n + 50 * c + 3 * y + 7 * x).astype(np.uint8)
    return [Image.fromarray(one) for one in pixels]


transform: T.Compose
images: list[Image.Image]


def prepare(preset: str, size: int, batch: int) -> None:
    global transform, images
    torch.set_num_threads(1)
    torch.manual_seed(0)
    random.seed(0)
    transform, images = pipeline(preset, size), pictures(batch, size)


def make() -> dict:
    begun, cpu_begun = time.perf_counter(), time.process_time()
    views = torch.stack([transform(image) for image in images])
    return {
        "seconds": time.perf_counter() - begun,
        "cpuSeconds": time.process_time() - cpu_begun,
        "mean": views.mean().item(),
    }


if __name__ == "__main__":
    serve({"prepare": prepare, "make": make})
