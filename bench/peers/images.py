"""Image files to bytes as torchvision's pipelines do it, for bench/suites/images/decoding.ts to compare with."""

import time
from multiprocessing.pool import ThreadPool

import numpy
from peer import serve
from PIL import Image
from torchvision import transforms


def decode(files: list[str], side: int, workers: int) -> float:
    """Seconds an image. PIL lets go of the interpreter while it decodes and resizes, so that threads do."""
    prepare = transforms.Compose([transforms.Resize(side), transforms.CenterCrop(side)])

    def one(file: str) -> int:
        with Image.open(file) as image:
            return numpy.asarray(prepare(image.convert("RGB"))).nbytes

    begun = time.perf_counter()
    with ThreadPool(workers) as pool:
        sizes = pool.map(one, files)
    assert sizes == [3 * side * side] * len(files)
    return (time.perf_counter() - begun) / len(files)


serve({"decode": decode})
