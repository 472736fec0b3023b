"""Shards to batches of bytes with the webdataset package and torch's DataLoader, for bench/suites/images/streams.ts."""

import time

import torch
import webdataset
from peer import serve
from torchvision import transforms
from views import pipeline


def epoch(urls: list[str], side: int, size: int, views: bool, batch: int, workers: int) -> float:
    """Seconds an image, of all images of the shards once, in batches as the loader's workers make them.

    An image is its bytes at `side` pixels, or two training views at `size` pixels.
    """
    whole = transforms.Compose([transforms.Resize(side), transforms.CenterCrop(side), transforms.PILToTensor()])
    view = pipeline("large", size)
    prepare = (lambda image: torch.stack([view(image), view(image)])) if views else whole
    images = (
        webdataset.WebDataset(urls, shardshuffle=len(urls), empty_check=False)
        .shuffle(400)
        .decode("pilrgb")
        .to_tuple("jpg")
        .map_tuple(prepare)
        .batched(batch)
    )
    begun = time.perf_counter()
    count = sum(len(made) for (made,) in torch.utils.data.DataLoader(images, batch_size=None, num_workers=workers))
    return (time.perf_counter() - begun) / count


serve({"epoch": epoch})
