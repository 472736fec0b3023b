import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type DataSet, openImages, type Share } from '../../../src/images/index.js';
import { png, tarOf, temporary, write } from '../making.js';
import { type Serving, serving, shards } from './serving.js';

const cache = mkdtempSync(join(tmpdir(), 'tandem-stream-'));
process.env.XDG_CACHE_HOME = cache;
process.on('exit', () => rmSync(cache, { recursive: true, force: true }));

const fixtures = fileURLToPath(new URL('../../../../test/fixtures/hugging-face', import.meta.url));

/** The numbers of images that batches bring, by their colours, and their positions. */
async function numbersIn(data: DataSet, batch: number, epoch: number, from = 0, most = Number.POSITIVE_INFINITY) {
  const batches = data.stream?.batches(batch, 3);
  assert.ok(batches);
  const found: number[][] = [];
  for await (const { bytes, indices } of batches.epoch(epoch, from)) {
    const area = bytes.length / batch / 3;
    found.push(
      Array.from({ length: batch }, (_, i) => (bytes[i * 3 * area] ?? 0) + 256 * (bytes[(i * 3 + 1) * area] ?? 0)),
    );
    assert.equal(indices[0], (from + found.length - 1) * batch);
    if (found.length === most) break;
  }
  batches.close?.();
  return found;
}

async function served(t: Parameters<typeof serving>[0], count: number, each: number): Promise<Serving> {
  const server = await serving(t);
  for (const [i, tar] of (await shards(count, each)).entries()) server.files.set(`/set/${i}.tar`, tar);
  return server;
}

test('each image comes once a pass, in an order of its own; from any batch on it is the same order', async (t) => {
  const { url } = await served(t, 5, 12);
  const data = await openImages(`${url}/set/{0..4}.tar`, { streamWindow: 2, cache: temporary(t) });
  assert.deepEqual([data.stream?.count, data.train.labels && data.train.classes], [60, ['cat', 'dog']]);
  const epochs = [await numbersIn(data, 10, 0), await numbersIn(data, 10, 1)];
  for (const epoch of epochs) {
    assert.deepEqual(
      epoch.flat().sort((a, b) => a - b),
      [...Array(60).keys()],
    );
    assert.notDeepEqual(
      epoch.flat().slice(0, 24),
      epoch
        .flat()
        .slice(0, 24)
        .sort((a, b) => a - b),
    );
  }
  assert.notDeepEqual(epochs[0], epochs[1]);
  // Another process, which knows nothing but the cache; and one that has no cache.
  for (const folder of [undefined, temporary(t)]) {
    const again = await openImages(`${url}/set/{0..4}.tar`, { streamWindow: 2, cache: folder });
    for (const [epoch, from] of [
      [1, 4],
      [0, 3],
      [1, 0],
    ] as const) {
      assert.deepEqual(await numbersIn(again, 10, epoch, from), epochs[epoch]?.slice(from));
    }
  }
});

test('shares of a batch make up the batch, from any batch on, each read by itself', async (t) => {
  const { url } = await served(t, 5, 12);
  const cache = temporary(t);
  const opened = () => openImages(`${url}/set/{0..4}.tar`, { streamWindow: 2, cache });
  const batchesOf = async (share: Share | undefined, epoch: number, from: number) => {
    const batches = (await opened()).stream?.batches(10, 3, share);
    const found: { readonly indices: number[]; readonly bytes: number[] }[] = [];
    for await (const { indices, bytes } of batches?.epoch(epoch, from) ?? [])
      found.push({ indices: [...indices], bytes: [...bytes] });
    batches?.close?.();
    return found;
  };
  for (const [epoch, from] of [
    [0, 0],
    [1, 3],
  ] as const) {
    const whole = await batchesOf(undefined, epoch, from);
    const shares = [
      { from: 0, count: 4 },
      { from: 4, count: 3 },
      { from: 7, count: 3 },
    ];
    const parts = await Promise.all(shares.map((share) => batchesOf(share, epoch, from)));
    assert.equal(whole.length, 6 - from);
    whole.forEach((batch, i) => {
      assert.deepEqual(
        parts.flatMap((part) => part[i]?.indices ?? []),
        batch.indices,
      );
      assert.deepEqual(
        parts.flatMap((part) => part[i]?.bytes ?? []),
        batch.bytes,
      );
    });
  }
});

