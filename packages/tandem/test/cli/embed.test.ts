import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { scope } from 'tandem-torch';
import { pack } from 'tar-stream';
import { unitRows } from '../../src/evaluate/embed/unit-rows.js';
import { features } from '../../src/evaluate/index.js';
import { cropMargin, openImages } from '../../src/images/index.js';
import { encoderView, loadEncoder } from '../../src/weights/index.js';
import { card, encoderFile, pictures, start, tandem, temporary } from './running.js';

const root = temporary({ after });
const images = join(root, 'pictures');
const encoder = encoderFile(join(root, 'encoder.safetensors'));

before(async () => {
  await pictures(images, 30);
  writeFileSync(join(images, 'blue', '05x.png'), 'no picture');
});

/** The features by the other way there is, in the order of the paths. */
async function expected(): Promise<{ files: string[]; rows: number[][] }> {
  const { train } = await openImages(images, { size: 16, margin: cropMargin });
  const { encoder: network } = loadEncoder(encoder);
  const rows = scope(() => features(network, train, { view: encoderView(card), device: 'cpu' }).toArray());
  const files = train.files as string[];
  const order = [...files.keys()].sort((a, b) => ((files[a] as string) < (files[b] as string) ? -1 : 1));
  return { files: order.map((i) => files[i] as string), rows: order.map((i) => (rows as number[][])[i] as number[]) };
}

function close(found: ArrayLike<number>[], wanted: number[][]): void {
  assert.equal(found.length, wanted.length);
  for (const [i, row] of wanted.entries()) {
    for (const [j, value] of row.entries()) assert.ok(Math.abs((found[i]?.[j] as number) - value) < 1e-4, `${i}, ${j}`);
  }
}

/** An array as NumPy would read it. */
function npy(bytes: Buffer): { kind: string; shape: number[]; data: Buffer } {
  assert.equal(bytes.toString('latin1', 0, 8), '\x93NUMPY\x01\x00');
  const end = 10 + bytes.readUInt16LE(8);
  assert.equal(end % 64, 0);
  const [, kind, shape] =
    /'descr': '([^']+)', 'fortran_order': False, 'shape': \(([\d, ]+)\)/.exec(bytes.toString('latin1', 10, end)) ?? [];
  return {
    kind: kind as string,
    shape: (shape as string)
      .split(',')
      .filter((n) => n.trim())
      .map(Number),
    data: bytes.subarray(end),
  };
}

function rowsOf({ kind, shape, data }: ReturnType<typeof npy>): Float32Array[] {
  assert.equal(kind, '<f4');
  const [n, width] = shape as [number, number];
  const all = new Float32Array(new Uint8Array(data).buffer);
  assert.equal(all.length, n * width);
  return Array.from({ length: n }, (_, i) => all.subarray(i * width, (i + 1) * width));
}

test('.npy with the names beside it; unreadable images are reported and left out', async (t) => {
  const out = join(root, 'new', 'a.npy');
  const { code, stdout, stderr } = await tandem(t, 'embed', encoder, images, '--out', out, '--json');
  assert.equal(code, 0, stderr);
  const { result, files } = JSON.parse(stdout);
  assert.deepEqual(result, { images: 60, width: 16, skipped: 1 });
  assert.match(stderr, /1 image could not be read, skipped: blue\/05x\.png/);
  const wanted = await expected();
  close(rowsOf(npy(readFileSync(out))), wanted.rows);
  assert.deepEqual(readFileSync(files[1], 'utf8').trimEnd().split('\n'), wanted.files);
  const left = readdirSync(join(root, 'new')).sort();
  assert.deepEqual(left, ['a.files.txt', 'a.npy', 'a.npy.skipped.jsonl'], 'nothing else is left');
  const list = readFileSync(join(root, 'new', 'a.npy.skipped.jsonl'), 'utf8');
  assert.match(list, /^\{"file":"blue\/05x\.png","reason":".+"\}\n$/);
});

