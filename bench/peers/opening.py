"""What Python takes to find images: `opening.py files FOLDER` or `opening.py list FILE`.

The folder has `train` and `val`, each opened by torchvision's `ImageFolder`, or where there is no torchvision gone
through as it does; the list is read by `csv` into tuples of path, class and split. Prints the count of images and of
classes, seconds of the processor without imports, peak memory, and who it was.
"""

import csv
import json
import os
import re
import sys
import time

what, place = sys.argv[1:]
ImageFolder = None
if what == "files":
    try:
        from torchvision.datasets import ImageFolder
    except ImportError:
        pass

endings = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")


def walk(root):
    classes = sorted(entry.name for entry in os.scandir(root) if entry.is_dir())
    found = []
    for label, name in enumerate(classes):
        for folder, _, names in sorted(os.walk(os.path.join(root, name), followlinks=True)):
            found += [(os.path.join(folder, file), label) for file in sorted(names) if file.lower().endswith(endings)]
    return found, classes


def files(root):
    if ImageFolder:
        parts = [ImageFolder(os.path.join(root, split)) for split in ("train", "val")]
        return [part.samples for part in parts], parts[0].classes
    parts = [walk(os.path.join(root, split)) for split in ("train", "val")]
    return [found for found, _ in parts], parts[0][1]


def rows(path):
    classes = {}
    with open(path, newline="") as file:
        found = [
            (row["path"], classes.setdefault(row["label"], len(classes)), row["split"]) for row in csv.DictReader(file)
        ]
    found.sort()
    return [found], classes


begun = time.process_time()
parts, classes = files(place) if what == "files" else rows(place)
seconds = time.process_time() - begun
# Linux's ru_maxrss begins with what the parent held.
peak = int(re.search(r"VmHWM:\s+(\d+) kB", open("/proc/self/status").read())[1]) / 1024
by = "csv.DictReader" if what == "list" else "ImageFolder" if ImageFolder else "a walk like ImageFolder's"
count = sum(len(part) for part in parts)
print(json.dumps({"count": count, "classes": len(classes), "seconds": seconds, "peakMiB": peak, "by": by}))
