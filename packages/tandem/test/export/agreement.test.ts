import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import test, { after, before } from 'node:test';
import { inferenceMode, scope, tensor } from 'tandem-torch';
import { extract } from 'tar-stream';
import { features } from '../../src/evaluate/index.js';
import { exportFolder, observe, quantized } from '../../src/export/index.js';
import { cropMargin, type ImageSet, openImages } from '../../src/images/index.js';
import type { Architecture, Encoder } from '../../src/networks/index.js';
import { evaluationView, makeView } from '../../src/views/index.js';
import { saveEncoder } from '../../src/weights/index.js';
import { temporary } from '../cli/running.js';
import { needs, sharedData } from '../images/making.js';
import { askPython, card, cosines, floats, graphIn, least, mean, ort, pythonWith, run, seasoned } from './exporting.js';

// One encoder, real photographs of many shapes, and every reader of the exported folder. The
// encoder is untrained: whatever the pictures show, its features lie close together, so that
// cosines are taken after the mean feature is taken off where readers see the same pixels.

const photographs = 'caltech-101-part.tar';
const real = needs(photographs);
const architecture: Architecture = { backbone: 'resnet18', width: 64, stem: 'standard', channels: 3 };
const size = 64;
const count = 16;
const width = 512;
const root = temporary({ after });
const out = join(root, 'encoder');

let encoder: Encoder;
let files: string[];
let set: ImageSet;
let pixels: Float32Array;
let own: Float32Array;

before(async () => {
  if (real.skip) return;
  files = await unpacked(join(sharedData, photographs), join(root, 'pictures'), count);
  encoder = seasoned(architecture);
  set = (await openImages(join(root, 'pictures'), { size, margin: cropMargin, seed: 0 })).train;
  const order = [...files.keys()].map((i) => set.files?.indexOf(basename(files[i] as string)) as number);
  const own_ = card(architecture, size);
  const view = evaluationView(own_);
  const all = { indices: Uint32Array.from({ length: count }, (_, i) => i), bytes: set.pixels as Uint8Array };
  const rows = <T extends Float32Array>(x: T, each: number) =>
    Float32Array.from(order.flatMap((i) => Array.from(x.subarray(i * each, (i + 1) * each))));
  pixels = rows(
    scope(() => floats(makeView(all, set, view, null))),
    3 * size * size,
  );
  own = rows(
    scope(() => floats(features(encoder, set, { view, device: 'cpu' }))),
    width,
  );
  const graph = graphIn(encoder);
  const ranges = observe(graph, (network) => scope(() => void features(network, set, { view, device: 'cpu' })));
  const made = { calibrated: count, images: photographs, cosine: 1 };
  exportFolder(out, {
    encoder,
    card: own_,
    provenance: { name: 'encoder', quality: [] },
    version: '0',
    quantized: { graph: quantized(graph, ranges), made },
  });
});

/** The first photographs of a tar whose sides differ, in a folder. */
async function unpacked(tar: string, folder: string, most: number): Promise<string[]> {
  mkdirSync(folder);
  const written: string[] = [];
  const archive = extract();
  archive.on('entry', (header, stream, next) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk) => chunks.push(chunk as Buffer));
    stream.on('end', () => {
      const isWanted = header.type === 'file' && /\/val\/.*0[13]\d*\.jpg$/.test(header.name) && written.length < most;
      if (isWanted) {
        const file = join(folder, `${basename(dirname(header.name))}-${basename(header.name)}`);
        writeFileSync(file, Buffer.concat(chunks));
        written.push(file);
      }
      next();
    });
  });
  await new Promise<void>((done, failed) => {
    archive.on('finish', () => done()).on('error', failed);
    archive.end(readFileSync(tar));
  });
  assert.equal(written.length, most);
  return written;
}

const shape = [count, 3, size, size];

test('ONNX Runtime gives our features for our pixels', real, async () => {
  for (const [name, least_, centred] of [
    ['model', 0.9999, true],
    ['model_fp16', 0.9999, true],
    ['model_quantized', 0.99, false],
  ] as const) {
    const { pooled } = await run(join(out, 'onnx', `${name}.onnx`), pixels, shape);
    const found = cosines(own, pooled.data as Float32Array, width, centred);
    assert.ok(least(found) > least_, `${name}: ${least(found)}`);
  }
});

