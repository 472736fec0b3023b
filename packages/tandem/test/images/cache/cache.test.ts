import assert from 'node:assert/strict';
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../../src/errors.js';
import {
  Batches,
  bytesOf,
  gather,
  inOrder,
  type OpenOptions,
  openImages,
  PixelFile,
  subset,
} from '../../../src/images/index.js';
import { pixel, plain, png, tarOf, temporary, write } from '../making.js';

/** Two classes of 20, number n of colour n. */
async function folder(t: TestContext): Promise<string> {
  const root = temporary(t);
  for (let n = 0; n < 40; n++) write(root, `${n % 2 ? 'b' : 'a'}/${n}.png`, await png([n, 2 * n, 3 * n], 24));
  return root;
}

/**
 * Opens with so little memory that a cache is needed; tells how many images were decoded for it.
 */
async function open(root: string, options: OpenOptions) {
  let decoded = 0;
  const onProgress = (done: number, _: number | undefined, what: string) => {
    if (what === 'decoding') decoded = Math.max(decoded, done);
  };
  return { ...(await openImages(root, { size: 16, memory: 1000, onProgress, ...options })), decoded };
}

/** The folder of the only set in a cache, and its manifest. */
function entry(cache: string) {
  const [name, ...more] = readdirSync(cache);
  assert.deepEqual(more, []);
  const path = join(cache, name as string);
  return { path, manifest: JSON.parse(readFileSync(join(path, 'manifest.json'), 'utf8')) };
}

test('from the cache come the same images, labels and batches as from memory', async (t) => {
  const root = await folder(t);
  const cache = temporary(t);
  const held = await openImages(root, { size: 16 });
  for (const expected of [40, 0]) {
    const { train, reference, queries, decoded, note } = await open(root, { cache });
    assert.equal(decoded, expected);
    assert.ok(train.pixels instanceof PixelFile);
    assert.deepEqual([train.files, train.labels, train.classes], [held.train.files, held.train.labels, ['a', 'b']]);
    assert.deepEqual(bytesOf(train), bytesOf(held.train));
    assert.ok(reference && queries && held.queries);
    assert.deepEqual([reference.count, queries.count], [36, 4]);
    assert.deepEqual(bytesOf(queries), bytesOf(held.queries));
    const some = [5, 0, 39, 5];
    assert.deepEqual(gather(train, some), gather(held.train, some));
    assert.deepEqual(bytesOf(subset(train, some)), bytesOf(subset(held.train, some)));
    assert.deepEqual(Buffer.concat([...inOrder(train, 7)].map(({ bytes }) => bytes)), Buffer.from(bytesOf(train)));
    const [ours, theirs] = [train, held.train].map((set) => [...new Batches(set, { batch: 8, seed: 3 }).epoch(2, 1)]);
    assert.deepEqual(ours, theirs);
    assert.match(note ?? '', /decoded images \(\d\.\d MiB\) are kept in /);
  }
  const { path, manifest } = entry(cache);
  assert.deepEqual([manifest.count, manifest.side, manifest.bytes], [40, 16, 40 * 3 * 256]);
  assert.equal(statSync(join(path, manifest.pixels)).size, manifest.bytes);
  assert.equal(manifest.source, root);
});

test('one cache serves every seed; another size or limit has one of its own', async (t) => {
  const root = await folder(t);
  const cache = temporary(t);
  const first = await open(root, { cache, seed: 0 });
  const second = await open(root, { cache, seed: 1 });
  assert.equal(second.decoded, 0);
  // runs of any seed are measured alike
  assert.deepEqual(second.queries?.files, first.queries?.files);
  for (const { train, queries } of [first, second]) {
    for (const set of [train, queries]) {
      for (let i = 0; i < (set?.count ?? 0); i++) {
        const file = set?.files?.[i];
        assert.ok(set && file?.endsWith(`/${pixel(set, i, 3, 3)[0]}.png`));
      }
    }
  }
  assert.equal((await open(root, { cache, size: 12 })).decoded, 40);
  assert.equal((await open(root, { cache, limit: 10 })).decoded, 10);
  assert.equal(readdirSync(cache).length, 3);
});

