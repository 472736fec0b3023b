import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { stream } from '../../src/random.js';
import { saveEncoder } from '../../src/weights/index.js';
import { cosines, least, run as runModel, seasoned } from '../export/exporting.js';
import { write } from '../images/making.js';
import { serving, shards } from '../images/streamed/serving.js';
import { killedAndResumed } from './resuming.js';
import { pictures, start, tandem, temporary, tiny } from './running.js';

const root = temporary({ after });
const images = join(root, 'pictures');
process.env.XDG_CACHE_HOME = join(root, 'cache');

let answered = 0;
const server = createServer(({ url = '' }, response) => {
  answered++;
  if (answered % 10 === 3) return response.writeHead(503).end();
  if (answered % 10 === 7) return response.destroy();
  response.end(readFileSync(join(images, decodeURIComponent(url))));
});

before(async () => {
  await pictures(images, 30);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

after(() => {
  server.closeAllConnections();
  server.close();
});

/** A TIFF of square bands of 16 bits, side by side, in one strip ("TIFF Revision 6.0", 1992). */
function tiffOfBands(samples: Uint16Array, side: number, bands: number): Buffer {
  const data = Buffer.from(samples.buffer);
  const bitsAt = 8 + data.length;
  const tags = [
    [256, side],
    [257, side],
    [258, bitsAt, bands],
    [259, 1],
    [262, 1],
    [273, 8],
    [277, bands],
    [278, side],
    [279, data.length],
    [284, 1],
  ] as const;
  const directory = Buffer.alloc(2 + 12 * tags.length + 4);
  directory.writeUInt16LE(tags.length);
  for (const [i, [tag, value, count = 1]] of tags.entries()) {
    const at = 2 + 12 * i;
    directory.writeUInt16LE(tag, at);
    directory.writeUInt16LE(count > 1 ? 3 : 4, at + 2);
    directory.writeUInt32LE(count, at + 4);
    directory.writeUInt32LE(value, at + 8);
  }
  const bits = Buffer.from(new Uint16Array(bands).fill(16).buffer);
  const head = Buffer.from('II*\0\0\0\0\0', 'latin1');
  head.writeUInt32LE(bitsAt + bits.length, 4);
  return Buffer.concat([head, data, bits, directory]);
}

test('a CSV with URLs on a server that fails two requests in ten: killed and resumed, bit for bit', async () => {
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const rows = ['blue', 'red'].flatMap((name) =>
    readdirSync(join(images, name)).map((file) => `${address}/${name}/${file},${name}`),
  );
  const list = join(root, 'urls.csv');
  writeFileSync(list, `url,label\n${rows.join('\n')}\n`);
  const says = /2 classes \(blue \d+, red \d+\); always naming the same one/;
  await killedAndResumed({ root, name: 'urls', images: list, epochs: 5, says });
  assert.ok(answered > rows.length);
});

test('a Parquet set as on the Hub: killed and resumed, bit for bit', async () => {
  const hub = fileURLToPath(new URL('../../../test/fixtures/hugging-face/hub', import.meta.url));
  await killedAndResumed({ root, name: 'hub', images: hub, epochs: 12, says: /12 images of 3x8x8/ });
});

test('shards at an S3 endpoint, larger than the disk cache: killed and resumed, bit for bit', async (t) => {
  const store = await serving(t);
  const tars = await shards(6, 10, 16);
  for (const [i, tar] of tars.entries()) store.files.set(`/bucket/${i}.tar`, tar);
  store.fault = (nth) => (nth % 10 === 7 ? 'cut' : undefined);
  const own = { AWS_ENDPOINT_URL: store.url, AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' };
  Object.assign(process.env, own);
  const room = (3.2 * Math.max(...tars.map(({ length }) => length))) / 2 ** 30;
  const words = [`streamCache=${room}`, 'streamWindow=1', `cache=${join(root, 'shards')}`];
  const images = 's3://bucket/{0..5}.tar';
  await killedAndResumed({ root, name: 's3', images, epochs: 6, says: /60 images of 3x16x16/, words });
  const fetched = store.asked.filter((line) => line.startsWith('GET')).length;
  assert.ok(fetched > 2 * 6 * tars.length * 0.5, `${fetched} shards were fetched`);
});

test('a folder of TIFFs with four bands of 16 bits: killed and resumed, bit for bit', async () => {
  const random = stream(5, 0, 0, 0);
  for (let i = 0; i < 24; i++) {
    const level = i % 2 ? 20_000 : 45_000;
    const samples = Uint16Array.from({ length: 12 * 12 * 4 }, () => level + random.below(8000));
    write(root, `bands/${i % 2 ? 'dark' : 'light'}/${String(i).padStart(2, '0')}.tif`, tiffOfBands(samples, 12, 4));
  }
  await killedAndResumed({ root, name: 'bands', images: join(root, 'bands'), epochs: 8, says: /24 images of 4x12x12/ });
  const { mean } = JSON.parse(readFileSync(join(root, 'bands-whole', 'config.json'), 'utf8'));
  const means = mean.split(',').map(Number);
  assert.equal(means.length, 4);
  assert.ok(
    means.every((value: number) => value > 0.4 && value < 0.7),
    mean,
  );
});

test('of four bands of 16 bits the exported model gives what embed writes', async (t) => {
  const [side, bands, count] = [16, 4, 6];
  const random = stream(6, 0, 0, 0);
  const samples = Array.from({ length: count }, () => {
    const levels = Array.from({ length: bands }, () => random.below(50_000));
    return Uint16Array.from({ length: side * side * bands }, (_, i) => (levels[i % bands] ?? 0) + random.below(15_000));
  });
  for (const [i, one] of samples.entries()) write(root, `seen/${i}.tif`, tiffOfBands(one, side, bands));
  const architecture = { backbone: 'resnet8', width: 8, stem: 'small', channels: bands } as const;
  const [mean, std] = [
    [0.4, 0.5, 0.45, 0.6],
    [0.3, 0.25, 0.2, 0.35],
  ];
  const [file, folder, out] = ['bands.safetensors', 'bands-export', 'bands.jsonl'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  saveEncoder(file, seasoned(architecture), { architecture, size: side, mean, std });
  for (const line of [
    ['embed', file, join(root, 'seen'), '--out', out],
    ['export', file, '--images', join(root, 'seen'), '--out', folder],
  ]) {
    const { code, stderr } = await tandem(t, ...line);
    assert.equal(code, 0, stderr);
  }
  const own: number[] = [];
  for (const line of readFileSync(out, 'utf8').trim().split('\n')) own.push(...JSON.parse(line).features);
  // Planes of numbers from 0 to 1, less the mean, over the deviation.
  const area = side * side;
  const input = Float32Array.from({ length: count * bands * area }, (_, i) => {
    const [image, band, at] = [Math.floor(i / bands / area), Math.floor(i / area) % bands, i % area];
    const value = (samples[image]?.[at * bands + band] as number) / 65_535;
    return (value - (mean[band] as number)) / (std[band] as number);
  });
  for (const [name, same] of [
    ['model', 0.99999],
    ['model_fp16', 0.9999],
    ['model_quantized', 0.98],
  ] as const) {
    const { pooled } = await runModel(join(folder, 'onnx', `${name}.onnx`), input, [count, bands, side, side]);
    const found = cosines(own, pooled.data as Float32Array, own.length / count);
    assert.ok(least(found) > same, `${name}: ${least(found)}`);
  }
  const { num_channels } = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
  assert.equal(num_channels, bands);
});

test('several places, a list on stdin, and a word that is neither', async (t) => {
  const both = [join(images, 'blue'), join(images, 'red')];
  const dry = async (...words: string[]) => {
    const { code, stdout, stderr } = await tandem(
      t,
      'pretrain',
      ...words,
      ...tiny,
      'size=16',
      '--batch',
      '2',
      '--dry-run',
      '--json',
    );
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout).images.count;
  };
  assert.equal(await dry(...both), 60);
  assert.equal(await dry(...both, join(images, 'red', '0000.png')), 61);
  const slip = await tandem(t, 'pretrain', images, 'epochs');
  assert.deepEqual([slip.code, slip.stdout], [2, '']);
  assert.match(slip.stderr, /'epochs' is no setting/);
  const piped = start(['pretrain', '-', ...tiny, 'size=16', '--batch', '2', '--dry-run', '--json']);
  piped.process.stdin?.end(`${both.map((folder) => join(folder, '0001.png')).join('\n')}\n`);
  const { code, stdout, stderr } = await piped.ended;
  assert.equal(code, 0, stderr);
  assert.equal(JSON.parse(stdout).images.count, 2);
});

test('what a run says of classes and split is in its config, and measuring follows', async (t) => {
  const run = join(root, 'chosen');
  const line = ['pretrain', images, ...tiny, 'size=16', '--batch', '20', '--epochs', '1', '--out', run];
  const said = ['--classes', '(blue|red)', '--train', '**/00[01]*', '--test', '**/002*'];
  assert.equal((await tandem(t, ...line, ...said)).code, 0);
  const { classes, train, test: asked } = JSON.parse(readFileSync(join(run, 'config.json'), 'utf8'));
  assert.deepEqual([classes, train, asked], ['(blue|red)', '**/00[01]*', '**/002*']);
  const measured = await tandem(t, 'knn', run, images, '--json');
  const { settings, result } = JSON.parse(measured.stdout);
  assert.deepEqual([settings.bank, settings.queries, result.majority], [40, 20, 0.5]);
});
