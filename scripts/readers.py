"""Rows of docs/reference/decoders.md: how far other readers' pixels are from those that files stand for.

python scripts/readers.py, with Pillow, imagecodecs and tifffile from PyPI and ImageMagick's `convert`. The files are
those of packages/tandem/test/fixtures/unusual.json, which the tests hold ours to.
"""

import base64
import io
import json
import os
import subprocess
import sys
import tempfile
import warnings
import zlib

import imagecodecs
import numpy as np
import PIL
import tifffile
from PIL import Image, ImageOps, features

warnings.simplefilter('ignore')
FOLDER = os.path.dirname(os.path.abspath(__file__))
CONVERT = os.environ.get('CONVERT', '/usr/bin/convert')


def unpacked(text):
    return zlib.decompress(base64.b64decode(text))


def over_white(image):
    rgba = image.convert('RGBA')
    return np.asarray(Image.alpha_composite(Image.new('RGBA', rgba.size, 'white'), rgba).convert('RGB'))


def pillow(data, case):
    image = Image.open(io.BytesIO(data))
    image.load()
    image = ImageOps.exif_transpose(image)
    if image.mode == 'F':
        image = Image.fromarray((np.asarray(image) * 255 + 0.5).astype(np.uint8))
    if image.mode.startswith('I;16'):
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    return over_white(image)


def arrays(data, case):
    """tifffile for TIFFs, imagecodecs for the rest, which give numbers as they are stored."""
    if case['name'].startswith('TIFF'):
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            page = file.pages[0]
            array = page.asarray()
            if page.photometric == 3:
                array = np.moveaxis(page.colormap[:, array.astype(int)], 0, -1) >> 8
    else:
        array = imagecodecs.imread(io.BytesIO(data))
    array = np.asarray(array)
    if array.ndim == 4:
        array = array[0]
    if array.dtype == bool:
        array = array * 255
    elif array.dtype.kind == 'f':
        array = array * 255
    elif array.dtype == np.uint16:
        deep = next((bits for bits in (10, 12) if f'{bits} bits' in case['name']), 16)
        array = array >> (deep - 8)
    array = array.astype(np.float64)
    if array.ndim == 2:
        array = np.repeat(array[..., None], 3, -1)
    if array.shape[-1] == 2:
        array = array[..., [0, 0, 0, 1]]
    if array.shape[-1] == 4 and 'CMYK' not in case['name'] and 'YCCK' not in case['name']:
        share = array[..., 3:] / 255
        return array[..., :3] * share + 255 * (1 - share)
    return array[..., :3]


def magick(data, case):
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        options = ['-auto-orient', '-background', 'white', '-alpha', 'remove', '-alpha', 'off', '-colorspace', 'sRGB', '-depth', '8']
        done = subprocess.run([CONVERT, f'{file.name}[0]', *options, 'ppm:-'], capture_output=True)
    if done.returncode != 0 or not done.stdout:
        raise ValueError(done.stderr.decode()[:200])
    return np.asarray(Image.open(io.BytesIO(done.stdout)).convert('RGB'))


def judged(reader, case):
    """The largest difference of a pixel, or a word."""
    try:
        got = np.asarray(reader(unpacked(case['file']), case), np.float64)
    except Exception as error:
        if '-v' in sys.argv:
            print(case['name'], reader.__name__, repr(error)[:150], file=sys.stderr)
        return 'refused'
    wanted = np.moveaxis(np.frombuffer(unpacked(case['pixels']), np.uint8).reshape(3, case['height'], case['width']), 0, -1)
    if got.shape != wanted.shape:
        return 'another size'
    return int(np.ceil(np.abs(got - wanted).max()))


def cell(results, off):
    words = []
    for word in ['refused', 'another size']:
        count = results.count(word)
        if count:
            words.append(word if count == len(results) else f'{count} of {len(results)} {word}')
    numbers = [result for result in results if not isinstance(result, str)]
    if numbers and len(numbers) < len(results):
        words.append('else ' + cell(numbers, off))
        return ', '.join(words)
    if numbers:
        words.append('same' if max(numbers) <= off else f'up to {max(numbers)} apart')
    return ', '.join(words)


rows = {}
for case in json.load(open(os.path.join(FOLDER, '../packages/tandem/test/fixtures/unusual.json'))):
    rows.setdefault(case['row'], []).append(case)
version = subprocess.run([CONVERT, '-version'], capture_output=True, text=True).stdout.split()[2]
codecs = ', '.join(f'{name} {features.version(name)}' for name in ['libjpeg_turbo', 'webp', 'avif', 'libtiff'] if features.version(name))
print(f'Pillow {PIL.__version__} ({codecs}); tifffile {tifffile.__version__}, imagecodecs {imagecodecs.__version__}; ImageMagick {version}')
for row, cases in rows.items():
    off = max(case.get('off', 0) for case in cases)
    ours = 'skipped, named' if 'reason' in cases[0] else f'within {off}' if off > 1 else 'the pixels'
    cells = [cell([judged(reader, case) for case in cases], max(off, 1)) for reader in (pillow, arrays, magick)]
    print(f'| {row} | {ours} | ' + ' | '.join(cells) + ' |')