test('a run without size and what measures it at the size it came to share a cache', async (t) => {
  const root = temporary(t);
  const cache = temporary(t);
  for (let n = 0; n < 4; n++) write(root, `${n}.png`, await plain(30, 20, [n, 0, 0]).png().toBuffer());
  const margin = 8 / 7;
  const opened = await open(root, { cache, size: undefined, margin });
  assert.deepEqual([opened.decoded, opened.train.height], [4, 110]);
  const again = await open(root, { cache, size: 96, margin });
  assert.deepEqual([again.decoded, again.size], [0, 96]);
  assert.deepEqual(bytesOf(again.train), bytesOf(opened.train));
  assert.equal(readdirSync(cache).length, 1);
});

test('small squares that one size keeps and another does not have a cache for each', async (t) => {
  const root = temporary(t);
  const cache = temporary(t);
  for (let n = 0; n < 4; n++) write(root, `${n}.png`, await png([n, 0, 0], 120));
  const margin = 8 / 7;
  assert.equal((await open(root, { cache, size: undefined, margin })).train.height, 120);
  assert.equal((await open(root, { cache, size: 96, margin })).train.height, 110);
  assert.equal((await open(root, { cache, size: undefined, margin })).train.height, 120);
});

test('a file changed, added, removed or touched makes the cache anew; the old pixels go', async (t) => {
  const root = await folder(t);
  const cache = temporary(t);
  const old = await open(root, { cache });
  const changes: (() => unknown)[] = [
    async () => write(root, 'a/0.png', await png([250, 1, 2], 24)),
    async () => write(root, 'a/x.png', await png([99, 1, 2], 24)),
    () => rmSync(join(root, 'b/3.png')),
    () => utimesSync(join(root, 'b/5.png'), 1, 1),
  ];
  for (const change of changes) {
    await change();
    assert.ok((await open(root, { cache })).decoded >= 40);
    assert.equal((await open(root, { cache })).decoded, 0);
    assert.equal(readdirSync(entry(cache).path).length, 2);
  }
  const { train } = await open(root, { cache });
  const { files = [] } = train;
  assert.ok(files.includes('a/x.png') && !files.includes('b/3.png'));
  assert.deepEqual(pixel(train, files.indexOf('a/0.png'), 0, 0), [250, 1, 2]);
  // A run that has the old one open goes on with it.
  assert.equal(gather(old.train, [7]).length, 768);
});

test('an archive is cached by its own size and time', async (t) => {
  const root = temporary(t);
  const cache = temporary(t);
  const entries = async (colour: number) =>
    Promise.all([...Array(10).keys()].map(async (i) => ({ name: `${i}.png`, body: await png([colour, 0, 0], 24) })));
  const where = write(root, 'a.tar', await tarOf(await entries(5)));
  assert.equal((await open(where, { cache })).decoded, 10);
  assert.equal((await open(where, { cache })).decoded, 0);
  write(root, 'a.tar', await tarOf([...(await entries(7)), ...(await entries(9))]));
  const { decoded, train } = await open(where, { cache });
  assert.deepEqual([decoded, pixel(train, 0, 0, 0)[0]], [10, 9]);
});

test('bad files are remembered with the cache', async (t) => {
  const root = await folder(t);
  const cache = temporary(t);
  write(root, 'a/bad.png', 'no');
  for (const decoded of [41, 0]) {
    const data = await open(root, { cache });
    assert.deepEqual([data.decoded, data.train.count, data.skipped[0]?.file], [decoded, 40, 'a/bad.png']);
    for (let i = 0; i < 40; i++) assert.ok(data.train.files?.[i]?.endsWith(`/${pixel(data.train, i, 0, 0)[0]}.png`));
  }
  await assert.rejects(open(root, { cache, maxSkippedShare: 0 }), /1 of 41 images could not be decoded/);
});

test('a cache that is damaged, cut short or of another make is made anew', async (t) => {
  const root = await folder(t);
  const cache = temporary(t);
  await open(root, { cache });
  const damages: ((path: string, pixels: string) => void)[] = [
    (path) => writeFileSync(join(path, 'manifest.json'), '{"format": 1, "ha'),
    (path) => rmSync(join(path, 'manifest.json')),
    (_, pixels) => writeFileSync(pixels, readFileSync(pixels).subarray(0, 100)),
    (_, pixels) => rmSync(pixels),
    (_, pixels) => {
      writeFileSync(pixels, readFileSync(pixels).fill(0, 5000));
      utimesSync(pixels, new Date(), new Date(Date.now() + 1000));
    },
    (path) => writeFileSync(join(path, 'manifest.json'), '{"format": 0}'),
  ];
  for (const damage of damages) {
    const { path, manifest } = entry(cache);
    damage(path, join(path, manifest.pixels));
    const { decoded, train } = await open(root, { cache });
    assert.equal(decoded, 40);
    assert.deepEqual(pixel(train, train.files?.indexOf('a/8.png') as number, 3, 3), [8, 16, 24]);
  }
});