const torchvision = pythonWith('torch', 'torchvision', 'numpy');
const needsPython = {
  skip: real.skip || (torchvision === undefined && 'no torchvision for Python: apt-get install python3-torchvision'),
};

test("torchvision's ResNet-18 with the exported safetensors gives our features for our pixels", needsPython, () => {
  const argv = ['torchvision', join(out, 'model.safetensors'), '[2,2,2,2]', 'standard', JSON.stringify(shape)];
  const answer = Uint8Array.from(askPython(torchvision as string, argv, new Uint8Array(pixels.buffer)));
  const found = cosines(own, new Float32Array(answer.buffer), width, true);
  assert.ok(least(found) > 0.9999, String(least(found)));
});

test('the same with the stem of small images', needsPython, () => {
  const small = seasoned({ ...architecture, stem: 'small' });
  const file = join(root, 'small.safetensors');
  saveEncoder(file, small, card({ ...architecture, stem: 'small' }, 32));
  const x = pixels.slice(0, 4 * 3 * 32 * 32);
  const argv = ['torchvision', file, '[2,2,2,2]', 'small', '[4,3,32,32]'];
  const answer = Uint8Array.from(askPython(torchvision as string, argv, new Uint8Array(x.buffer)));
  const here = scope(() => inferenceMode(() => floats(small.forward(tensor(x, { shape: [4, 3, 32, 32] })))));
  assert.ok(least(cosines(here, new Float32Array(answer.buffer), width, true)) > 0.9999);
});

// transformers.js takes the ONNX Runtime that it finds under this name; its own one for Node
// fetches libraries at install.
(globalThis as Record<symbol, unknown>)[Symbol.for('onnxruntime')] = {
  InferenceSession: ort.InferenceSession,
  Tensor: ort.Tensor,
};

test("transformers.js's pipeline reads the folder and prepares photographs as we do", real, async () => {
  const { env, pipeline } = await import('@huggingface/transformers');
  env.localModelPath = root;
  env.allowRemoteModels = false;
  for (const [dtype, same] of [
    ['fp32', 0.9999],
    ['q8', 0.99],
  ] as const) {
    const embed = await pipeline('image-feature-extraction', 'encoder', { dtype, device: 'auto' });
    // Equal preparation: its pixels through our engine.
    const { processor } = embed;
    assert.ok(processor);
    type Prepared = { pixel_values: { data: Float32Array; dims: number[] } };
    const { pixel_values } = (await processor(await Promise.all(files.map(readImage)))) as Prepared;
    assert.deepEqual(pixel_values.dims, shape);
    const ours = scope(() =>
      inferenceMode(() => floats(encoder.forward(tensor(Float32Array.from(pixel_values.data), { shape })))),
    );
    const theirs = (await embed(files, { pool: true })) as unknown as { data: Float32Array; dims: number[] };
    assert.deepEqual(theirs.dims, [count, width]);
    const equal = cosines(ours, theirs.data, width, dtype === 'fp32');
    assert.ok(least(equal) > same, `${dtype}, its pixels: ${least(equal)}`);
    // Its own preparation beside ours, which resamples twice and so is a little softer: the same
    // place, colours and scale.
    const [here, there] = [pixels, pixel_values.data].map((x) => blockMeans(x, 8)) as [Float32Array, Float32Array];
    const seen = cosines(here, there, here.length / count);
    assert.ok(least(seen) > 0.99, `${dtype}, its preparation: ${least(seen)}`);
    const found = cosines(own, theirs.data, width);
    assert.ok(mean(found) > 0.98, `${dtype}, features: mean ${mean(found)}`);
    const map = (await embed(files[0] as string)) as unknown as { dims: number[] };
    assert.deepEqual(map.dims, [1, width, 2, 2]);
    await embed.dispose();
  }
});

/** Means over squares of so many pixels. */
function blockMeans(x: Float32Array, block: number): Float32Array {
  const side = size / block;
  const out = new Float32Array(x.length / block ** 2);
  for (const [i, value] of x.entries()) {
    const plane = Math.floor(i / size ** 2);
    const [row, column] = [Math.floor(i / size) % size, i % size];
    const at = (plane * side + Math.floor(row / block)) * side + Math.floor(column / block);
    out[at] = (out[at] as number) + value / block ** 2;
  }
  return out;
}

async function readImage(file: string) {
  const { RawImage } = await import('@huggingface/transformers');
  return RawImage.read(file);
}
