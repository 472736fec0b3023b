import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import sharp from 'sharp';
import { pythonExamples } from '../../src/export/card-examples.js';
import { cropMargin, inOrder, openImages } from '../../src/images/index.js';
import { makeViews } from '../../src/views/index.js';
import { encoderView } from '../../src/weights/index.js';
import { temporary } from '../support.js';
import { card as cardOf, pythonWith } from './exporting.js';

const python = pythonWith('PIL', 'numpy');
const card = cardOf({ backbone: 'resnet18', width: 64, stem: 'small', channels: 3 }, 48);

/** Soft shapes of many colours, as photographs have: hard noise would measure filters alone. */
async function picture(file: string, width: number, height: number): Promise<void> {
  const data = Uint8Array.from({ length: 4 * width * height }, (_, at) => {
    const [x, y, c] = [Math.floor(at / 4) % width, Math.floor(at / 4 / width), at % 4];
    return c === 3 ? 255 - (y % 128) : 128 + 120 * Math.sin((x * (c + 1)) / 19 + y / (11 + 7 * c));
  });
  await sharp(data, { raw: { width, height, channels: 4 } })
    .png()
    .toFile(file);
}

test('the Python of the card prepares pictures as Tandem does: large, small, transparent', {
  skip: python === undefined && 'no Pillow and NumPy for Python: apt-get install python3-pil python3-numpy',
}, async (t) => {
  const folder = temporary(t);
  const sizes = [
    [200, 150],
    [90, 310],
    [40, 40],
    [48, 48],
    [56, 56],
  ] as const;
  const prepare = (pythonExamples(card)[1] as string)
    .split('\n')
    .slice(1, -1)
    .join('\n')
    .split('\n\nsession')[0] as string;
  for (const [width, height] of sizes) {
    const place = join(folder, `${width}x${height}`);
    mkdirSync(place);
    const file = join(place, 'picture.png');
    await picture(file, width, height);
    const program = `${prepare.replace('numpy, onnxruntime', 'numpy')}\nimport sys\nsys.stdout.buffer.write(prepare(sys.argv[1]).tobytes())`;
    const { status, stdout, stderr } = spawnSync(python as string, ['-c', program, file], {
      maxBuffer: 2 ** 26,
    });
    assert.equal(status, 0, stderr.toString());
    const theirs = new Float32Array(new Uint8Array(stdout).buffer);
    const ours = await prepared(place);
    assert.equal(theirs.length, 3 * 48 * 48);
    const apart = theirs.map((value, i) => Math.abs(value - (ours[i] as number)) * 0.25 * 255);
    assert.ok(
      apart.reduce((sum, x) => sum + x, 0) / apart.length < 1,
      `${width}x${height}: ${Math.max(...apart)} levels`,
    );
  }
});

/** What Tandem's encoders see of the picture in a folder. */
async function prepared(folder: string): Promise<Float32Array> {
  const { train } = await openImages(folder, { size: 48, margin: cropMargin });
  const [batch] = inOrder(train, 1);
  const [x] = makeViews(batch as NonNullable<typeof batch>, train, [encoderView(card)], { seed: 0, draw: 0 });
  return x?.data() as Float32Array;
}

test('torchvision is shown where it builds such a network, and nowhere else', () => {
  const shown = (architecture: Parameters<typeof cardOf>[0]) => pythonExamples(cardOf(architecture, 48)).join('\n');
  assert.match(
    shown(card.architecture),
    /Conv2d\(3, 64, 3, 1, 1, bias=False\).*\n.*\n.*\n.*\n.*prepare\('picture\.jpg'\)/,
  );
  for (const other of [{ width: 32 }, { channels: 1 }, { backbone: 'resnet8' }, { pool: 2 }]) {
    assert.doesNotMatch(shown({ ...card.architecture, ...other } as typeof card.architecture), /torchvision/);
  }
});
