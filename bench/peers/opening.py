"""What Python takes to find images: `opening.py files FOLDER` or `opening.py list FILE`.

The folder is gone through as torchvision's `make_dataset` does for `ImageFolder`, the list is read
by `csv` into tuples of path, class and split. Prints count, seconds of the processor, peak memory.
"""

import csv
import json
import os
import re
import sys
import time

endings = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")


def files(root):
    classes = sorted(entry.name for entry in os.scandir(root) if entry.is_dir())
    found = []
    for label, name in enumerate(classes):
        for folder, _, names in sorted(os.walk(os.path.join(root, name), followlinks=True)):
            found += [(os.path.join(folder, file), label) for file in sorted(names) if file.lower().endswith(endings)]
    return found


def rows(path):
    classes = {}
    with open(path, newline="") as file:
        found = [
            (row["path"], classes.setdefault(row["label"], len(classes)), row["split"]) for row in csv.DictReader(file)
        ]
    found.sort()
    return found


what, place = sys.argv[1:]
begun = time.process_time()
found = files(place) if what == "files" else rows(place)
seconds = time.process_time() - begun
# Linux's ru_maxrss begins with what the parent held.
peak = int(re.search(r"VmHWM:\s+(\d+) kB", open("/proc/self/status").read())[1]) / 1024
print(json.dumps({"count": len(found), "seconds": seconds, "peakMiB": peak}))