test('what a stopped run leaves is not believed, and a lock left behind is taken over', async (t) => {
  const root = await folder(t);
  const cache = temporary(t);
  const stop = new AbortController();
  const onProgress = (done: number, _: number | undefined, what: string) =>
    what === 'decoding' && done === 20 && stop.abort();
  await assert.rejects(open(root, { cache, onProgress, signal: stop.signal }), { name: 'AbortError' });
  const path = join(cache, readdirSync(cache)[0] as string);
  assert.deepEqual(readdirSync(path), []);
  // As one that was killed leaves it.
  const past = new Date(Date.now() - 3_600_000);
  for (const name of ['lock', 'dead.pixels', 'dead.pixels.json']) {
    writeFileSync(join(path, name), 'x');
    utimesSync(join(path, name), past, past);
  }
  assert.equal((await open(root, { cache })).decoded, 40);
  assert.deepEqual(readdirSync(path).sort(), [entry(cache).manifest.pixels, 'manifest.json'].sort());
});

test('a run that died while it built is followed by one that builds', async (t) => {
  const root = await folder(t);
  const cache = temporary(t);
  const child = fork(fileURLToPath(new URL('./opening.js', import.meta.url)), [root, cache, '10'], { silent: true });
  assert.deepEqual(await once(child, 'exit'), [null, 'SIGKILL']);
  const path = join(cache, readdirSync(cache)[0] as string);
  assert.equal(existsSync(join(path, 'manifest.json')), false);
  assert.ok(existsSync(join(path, 'lock')));
  const past = new Date(Date.now() - 20_000); // what 20 seconds do
  utimesSync(join(path, 'lock'), past, past);
  const { decoded, train } = await open(root, { cache });
  assert.deepEqual([decoded, train.count], [40, 40]);
});

test('the pixels of a build that died go at once: when another builds, or reads, there or beside', async (t) => {
  const root = await folder(t);
  const cache = temporary(t);
  const script = fileURLToPath(new URL('./opening.js', import.meta.url));
  /** A build that dies after ten images; its lock is as old as 20 seconds make it. */
  const dies = async () => {
    const child = fork(script, [root, cache, '10'], { silent: true });
    assert.deepEqual(await once(child, 'exit'), [null, 'SIGKILL']);
    const path = join(cache, readdirSync(cache).find((name) => existsSync(join(cache, name, 'lock'))) as string);
    const left = readdirSync(path).filter((name) => name.endsWith('.pixels') && name !== namedIn(path));
    assert.equal(left.length, 1);
    const past = new Date(Date.now() - 20_000);
    utimesSync(join(path, 'lock'), past, past);
    return path;
  };
  const path = await dies();
  await open(root, { cache, size: 12 });
  assert.deepEqual(readdirSync(path), []);
  const file = join(root, 'a/0.png');
  utimesSync(file, 2, 2);
  await dies();
  assert.equal((await open(root, { cache })).decoded, 40);
  assert.deepEqual(readdirSync(path).sort(), [namedIn(path), 'manifest.json'].sort());
  // A rebuild that dies, after which the old pixels serve again.
  utimesSync(file, 1, 1);
  await dies();
  utimesSync(file, 2, 2);
  assert.equal((await open(root, { cache })).decoded, 0);
  assert.deepEqual(readdirSync(path).sort(), [namedIn(path), 'manifest.json'].sort());
});