test('.jsonl', async (t) => {
  const out = join(root, 'a.jsonl');
  assert.equal((await tandem(t, 'embed', encoder, images, '--out', out)).code, 0);
  const lines = readFileSync(out, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const wanted = await expected();
  assert.deepEqual(
    lines.map(({ file }) => file),
    wanted.files,
  );
  close(
    lines.map((line) => line.features),
    wanted.rows,
  );
});

test('a picture, several, a glob and a list on stdin: the vectors that the whole folder gives', async () => {
  const { files, rows } = await expected();
  const [first, second, third] = ['blue/0001.png', 'blue/0002.png', 'red/0001.png'].map((file) => join(images, file));
  const ways: readonly (readonly [words: (string | undefined)[], wanted: number, list?: string])[] = [
    [[first], 1],
    [[first, third], 2],
    [[join(images, 'blue', '000[12].png')], 2],
    [['-'], 3, [first, second, third].join('\n')],
  ];
  for (const [i, [words, count, list]] of ways.entries()) {
    const out = join(root, `way-${i}.jsonl`);
    const child = start(['embed', encoder, ...(words as string[]), '--out', out]);
    child.process.stdin?.end(list ?? '');
    const { code, stderr } = await child.ended;
    assert.equal(code, 0, stderr);
    const lines = readFileSync(out, 'utf8').trim().split('\n');
    const found = lines.map((line) => JSON.parse(line) as { file: string; features: number[] });
    assert.equal(found.length, count);
    for (const { file, features } of found) {
      const own = files.findIndex((path) => path.endsWith(file) || file.endsWith(path));
      assert.ok(own >= 0, file);
      close([features], [rows[own] as number[]]);
    }
  }
});

test('.parquet, as another library reads it', async (t) => {
  const out = join(root, 'a.parquet');
  assert.equal((await tandem(t, 'embed', encoder, images, '--out', out)).code, 0);
  const rows = await parquetReadObjects({ file: await asyncBufferFromFile(out) });
  const wanted = await expected();
  assert.deepEqual(
    rows.map((row) => [row.file, row.class]),
    wanted.files.map((file) => [file, file.split('/')[0]]),
  );
  close(
    rows.map((row) => row.features as number[]),
    wanted.rows,
  );
  const { key_value_metadata: pairs = [] } = await parquetMetadataAsync(await asyncBufferFromFile(out));
  const facts = Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
  assert.deepEqual(facts, {
    'tandem.encoder': 'encoder',
    'tandem.encoder_sha256': createHash('sha256').update(readFileSync(encoder)).digest('hex'),
    'tandem.images': 'pictures',
    'tandem.size': '16',
    'tandem.width': '16',
    'tandem.normalized': 'false',
  });
});

test('--normalize: rows of length 1 and the same direction; a zero vector has none, and is named', async (t) => {
  const out = join(root, 'unit.parquet');
  const { code, stderr } = await tandem(t, 'embed', encoder, images, '--normalize', '--out', out);
  assert.equal(code, 0, stderr);
  const file = await asyncBufferFromFile(out);
  const rows = (await parquetReadObjects({ file })).map((row) => row.features as number[]);
  const wanted = (await expected()).rows.map((row) => row.map((x) => x / Math.hypot(...row)));
  close(rows, wanted);
  for (const row of rows) assert.ok(Math.abs(Math.hypot(...row) - 1) < 1e-6);
  const { key_value_metadata: pairs = [] } = await parquetMetadataAsync(file);
  assert.equal(pairs.find(({ key }) => key === 'tandem.normalized')?.value, 'true');
  const { rows: left, zero } = unitRows(Float32Array.of(3, 4, 0, 0, 1e30, 0), 2);
  assert.deepEqual([[...left], [...zero]], [[...Float32Array.of(0.6, 0.8, 1, 0)], [1]]);
});

test('an image beside the class folders means that folders are no classes', async (t) => {
  const loose = join(root, 'loose');
  await pictures(loose, 2);
  writeFileSync(join(loose, 'alone.png'), readFileSync(join(loose, 'red', '0000.png')));
  const out = join(root, 'loose.jsonl');
  assert.equal((await tandem(t, 'embed', encoder, loose, '--out', out)).code, 0);
  const lines = readFileSync(out, 'utf8').trimEnd().split('\n');
  assert.ok(lines.every((line) => !('class' in JSON.parse(line))));
});

test('.npz holds features and names', async (t) => {
  const out = join(root, 'a.npz');
  assert.equal((await tandem(t, 'embed', encoder, images, '--out', out)).code, 0);
  const bytes = readFileSync(out);
  const wanted = await expected();
  // The entries are not compressed: their bytes stand in the file.
  const first = bytes.indexOf('\x93NUMPY', 0, 'latin1');
  const second = bytes.indexOf('\x93NUMPY', first + 1, 'latin1');
  const whole = npy(bytes.subarray(first));
  close(rowsOf({ ...whole, data: whole.data.subarray(0, 60 * 16 * 4) }), wanted.rows);
  const names = npy(bytes.subarray(second));
  const width = Number(/^<U(\d+)$/.exec(names.kind)?.[1]);
  const letters = new Uint32Array(new Uint8Array(names.data.subarray(0, 60 * width * 4)).buffer);
  const texts = Array.from({ length: 60 }, (_, i) =>
    String.fromCodePoint(...letters.subarray(i * width, (i + 1) * width)).replace(/\0+$/, ''),
  );
  assert.deepEqual(texts, wanted.files);
});

test('a tar is read in its own order', async (t) => {
  const tar = pack();
  const order = ['z/0.png', 'a/1.png', 'z/2.png'];
  const chunks: Buffer[] = [];
  for (const [i, name] of order.entries())
    tar.entry({ name }, readFileSync(join(images, 'red', readdirSync(join(images, 'red'))[i] as string)));
  tar.finalize();
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  writeFileSync(join(root, 'some.tar'), Buffer.concat(chunks));
  const out = join(root, 'tar.jsonl');
  assert.equal((await tandem(t, 'embed', encoder, join(root, 'some.tar'), '--out', out)).code, 0);
  const lines = readFileSync(out, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    lines.map(({ file }) => file),
    order,
  );
});

test('ended in the middle, it resumes where it was, to the same bytes', async (t) => {
  const folder = join(root, 'many');
  await pictures(folder, 700);
  const last = join(folder, 'red', '0699.png');
  utimesSync(last, 1e9, 1e9);
  const [out, whole] = [join(root, 'cut.npy'), join(root, 'whole.npy')];
  const child = start(['embed', encoder, folder, '--out', out]);
  const journal = join(`${out}.partial`, 'files.jsonl');
  while (child.process.exitCode === null && !(existsSync(journal) && readFileSync(journal).length > 0)) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  child.process.kill('SIGKILL');
  await child.ended;
  assert.ok(existsSync(journal) && !existsSync(out), 'ended too late for this test');
  // As if it had been in the middle of a write.
  appendFileSync(journal, '{"file":"torn');
  appendFileSync(join(`${out}.partial`, 'features.f32'), Buffer.alloc(37));
  const other = await tandem(t, 'embed', encoder, images, '--out', out);
  assert.equal(other.code, 1);
  assert.match(other.stderr, /cut\.npy\.partial holds a part of other images or of another encoder/);
  utimesSync(last, 1e9, 1e9 + 5);
  const changed = await tandem(t, 'embed', encoder, folder, '--out', out);
  assert.equal(changed.code, 1);
  assert.match(changed.stderr, /cut\.npy\.partial holds a part of .* images since changed/);
  utimesSync(last, 1e9, 1e9);
  const { code, stderr } = await tandem(t, 'embed', encoder, folder, '--out', out);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /resuming after \d+ of 1400 images/);
  assert.equal((await tandem(t, 'embed', encoder, folder, '--out', whole)).code, 0);
  assert.deepEqual(readFileSync(out), readFileSync(whole));
  assert.ok(!existsSync(`${out}.partial`));
});

