import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import sharp from 'sharp';
import { liveTensors, manualSeed, setThreads, threads } from 'tandem-torch';
import { UserError } from '../../src/errors.js';
import { embedImages } from '../../src/evaluate/index.js';
import { load, type Model } from '../../src/load/index.js';
import { buildEncoder } from '../../src/networks/index.js';
import { saveEncoder } from '../../src/weights/index.js';
import { temporary } from '../cli/running.js';
import { write } from '../images/making.js';

const root = temporary({ after });
const pictures = join(root, 'pictures');
/** Sizes on either side of those that keep their side, and of the target; not all square. */
const sizes = [
  [16, 16],
  [37, 37],
  [37, 60],
  [90, 40],
  [9, 9],
  [128, 128],
  [200, 130],
  [36, 36],
  [40, 40],
  [16, 16],
] as const;
const names = sizes.map((_, i) => `${String(i).padStart(2, '0')}.${i % 2 ? 'jpg' : 'png'}`);
const paths = names.map((name) => join(pictures, name));

function encoderFile(name: string, channels = 3, width = 8): string {
  manualSeed(3);
  const architecture =
    name === 'vit'
      ? { backbone: 'vit-micro', width: 64, depth: 2, patch: 8, size: 32, channels }
      : { backbone: 'resnet10', width, stem: 'strided' as const, channels };
  const encoder = buildEncoder(architecture);
  const file = join(root, `${name}${channels}-${width}.safetensors`);
  const [mean, std] = [0.4, 0.3].map((x) => new Array<number>(channels).fill(x)) as [number[], number[]];
  saveEncoder(file, encoder, { architecture, size: 32, mean, std });
  encoder.dispose();
  return file;
}

before(async () => {
  for (const [i, [width, height]] of sizes.entries()) {
    const data = Uint8Array.from({ length: width * height * 3 }, (_, k) => (k * 37 + i * 11 + ((k * k) >> 5)) & 255);
    const image = sharp(data, { raw: { width, height, channels: 3 } });
    write(pictures, names[i] as string, await (i % 2 ? image.jpeg() : image.png()).toBuffer());
  }
});

/** Rows of what `tandem embed` writes, by name. */
async function embedded(encoder: string, normalize = false): Promise<Map<string, Float32Array>> {
  const out = join(root, `${Math.random()}.jsonl`);
  await embedImages({ encoder, images: pictures, out, normalize });
  const lines = readFileSync(out, 'utf8').trim().split('\n');
  return new Map(
    lines.map((line) => {
      const { file, features } = JSON.parse(line) as { file: string; features: number[] };
      return [file, Float32Array.from(features)];
    }),
  );
}

async function loaded(t: { after(end: () => void): void }, file: string): Promise<Model> {
  const model = await load(file);
  t.after(() => model.dispose());
  return model;
}