function namedIn(path: string): string | undefined {
  const file = join(path, 'manifest.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).pixels : undefined;
}

test('a build that slept until it was thought dead takes what the other built, and removes nothing of it', async (t) => {
  const root = await folder(t);
  const cache = temporary(t);
  let begun = false;
  const onProgress = (done: number, _: number | undefined, what: string) => {
    if (what !== 'decoding' || done < 10 || begun) return;
    begun = true;
    const lock = join(cache, readdirSync(cache)[0] as string, 'lock');
    const past = new Date(Date.now() - 20_000);
    utimesSync(lock, past, past);
    // Stops this build's loop until the other has its images.
    const script = fileURLToPath(new URL('./opening.js', import.meta.url));
    execFileSync(process.execPath, [script, root, cache]);
  };
  const slept = await open(root, { cache, onProgress });
  assert.ok(begun);
  const other = await open(root, { cache });
  assert.equal(other.decoded, 0);
  const { path, manifest } = entry(cache);
  assert.deepEqual(readdirSync(path).sort(), [manifest.pixels, 'manifest.json'].sort());
  assert.deepEqual(bytesOf(slept.train), bytesOf(other.train));
});

test('of several processes at once one builds, and all get the same', async (t) => {
  const root = await folder(t);
  const cache = temporary(t);
  const script = fileURLToPath(new URL('./opening.js', import.meta.url));
  const answers = await Promise.all(
    [0, 1, 2].map(async () => {
      const child = fork(script, [root, cache], { silent: true });
      const [answer] = await once(child, 'message');
      await once(child, 'exit');
      return answer as { decoded: number; sum: number };
    }),
  );
  assert.deepEqual(answers.map(({ decoded }) => decoded).sort(), [0, 0, 40]);
  assert.equal(new Set(answers.map(({ sum }) => sum)).size, 1);
  assert.equal(readdirSync(entry(cache).path).length, 2);
});

test('a cache among the images, or where nothing can be written, is refused', async (t) => {
  const root = await folder(t);
  const link = join(temporary(t), 'link');
  symlinkSync(root, link);
  const blocked = write(temporary(t), 'file', 'mine');
  const refusals: [string, RegExp][] = [
    [`./${relative('.', blocked)}`, /cannot be written \(E\w+\): give another folder as cache=/],
    [join(root, 'cache'), /lies among the images, in .*: give another folder as cache=/],
    [root, /lies among the images/],
    [join(link, 'a', 'deep', 'cache'), /lies among the images/],
    [blocked, /cannot be written \(E\w+\): give another folder as cache=/],
    [join(blocked, 'x'), /cannot be written \(E\w+\): give another folder as cache=/],
  ];
  for (const [cache, message] of refusals) {
    await assert.rejects(open(root, { cache }), (error: Error) => {
      assert.ok(error instanceof UserError, error.stack);
      assert.match(error.message, message);
      return true;
    });
  }
  assert.deepEqual(readdirSync(root).sort(), ['a', 'b']);
  assert.equal(readFileSync(blocked, 'utf8'), 'mine');
});

test('a set of small squares that fits in memory needs no cache, however many there are', async (t) => {
  const root = await folder(t);
  const memory = 40 * 3 * 24 ** 2;
  const blocked = write(temporary(t), 'file', 'mine');
  const empty = temporary(t);
  for (const cache of [blocked, empty]) {
    const { train, note } = await openImages(root, { memory, cache });
    assert.ok(train.pixels instanceof Uint8Array);
    assert.deepEqual([train.count, train.height], [40, 24]);
    assert.doesNotMatch(note ?? '', /are kept in/);
  }
  assert.deepEqual(readdirSync(empty), []);
  assert.ok((await openImages(root, { memory: memory - 1, cache: empty })).train.pixels instanceof PixelFile);
  assert.equal(readdirSync(entry(empty).path).length, 2);
  // One of another size brings all to 96, which is too much.
  write(root, 'a/x.png', await png([1, 2, 3], 25));
  await assert.rejects(openImages(root, { memory, cache: blocked }), /cannot be written/);
  const { train } = await openImages(root, { memory, cache: temporary(t) });
  assert.ok(train.pixels instanceof PixelFile);
  assert.deepEqual([train.count, train.height], [41, 96]);
});

test('pixels that grow shorter under a run end it with an error', async (t) => {
  const root = await folder(t);
  const cache = temporary(t);
  const { train } = await open(root, { cache });
  const { path, manifest } = entry(cache);
  writeFileSync(join(path, manifest.pixels), '');
  assert.throws(() => gather(train, [3]), /cut short while it was read; remove it/);
});