test('a part that was damaged is noticed, and computed again to the same bytes', async (t) => {
  const out = join(root, 'damaged.npy');
  const partial = `${out}.partial`;
  const child = start(['embed', encoder, join(root, 'many'), '--out', out]);
  while (
    child.process.exitCode === null &&
    !(existsSync(join(partial, 'files.jsonl')) && readFileSync(join(partial, 'files.jsonl')).length > 0)
  ) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  child.process.kill('SIGKILL');
  await child.ended;
  const numbers = readFileSync(join(partial, 'features.f32'));
  writeFileSync(join(partial, 'features.f32'), Buffer.from(numbers).fill(0, numbers.length / 2));
  const { code, stderr } = await tandem(t, 'embed', encoder, join(root, 'many'), '--out', out);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /damaged\.npy\.partial was damaged after \d+ of 1400 images: the others are computed again/);
  assert.deepEqual(readFileSync(out), readFileSync(join(root, 'whole.npy')));
});

test('nothing is overwritten, and wrong calls are reported', async (t) => {
  const there = join(root, 'there.npy');
  writeFileSync(there, 'mine');
  writeFileSync(join(root, 'names.files.txt'), 'mine');
  mkdirSync(join(root, 'empty'), { recursive: true });
  for (const [argv, exit, message] of [
    [[images, '--out', there], 1, /there\.npy exists already and is never overwritten/],
    [[images, '--out', join(root, 'names.npy')], 1, /names\.files\.txt exists already/],
    [[images, '--out', join(root, 'x.csv')], 2, /--out must end in \.npy, \.npz, \.parquet, \.jsonl, got .*x\.csv/],
    [[images], 2, /required option '--out <file>'/],
    [[join(root, 'none'), '--out', join(root, 'x.npy')], 1, /none: no such folder or archive/],
    [[join(root, 'empty'), '--out', join(root, 'x.npy')], 1, /empty: no images in it/],
    [[images, '--limit', '5', '--out', join(root, 'x.npy')], 2, /--limit is for data sets known by name/],
  ] as const) {
    const { code, stdout, stderr } = await tandem(t, 'embed', encoder, ...argv);
    assert.deepEqual([code, stdout], [exit, ''], stderr);
    assert.match(stderr, message);
  }
  assert.equal(readFileSync(there, 'utf8'), 'mine');
  assert.ok(!existsSync(join(root, 'x.npy.partial')));
});
