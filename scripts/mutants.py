"""Compares what was kept of damaged files with other decoders: Pillow, tifffile for TIFFs, NumPy for its arrays.

python scripts/mutants.py FOLDER, after npm run test:mutants. A picture is right where it is as
before the damage, or as another decoder reads the damaged file, but for 2 % of the pixels (decoders of lossy
formats round differently, and a changed number of a picture without a codec cannot be told). An array must be as NumPy
reads it, to the last number. All others are named.
"""

import io
import json
import logging
import os
import re
import sys
import warnings

import numpy as np
import tifffile
from PIL import Image, ImageCms

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'fixtures'))
from profiles import lab_to_srgb  # noqa: E402

warnings.simplefilter('ignore')
logging.getLogger('tifffile').setLevel(logging.CRITICAL)
FOLDER = sys.argv[1]
SRGB = ImageCms.createProfile('sRGB')
# Kinds of TIFF whose colours tifffile leaves as they are stored, where Pillow converts them.
CONVERTED = ('TIFF YCbCr', 'TIFF in P3', 'TIFF of JPEG in YCbCr', 'TIFF CMYK')


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
    if page.photometric in (8, 9) and page.photometric.name.endswith('LAB'):
        return of_lab(array, page)
    if values.ndim == 2:
        values = np.repeat(values[..., None], 3, -1)
    if values.shape[-1] == 2:
        values = values[..., [0, 0, 0, 1]]
    if values.shape[-1] == 4 and page.extrasamples and page.extrasamples[0] in (1, 2):
        alpha = values[..., 3:] / 255
        return np.clip(values[..., :3] * (1 if page.extrasamples[0] == 1 else alpha) + 255 * (1 - alpha), 0, 255)
    return values[..., :3]


def of_lab(array, page):
    unit = 2.0 ** (page.bitspersample - 8)
    lightest = 0xFF00 if page.photometric == 9 and unit > 1 else 256 * unit - 1
    signed = array[..., 1:] / unit
    signed = signed - 128 if page.photometric == 9 else np.where(signed < 128, signed, signed - 256)
    return lab_to_srgb(np.concatenate([array[..., :1] / lightest * 100, signed], -1))


def managed(image):
    """In sRGB by the image's profile, where it has one that can be read."""
    profile = image.info.get('icc_profile')
    if not profile:
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if image.mode == 'L':
            return ImageCms.profileToProfile(image, source, SRGB, outputMode='RGB')
        return ImageCms.profileToProfile(image, source, SRGB, outputMode='RGB') if image.mode in ('RGB', 'CMYK') else image
    except (ImageCms.PyCMSError, OSError):
        return image


def apart(ours, theirs, by=24):
    """The share of pixels that differ by more than `by` of 255."""
    return (np.abs(ours.astype(np.float64) - theirs).max(-1) > by).mean()


def turned(array, orientation):
    across = np.transpose(array, (1, 0, 2))
    return {2: array[:, ::-1], 3: array[::-1, ::-1], 4: array[::-1], 5: across, 6: across[:, ::-1], 7: across[::-1, ::-1], 8: across[::-1]}.get(orientation, array)


def others(path, name):
    """What reads a file besides, in turn."""
    if name.endswith(('.npy', '.npz')):
        return [by_numpy]
    return [by_tifffile, by_pillow] if name.endswith('.tif') and not name.startswith(CONVERTED) else [by_pillow]


def by_numpy(path, name):
    array = np.load(path, allow_pickle=False)
    if name.endswith('.npz'):
        called = [one for one in ('image', 'arr_0') if one in array.files]
        array = array[array.files[0] if len(array.files) == 1 else called[0]]
    array = np.moveaxis(array, 0, -1) if array.ndim == 3 and array.shape[-1] > 16 else array
    array = array * 255.0 if array.dtype.kind in 'fb' else array * (255.0 / np.iinfo(array.dtype).max)
    return np.repeat(array.reshape(*array.shape[:2], -1), 3, -1)[..., :3] if array.shape[-1:] != (3,) else array


def by_tifffile(path, _):
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        tag = page.tags.get(274)
        return turned(shown(page.asarray(), page), tag.value if tag else 1)


def orientation_of(image):
    try:
        return image.getexif().get(274, 1) if image.format in ('JPEG', 'TIFF', 'WEBP', 'PNG') else 1
    except SyntaxError:  # of EXIF that is damaged
        return 1


def by_pillow(path, _):
    with Image.open(path) as image:
        image.seek(0)
        frame = image.tile[0][1] if image.format == 'GIF' else None
        image.load()
        tag = orientation_of(image)
        if image.mode.startswith('I;16'):
            image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
        rgba = managed(image).convert('RGBA')
        white = Image.new('RGBA', rgba.size, 'white')
        if frame:
            # What the first frame leaves free is transparent in browsers; Pillow fills it.
            shown_part = white.copy()
            shown_part.paste(rgba.crop(frame), frame)
            rgba = shown_part
        return turned(np.asarray(Image.alpha_composite(white, rgba).convert('RGB')), tag).astype(np.float64)


def compared(ours, path, name, limits):
    """None where another decoder reads the same, or what the last of them reads."""
    reason = None
    for other in others(path, name):
        try:
            theirs = other(path, name)
        except Exception as error:
            reason = f"{type(error).__name__} {re.sub('/.*', '', str(error))[:60]}"
            continue
        if theirs.shape != ours.shape:
            reason = f'{ours.shape} {theirs.shape}'
            continue
        share = apart(ours, theirs, limits[0])
        if share <= limits[1]:
            return None
        reason = f'{share:.0%} of the pixels'
    return reason


whole, same, wrong = 0, 0, []
for one in json.load(open(os.path.join(FOLDER, 'kept.json'))):
    path = os.path.join(FOLDER, f"{one['i']}.bin")
    pixels = np.fromfile(os.path.join(FOLDER, f"{one['i']}.rgb"), np.uint8)
    is_array = one['name'].endswith(('.npy', '.npz'))
    undamaged = np.fromfile(os.path.join(FOLDER, f"whole-{one['base']}.rgb"), np.uint8)
    limits = (0.5001, 0) if is_array else (24, 0.02)
    if pixels.shape == undamaged.shape and apart(pixels.reshape(3, -1).T, undamaged.reshape(3, -1).T, limits[0]) <= limits[1]:
        whole += 1
        continue
    ours = np.moveaxis(pixels.reshape(3, one['height'], one['width']), 0, -1)
    reason = compared(ours, path, one['name'], limits)
    if reason:
        wrong.append((one['i'], one['name'], reason))
    else:
        same += 1
print(f'{whole} as before the damage, {same} as another decoder reads them, {len(wrong)} otherwise')
for one in wrong:
    print('otherwise:', *one)
sys.exit(1 if wrong else 0)