describe('a loaded model', () => {
  for (const name of ['resnet', 'vit']) {
    test(`gives to the bit what tandem embed writes, alone, in lists and at once: ${name}`, async (t) => {
      const file = encoderFile(name);
      const model = await loaded(t, file);
      const written = await embedded(file);
      const expected = names.map((name) => written.get(name) as Float32Array);
      for (const [i, path] of paths.entries()) assert.deepEqual(await model.embed(path), expected[i]);
      assert.deepEqual(await model.embed(paths), expected);
      const bytes = paths.map((path) => readFileSync(path));
      assert.deepEqual(await Promise.all(bytes.toReversed().map((one) => model.embed(one))), expected.toReversed());
      assert.deepEqual(await model.embed(pathToFileURL(paths[2] as string)), expected[2]);
      assert.equal(model.width, expected[0]?.length);
    });
  }

  test('scales rows to length 1 where that is asked for, as tandem embed does', async (t) => {
    const file = encoderFile('resnet');
    const model = await loaded(t, file);
    const written = await embedded(file, true);
    const rows = await model.embed(paths, { normalize: true });
    assert.deepEqual(
      rows,
      names.map((name) => written.get(name)),
    );
    for (const row of rows) assert.ok(Math.abs(Math.hypot(...row) - 1) < 1e-6);
  });

  test('takes pixels, also of other channels and 16 bits', async (t) => {
    const model = await loaded(t, encoderFile('resnet', 5));
    const data = Uint16Array.from({ length: 16 * 16 * 5 }, (_, i) => (i * 7919) & 65535);
    const row = await model.embed({ data, width: 16, height: 16, channels: 5 });
    const same = { data: Uint8Array.from(data, (x) => x >> 8), width: 16, height: 16, channels: 5 };
    const coarse = await model.embed(same);
    const apart = Math.max(...row.map((x, i) => Math.abs(x - (coarse[i] as number))));
    assert.ok(apart > 0 && apart < 0.05, `${apart}`);
  });

  test('computes in a thread of its own with the same bits, and says what fails there', async (t) => {
    const file = encoderFile('resnet');
    const [here, there] = [await loaded(t, file), await load(file, { worker: true, mostPixels: 20_000 })];
    t.after(() => there.dispose());
    assert.deepEqual(await there.embed(paths.slice(0, 6)), await here.embed(paths.slice(0, 6)));
    await assert.rejects(there.embed(paths[6] as string), /06\.png cannot be read: 200 x 130 pixels, at most 20,000/);
    await assert.rejects(there.embed(new Uint8Array(3)), /^UserError: the picture cannot be read/);
    const late = there.embed(paths[0] as string);
    there.dispose();
    await assert.rejects(late, /the model is disposed/);
  });

  for (const width of [8, 16]) {
    test(`computes in as many threads as there are with the same bits, at width ${width}`, async (t) => {
      const before = threads();
      t.after(() => setThreads(before));
      const file = encoderFile('resnet', 3, width);
      const here = await loaded(t, file);
      const expected = await here.embed(paths);
      setThreads(width === 8 ? before : 3);
      const there = await load(file, { worker: 'many' });
      t.after(() => there.dispose());
      for (let round = 0; round < 4; round++) {
        assert.deepEqual(await Promise.all(paths.map((path) => there.embed(path))), expected);
      }
      await assert.rejects(there.embed(new Uint8Array(3)), /^UserError: the picture cannot be read/);
    });
  }

  test('works in a worker thread, with the same bits', async (t) => {
    const file = encoderFile('resnet');
    const model = await loaded(t, file);
    const code = `
      const { parentPort, workerData } = require('node:worker_threads');
      import(workerData.at).then(async ({ load }) => {
        const model = await load(workerData.file);
        parentPort.postMessage(await model.embed(workerData.paths));
        model.dispose();
      });`;
    const at = new URL('../../src/load/index.js', import.meta.url).href;
    const worker = new Worker(code, { eval: true, workerData: { at, file, paths } });
    const rows = await new Promise((resolve, reject) => void worker.once('message', resolve).once('error', reject));
    await worker.terminate();
    assert.deepEqual(rows, await model.embed(paths));
  });

  test('leaves no tensors behind, also where pictures are broken', async () => {
    const file = encoderFile('resnet');
    const live = liveTensors().count;
    {
      using model = await load(file);
      const held = liveTensors().count;
      await model.embed(paths);
      await assert.rejects(model.embed(new Uint8Array(10)));
      assert.equal(liveTensors().count, held);
    }
    assert.equal(liveTensors().count, live);
  });

  test('what is wrong is one clear line, and the others get their vectors', async (t) => {
    const model = await loaded(t, encoderFile('resnet'));
    const failing: [unknown, RegExp][] = [
      [join(root, 'none.png'), /none\.png cannot be read: there is nothing of this name \(ENOENT\)/],
      [root, /cannot be read: it is a folder/],
      ['ftp://here/cat.png', /cannot be read: pictures are fetched by http: and https: alone/],
      ['FILE:///none.png', /cannot be read: there is nothing of this name/],
      [new Uint8Array(3), /^the picture cannot be read: /],
      [[paths[0], new Uint8Array(3)], /^picture 1 cannot be read: /],
      [
        { data: new Uint8Array(16), width: 4, height: 4, channels: 1 },
        /has images of 1 channels, the encoder takes 3$/,
      ],
      [{ data: new Uint8Array(15), width: 4, height: 4, channels: 1 }, /cannot be read: 15 samples where 4 x 4 x 1/],
      [7, /^the picture: no picture; give bytes, a path, a URL or pixels$/],
    ];
    const good = model.embed(paths[1] as string);
    for (const [picture, message] of failing) {
      await assert.rejects(model.embed(picture as string), (error) => {
        assert.ok(error instanceof UserError, String(error));
        assert.match(error.message, message);
        return true;
      });
    }
    assert.deepEqual(await good, await model.embed(paths[1] as string));
    const late = model.embed(paths[0] as string);
    model.dispose();
    await assert.rejects(late, /the model is disposed; load it again/);
    await assert.rejects(model.embed(paths[0] as string), /disposed/);
    await assert.rejects(load(join(root, 'nothing')), /there is no such run folder or encoder file/);
  });
});
