#!/usr/bin/env bash
# libvips and Pillow take the numbers of an uncompressed YCbCr TIFF for red, green and blue.
#
# Behaviour: a TIFF whose PhotometricInterpretation is 6 (YCbCr, 1:1, no compression) with one
# colour, (R, G, B) = (200, 40, 40), comes out as its Y, Cb and Cr, without an error or a warning;
# the same file with JPEG inside is converted.
# Versions: sharp 0.35.5 (npm; its libvips is printed), Pillow 12.0.0 (PyPI).
# One would guess: (200, 40, 40) but for rounding, as TIFF 6.0, section 21, says; or a refusal.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip --quiet install 'pillow==12.0.0'
npm init -y >/dev/null
npm install --silent --no-audit --no-fund sharp@0.35.5
cat >write.mjs <<'JS'
import { writeFileSync } from 'node:fs';

// ITU-R BT.601 over the whole range, which is what the standard's defaults mean.
const [r, g, b] = [200, 40, 40];
const y = 0.299 * r + 0.587 * g + 0.114 * b;
const pixel = [y, 128 + (b - y) * 0.5643341, 128 + (r - y) * 0.7132668].map(Math.round);
const [side, entries] = [8, []];
const pixels = Buffer.from(Array.from({ length: side * side }, () => pixel).flat());
const at = { bits: 8 + pixels.length, levels: 8 + pixels.length + 6 };
// tag, type (3 short, 4 long, 5 rational), count, value or where it lies
entries.push([256, 3, 1, side], [257, 3, 1, side], [258, 3, 3, at.bits], [259, 3, 1, 1], [262, 3, 1, 6]);
entries.push([273, 4, 1, 8], [277, 3, 1, 3], [278, 3, 1, side], [279, 4, 1, pixels.length], [284, 3, 1, 1]);
entries.push([530, 3, 2, 0x00010001], [532, 5, 6, at.levels]);
const levels = Buffer.alloc(48);
[0, 255, 128, 255, 128, 255].forEach((level, i) => { levels.writeUInt32LE(level, 8 * i); levels.writeUInt32LE(1, 8 * i + 4); });
const directory = Buffer.alloc(2 + 12 * entries.length + 4);
directory.writeUInt16LE(entries.length, 0);
entries.forEach(([tag, type, count, value], i) => {
  directory.writeUInt16LE(tag, 2 + 12 * i);
  directory.writeUInt16LE(type, 4 + 12 * i);
  directory.writeUInt32LE(count, 6 + 12 * i);
  directory.writeUInt32LE(value, 10 + 12 * i);
});
const head = Buffer.from('49492a0000000000', 'hex');
head.writeUInt32LE(at.levels + levels.length, 4);
writeFileSync('plain.tif', Buffer.concat([head, pixels, Buffer.from([8, 0, 8, 0, 8, 0]), levels, directory]));
console.log('Y, Cb, Cr in the file:', pixel.join(', '));
JS
node write.mjs
cat >read.mjs <<'JS'
import sharp from 'sharp';

console.log('sharp', sharp.versions.sharp, 'libvips', sharp.versions.vips);
const { data, info } = await sharp('plain.tif').raw().toBuffer({ resolveWithObject: true });
const found = [...data.subarray(0, info.channels)];
console.log('sharp:', found.join(', '), 'where (200, 40, 40) is meant');
const jpeg = await sharp({ create: { width: 8, height: 8, channels: 3, background: { r: 200, g: 40, b: 40 } } })
  .tiff({ compression: 'jpeg', quality: 100 })
  .toBuffer();
const inside = await sharp(jpeg).raw().toBuffer();
console.log('sharp, the same colour as JPEG inside a TIFF:', [...inside.subarray(0, 3)].join(', '));
if (Math.abs(found[0] - 200) < 20) throw new Error('changed: sharp converts it now');
JS
node read.mjs
venv/bin/python - <<'PYTHON'
import sys

import PIL
from PIL import Image

print('Pillow', PIL.__version__)
picture = Image.open('plain.tif')
found = picture.convert('RGB').getpixel((0, 0))
print('Pillow opens it as', picture.mode, 'and gives', found, 'where (200, 40, 40) is meant')
if abs(found[0] - 200) < 20:
    sys.exit('changed: Pillow converts it now')
print('as described')
PYTHON
