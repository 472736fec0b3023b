import assert from 'node:assert/strict';
import test from 'node:test';
import { serveApp } from '../../src/serve/app.js';
import type { Work } from '../../src/serve/work.js';

const guards = { host: '0.0.0.0' };
const work = (embed: NonNullable<Work['tasks']['embed']>): Work => ({
  tasks: { embed },
  without: {},
  width: 1,
  size: 1,
});
const post = { method: 'POST', body: new Uint8Array([1]), headers: { 'content-type': 'image/png' } };
const faults: string[] = [];
const made = (embed: NonNullable<Work['tasks']['embed']>, limits = {}) =>
  serveApp(work(embed), guards, { body: 100, queue: 2, seconds: 30, ...limits }, ({ message }) => faults.push(message));

test('what takes too long is given up, and fills the queue until it is over', async () => {
  const ends: (() => void)[] = [];
  const embed = () => new Promise<{ vector: number[] }>((resolve) => ends.push(() => resolve({ vector: [1] })));
  const { app } = made(embed, { seconds: 0.05 });
  for (let i = 0; i < 2; i++) {
    const late = await app.request('/embed', post);
    assert.deepEqual([late.status, await late.json()], [503, { error: 'no answer in 0.05 seconds; come again later' }]);
    assert.equal(late.headers.get('retry-after'), '5');
  }
  assert.equal((await app.request('/embed', post)).status, 429);
  for (const end of ends) end();
  await new Promise((resolve) => setTimeout(resolve, 5));
  const answered = app.request('/embed', post);
  while (ends.length < 3) await new Promise((resolve) => setTimeout(resolve, 1));
  ends[2]?.();
  assert.deepEqual(await (await answered).json(), { vector: [1] });
});

test('a fault of the server is told to its owner, and not to clients', async () => {
  const { app } = made(async () => {
    throw new Error('the disk at /secret is gone');
  });
  const answer = await app.request('/embed', post);
  assert.deepEqual([answer.status, await answer.json()], [500, { error: 'the server failed; it says more itself' }]);
  assert.deepEqual(faults, ['the disk at /secret is gone']);
});

test('one that is stopping says so', async () => {
  const { app, stop } = made(async () => ({ vector: [1] }));
  assert.equal((await app.request('/health')).status, 200);
  stop();
  const health = await app.request('/health');
  assert.deepEqual([health.status, ((await health.json()) as { status: string }).status], [503, 'stopping']);
  assert.equal((await app.request('/embed', post)).status, 200, 'what came before the end is answered');
});