test('a server that fails one request in ten, cuts answers and ignores ranges: the same images', async (t) => {
  const server = await served(t, 4, 40);
  const quiet = await openImages(`${server.url}/set/{0..3}.tar`, { cache: temporary(t) });
  const expected = await numbersIn(quiet, 16, 0);
  for (const versions of ['strong', 'weak', 'none'] as const) {
    server.versions = versions;
    server.asked.length = 0;
    const faults = ['refuse', 'cut', 'drop', 'cut', 'cut', 'whole'] as const;
    server.fault = (nth) => (nth % 3 === 1 ? faults[nth % faults.length] : undefined);
    const data = await openImages(`${server.url}/set/{0..3}.tar`, { cache: temporary(t) });
    assert.deepEqual(await numbersIn(data, 16, 0), expected);
    const continued = server.asked.filter((line) => / bytes=[1-9]/.test(line)).length;
    assert.equal(continued > 0, versions === 'strong', `${versions}: ${server.asked.join(', ')}`);
  }
});

test('shards larger than what may lie on disk: the oldest go, never more lie there', async (t) => {
  const { url, asked, files } = await served(t, 8, 30);
  const folder = temporary(t);
  const each = Math.max(...[...files.values()].map(({ length }) => length));
  const streamCache = 3 * each;
  const data = await openImages(`${url}/set/{0..7}.tar`, { cache: folder, streamCache, streamWindow: 1 });
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, bytesIn(join(folder, 'remote')));
  }, 1);
  const found = await numbersIn(data, 24, 0);
  clearInterval(watch);
  assert.deepEqual(
    found.flat().sort((a, b) => a - b),
    [...Array(240).keys()],
  );
  assert.ok(most > 0 && most <= streamCache + 4096, `${most} of ${streamCache}`);
  const before = asked.length;
  assert.equal((await numbersIn(data, 24, 1)).flat().length, 240);
  assert.ok(asked.length > before + 4, 'what went is fetched again');
  await assert.rejects(
    openImages(`${url}/set/{0..7}.tar`, { cache: folder, streamCache: each, streamWindow: 2 }),
    /2 parts take up to .* on disk, more than .*streamCache=<GiB>/,
  );
});

