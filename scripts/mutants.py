"""Compares what was kept of damaged files with a second decoder: Pillow, and tifffile for TIFFs.

python scripts/mutants.py FOLDER, after npm run test:mutants. A picture is wrong where both read the file
and their pixels differ: more than 24 of 255 at more than 2 % of the pixels, since decoders of lossy
formats round differently. Where the second decoder refuses, its reason is counted.
"""

import collections
import json
import os
import sys
import warnings

import numpy as np
import tifffile
from PIL import Image, ImageFile

warnings.simplefilter('ignore')
FOLDER = sys.argv[1]


def shown(array, page):
    """Numbers of a TIFF as docs/reference/images.md has them, 0 to 255, [h, w, 3]."""
    kind = array.dtype
    if kind == bool:
        values = array * 255.0
    elif kind.kind == 'f':
        values = array.astype(np.float64) * 255
    else:
        bits = page.bitspersample - (1 if kind.kind == 'i' else 0)
        values = array / (2.0**bits - 1) * 255
    if page.photometric == 3:
        values = np.moveaxis(page.colormap[:, np.clip(array, 0, page.colormap.shape[1] - 1)], 0, -1) / 257.0
    if page.planarconfig == 2 and values.ndim == 3:
        values = np.moveaxis(values, 0, -1)
    if page.photometric == 0:
        values = 255 - values
    if values.ndim == 2:
        values = np.repeat(values[..., None], 3, -1)
    if values.shape[-1] == 4 and page.extrasamples and page.extrasamples[0] in (1, 2):
        alpha = values[..., 3:] / 255
        return values[..., :3] * alpha + 255 * (1 - alpha)
    return values[..., :3]


def turned(array, orientation):
    across = np.transpose(array, (1, 0, 2))
    return {2: array[:, ::-1], 3: array[::-1, ::-1], 4: array[::-1], 5: across, 6: across[:, ::-1], 7: across[::-1, ::-1], 8: across[::-1]}.get(orientation, array)


def second(path, name):
    if name.endswith('.tif'):
        with tifffile.TiffFile(path) as file:
            page = file.pages[0]
            tag = page.tags.get(274)
            return turned(shown(page.asarray(), page), tag.value if tag else 1)
    with Image.open(path) as image:
        image.seek(0)
        image.load()
        tag = image.getexif().get(274, 1) if image.format in ('JPEG', 'TIFF', 'WEBP', 'PNG') else 1
        rgba = image.convert('RGBA')
        white = Image.new('RGBA', rgba.size, 'white')
        return turned(np.asarray(Image.alpha_composite(white, rgba).convert('RGB')), tag).astype(np.float64)


same, wrong, refused = 0, [], collections.Counter()
refusals = collections.defaultdict(list)
for one in json.load(open(os.path.join(FOLDER, 'kept.json'))):
    path = os.path.join(FOLDER, f"{one['i']}.bin")
    pixels = np.fromfile(os.path.join(FOLDER, f"{one['i']}.rgb"), np.uint8)
    ours = np.moveaxis(pixels.reshape(3, one['height'], one['width']), 0, -1)
    try:
        theirs = second(path, one['name'])
    except Exception as error:
        reason = f"{one['name'].split('.')[-1]}: {type(error).__name__} {str(error)[:50]}"
        refused[reason] += 1
        refusals[reason].append(one['i'])
        continue
    if theirs.shape != ours.shape:
        wrong.append((one['i'], one['name'], f'{ours.shape} {theirs.shape}'))
        continue
    share = (np.abs(ours - theirs).max(-1) > 24).mean()
    if share > 0.02:
        wrong.append((one['i'], one['name'], f'{share:.0%} of the pixels'))
    else:
        same += 1
print(f'{same} the same, {len(wrong)} differ, {sum(refused.values())} refused by the second decoder')
for one in wrong:
    print('differs:', *one)
for reason, count in refused.most_common():
    print(f'refused: {count} {reason} (mutants {refusals[reason][:5]})')
sys.exit(1 if wrong else 0)
