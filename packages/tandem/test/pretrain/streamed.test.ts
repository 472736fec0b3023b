import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { liveTensors } from 'tandem-torch';
import { collectGarbage } from '../../src/collect-garbage.js';
import { type PretrainEvent, pretrain, resolveConfig, resume } from '../../src/pretrain/index.js';
import { temporary, tiny } from '../cli/running.js';
import { whatCameOut } from '../faults/runs.js';
import { png, tarOf } from '../images/making.js';
import { serving, shards } from '../images/streamed/serving.js';

const root = temporary({ after });
process.env.XDG_CACHE_HOME = mkdtempSync(join(tmpdir(), 'tandem-streamed-'));
process.on('exit', () => rmSync(process.env.XDG_CACHE_HOME as string, { recursive: true, force: true }));

const settings = { ...Object.fromEntries(tiny.map((word) => word.split('='))), size: 16, batch: 20, epochs: 2 };

async function through(begin: (signal: AbortSignal) => AsyncIterable<PretrainEvent>, step?: number) {
  const controller = new AbortController();
  const events: PretrainEvent[] = [];
  for await (const event of begin(controller.signal)) {
    events.push(event);
    if (event.kind === 'step' && event.step === step) controller.abort();
  }
  return events;
}

test('shards larger than the disk cache, a tenth of requests failing: stopped anywhere, it comes out the same', async (t) => {
  const server = await serving(t);
  const tars = await shards(6, 20, 16);
  for (const [i, tar] of tars.entries()) server.files.set(`/s/${i}.tar`, tar);
  server.fault = (nth) => (nth % 10 === 7 ? 'cut' : undefined);
  const images = `${server.url}/s/{0..5}.tar`;
  const streamCache = (3.2 * Math.max(...tars.map(({ length }) => length))) / 2 ** 30;
  const config = resolveConfig({ ...settings, images, streamCache, cache: join(root, 'cache') });
  const whole = join(root, 'whole');
  const events = await through((signal) => pretrain(config, { out: whole, signal }));
  const start = events.find(({ kind }) => kind === 'start');
  assert.ok(start?.kind === 'start');
  assert.deepEqual([start.learned, start.stepsPerEpoch], [120, 12]);
  assert.ok(events.some((event) => event.kind === 'step' && event.flow !== undefined));
  const saved = JSON.parse(readFileSync(join(whole, 'config.json'), 'utf8'));
  assert.deepEqual(
    [saved.stream, saved.epochImages, saved.streamWindow, saved.tandem.images.count],
    ['on', 120, 1, 120],
  );
  for (const step of [7]) {
    const out = join(root, `half-${step}`);
    await through((signal) => pretrain(config, { out, signal }), step);
    // As on another machine: nothing is known of the shards.
    rmSync(join(root, 'cache'), { recursive: true });
    await through((signal) => resume(out, { signal }));
    assert.deepEqual(whatCameOut(out), whatCameOut(whole));
  }
});

test('a CSV with URLs, a tenth of requests failing: stopped, it comes out the same', async (t) => {
  const server = await serving(t);
  for (let n = 0; n < 60; n++) server.files.set(`/${n}.png`, await png([n, 4 * n, 99], 16));
  server.fault = (nth) => (nth % 10 === 3 ? 'refuse' : undefined);
  const list = join(root, 'urls.csv');
  const rows = [...Array(60).keys()].map((n) => `${server.url}/${n}.png,${n % 3}`);
  writeFileSync(list, `url,label\n${rows.join('\n')}\n`);
  for (const stream of ['on', 'off']) {
    const config = resolveConfig({ ...settings, images: list, stream });
    const [whole, half] = [join(root, `list-${stream}`), join(root, `list-half-${stream}`)];
    await through((signal) => pretrain(config, { out: whole, signal }));
    await through((signal) => pretrain(config, { out: half, signal }), 4);
    await through((signal) => resume(half, { signal }));
    assert.deepEqual(whatCameOut(half), whatCameOut(whole));
  }
});

test('a shard that is gone ends the run by name, saved; when it is back the run resumes to the same', async (t) => {
  const server = await serving(t);
  const tars = await shards(6, 20, 16);
  for (const [i, tar] of tars.entries()) server.files.set(`/g/${i}.tar`, tar);
  const images = `${server.url}/g/{0..5}.tar`;
  const streamCache = (2.2 * Math.max(...tars.map(({ length }) => length))) / 2 ** 30;
  const config = resolveConfig({ ...settings, images, streamCache, streamWindow: 1, cache: join(root, 'gone') });
  const whole = join(root, 'gone-whole');
  await through((signal) => pretrain(config, { out: whole, signal }));
  rmSync(join(root, 'gone'), { recursive: true });
  const out = join(root, 'gone-half');
  const broken = async () => {
    for await (const event of pretrain(config, { out })) {
      if (event.kind === 'step' && event.step === 1)
        for (const path of [...server.files.keys()]) server.files.delete(path);
    }
  };
  await assert.rejects(broken(), /\/g\/\d\.tar: HTTP 404.*; step [1-9]\d* is saved in .*resume with: .*gone-half/);
  for (const [i, tar] of tars.entries()) server.files.set(`/g/${i}.tar`, tar);
  await through((signal) => resume(out, { signal }));
  assert.deepEqual(whatCameOut(out), whatCameOut(whole));
});

test('over many passes of shards larger than the disk cache what the process holds stays as much', async (t) => {
  const server = await serving(t);
  const [count, each, side] = [6, 20, 64];
  const pad = { name: 'readme.bin', body: randomBytes(150_000) };
  for (let shard = 0; shard < count; shard++) {
    const entries = Array.from({ length: each }, async (_, i) => ({
      name: `${shard}-${i}.png`,
      body: await png([shard, i, 9], side),
    }));
    server.files.set(`/m/${shard}.tar`, await tarOf([pad, ...(await Promise.all(entries))]));
  }
  const largest = Math.max(...[...server.files.values()].map(({ length }) => length));
  const config = resolveConfig({
    ...{ ...settings, size: side, epochs: 9, images: `${server.url}/m/{0..5}.tar` },
    ...{ streamCache: (3.2 * largest) / 2 ** 30, cache: join(root, 'many') },
  });
  const held: { tensors: number; tensorBytes: number; bytes: number; files: number }[] = [];
  for await (const event of pretrain(config, { out: join(root, 'many-passes') })) {
    if (event.kind !== 'epoch') continue;
    await setImmediate();
    collectGarbage();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    const files = process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
    const { count: tensors, bytes: tensorBytes } = liveTensors();
    held.push({ tensors, tensorBytes, bytes: heapUsed + arrayBuffers, files });
  }
  const fetched = server.asked.filter((line) => line.startsWith('GET')).length;
  assert.ok(fetched > 9 * count * 0.5, `${fetched} parts were fetched`);
  // The least of three passes: what is under way in one is not held.
  const least = (what: keyof (typeof held)[number], from: number) =>
    Math.min(...held.slice(from, from + 3).map((one) => one[what]));
  for (const what of ['tensors', 'tensorBytes'] as const) assert.equal(least(what, 6), least(what, 3), what);
  assert.ok(least('files', 6) <= least('files', 3) + 2, JSON.stringify(held));
  // A pass has 1.5 MB of pixels and .9 MB of shards: whatever kept either would hold three times.
  const grown = least('bytes', 6) - least('bytes', 3);
  assert.ok(grown < 2e6, JSON.stringify(held));
});