function bytesIn(folder: string): number {
  let sum = 0;
  for (const name of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (name.isFile() && !/lock|counts|version/.test(name.name))
      sum += statSync(join(name.parentPath, name.name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return sum;
}

test('a shard that changes or goes meanwhile ends the stream by name; one that is half there is continued', async (t) => {
  const server = await served(t, 6, 10);
  const where = `${server.url}/set/{0..5}.tar`;
  const [other] = await shards(1, 11);
  for (const [change, message] of [
    [
      () => server.files.set('/set/0.tar', other as Buffer),
      /set\/0\.tar: changed meanwhile: it was "\w+" of \d+ bytes, and is "\w+"/,
    ],
    [() => server.files.delete('/set/0.tar'), /set\/0\.tar: HTTP 404/],
  ] as const) {
    const before = server.files.get('/set/0.tar') as Buffer;
    const folder = temporary(t);
    const data = await openImages(where, { streamWindow: 1, streamCache: 3 * before.length, cache: folder });
    rmSync(join(folder, 'remote'), { recursive: true });
    change();
    await assert.rejects(numbersIn(data, 10, 0), message);
    server.files.set('/set/0.tar', before);
  }
  await assert.rejects(openImages(`${server.url}/set/{0..9}.tar`), /set\/6\.tar: HTTP 404/);
});

test('images that cannot be decoded are named, another of their batch stands twice, and too many end it', async (t) => {
  const server = await serving(t);
  const entries = await Promise.all(
    [...Array(40).keys()].map(async (n) => ({ name: `${n}.png`, body: n % 20 ? await png([n, 0, 7]) : 'no image' })),
  );
  server.files.set('/x/0.tar', await tarOf(entries));
  server.files.set('/x/1.tar', await tarOf(entries.map((one) => ({ ...one, name: `1${one.name}` }))));
  const data = await openImages(`${server.url}/x/{0,1}.tar`, { cache: temporary(t) });
  const batches = data.stream?.batches(20, 1);
  let images = 0;
  for await (const { bytes } of batches?.epoch(0) ?? []) images += bytes.length / (3 * 64);
  assert.deepEqual([images, data.stream?.count], [80, 80]);
  const skipped = batches?.flow?.().skipped ?? [];
  assert.deepEqual(skipped.map(({ file }) => file).sort(), ['0/0.png', '0/20.png', '1/10.png', '1/120.png']);
  const strict = await openImages(`${server.url}/x/{0,1}.tar`, { maxSkippedShare: 0.05 }).then((d) =>
    d.stream?.batches(20, 1),
  );
  assert.ok(strict);
  await assert.rejects(openImages(`${server.url}/x/{0,1}.tar`, { maxSkippedShare: 0 }), /could not be decoded/);
});

test('a list of URLs, tables and shards on disk are streamed where that is asked for', async (t) => {
  const server = await serving(t);
  for (let n = 0; n < 30; n++) server.files.set(`/${n}.png`, await png([n, 0, 7]));
  const root = temporary(t);
  const rows = [...Array(31).keys()].map(
    (n) => `${server.url}/${n}.png,${n % 2 ? 'dog' : 'cat'},${n === 5 ? 'test' : 'train'}`,
  );
  const list = write(root, 'urls.csv', `url,label,split\n${rows.join('\n')}\n`);
  server.fault = (nth) => (nth % 10 === 3 ? 'refuse' : undefined);
  const data = await openImages(list, { stream: 'on', cache: temporary(t) });
  const found = new Set((await numbersIn(data, 10, 0)).flat());
  assert.deepEqual([data.stream?.count, found.has(5), found.size >= 28], [30, false, true]);
  for (const [i, tar] of (await shards(2, 9)).entries()) write(root, `disk/s-${i}.tar`, tar);
  const disk = await openImages(join(root, 'disk'), { stream: 'on' });
  assert.deepEqual(
    (await numbersIn(disk, 9, 0)).flat().sort((a, b) => a - b),
    [...Array(18).keys()],
  );
  assert.equal(disk.stream?.count, 18);
  server.files.set('/hub.parquet', readFileSync(join(fixtures, 'codec-snappy.parquet')));
  server.fault = () => undefined;
  const table = await openImages(`${server.url}/{hub,hub}.parquet`, { cache: temporary(t), streamWindow: 1 });
  assert.equal(table.stream?.count, 18);
  assert.equal((await numbersIn(table, 6, 0)).length, 3);
});

test('what does not go with streams is refused by name, or measured elsewhere', async (t) => {
  const { url } = await served(t, 2, 12);
  const where = `${url}/set/{0,1}.tar`;
  await assert.rejects(openImages(where, { limit: 5 }), /limit is for images that are opened at once.*stream=off/);
  await assert.rejects(openImages(`${url}/set/*.tar`), /only buckets \(s3:\/\/\) can be listed/);
  const whole = await openImages(where, { stream: 'off', cache: temporary(t) });
  assert.deepEqual([whole.train.count, whole.stream], [24, undefined]);
  const root = temporary(t);
  for (const [i, tar] of (await shards(2, 30)).entries()) write(root, `m-${i}.tar`, tar);
  const measured = await openImages(where, { measureOn: join(root, 'm-{0,1}.tar'), cache: temporary(t) });
  assert.equal((measured.reference?.count ?? 0) + (measured.queries?.count ?? 0), 60);
  await assert.rejects(openImages(root, { measureOn: root }), /measureOn is for images that are streamed/);
});
