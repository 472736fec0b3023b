import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { type PretrainEvent, pretrain, resolveConfig } from '../../src/pretrain/index.js';
import { metricsOf, pictures, temporary, tiny } from '../cli/running.js';

const root = temporary({ after });
const images = join(root, 'pictures');
const settings = { ...Object.fromEntries(tiny.map((word) => word.split('='))), images, batch: 20, epochs: 2 };

before(async () => {
  await pictures(images, 20);
});

/** A run that is interrupted at the first event that `when` picks. @returns its events, one step after another left out */
async function interrupted(out: string, when: (event: PretrainEvent) => boolean): Promise<PretrainEvent[]> {
  const controller = new AbortController();
  const events: PretrainEvent[] = [];
  for await (const event of pretrain(resolveConfig(settings), { out, signal: controller.signal })) {
    events.push(event);
    if (when(event)) controller.abort();
  }
  return events;
}

test('events come in order', async () => {
  const events = await interrupted(join(root, 'whole'), () => false);
  const kinds = events.map(({ kind }) => kind).filter((kind, i, all) => kind !== all[i - 1]);
  assert.deepEqual(kinds, ['loading', 'start', 'step', 'evaluation', 'epoch', 'step', 'evaluation', 'epoch', 'end']);
  assert.ok(events.every((event) => event.kind !== 'end' || !event.interrupted));
});

test('interrupted in the middle of an epoch, no further step is taken, and the last one is saved', async () => {
  const out = join(root, 'step');
  const events = await interrupted(out, (event) => event.kind === 'step' && event.step === 3);
  assert.equal(events.filter(({ kind }) => kind === 'step').length, 3);
  assert.deepEqual(events.at(-1), { kind: 'end', run: out, metrics: undefined, interrupted: true });
  assert.deepEqual(metricsOf(out), []);
  for (const file of ['encoder/encoder', 'checkpoint/state']) assert.ok(existsSync(join(out, `${file}.safetensors`)));
});

test('interrupted while the encoders are looked at, the epoch stays open: its step is saved, its line is not written', async () => {
  const out = join(root, 'evaluation');
  const events = await interrupted(out, ({ kind }) => kind === 'evaluation');
  assert.deepEqual(
    events.slice(-2).map(({ kind }) => kind),
    ['evaluation', 'end'],
  );
  assert.deepEqual(metricsOf(out), []);
  for (const file of ['encoder/encoder', 'checkpoint/state']) assert.ok(existsSync(join(out, `${file}.safetensors`)));
});

test('interrupted before the images are read, nothing is made', async () => {
  const out = join(root, 'loading');
  await assert.rejects(
    interrupted(out, ({ kind }) => kind === 'loading'),
    { name: 'AbortError' },
  );
  assert.equal(existsSync(out), false);
});

test('a device that is not here is found out before the images are read', async () => {
  const events = pretrain(resolveConfig({ ...settings, device: 'gpu' }), { out: join(root, 'gpu') });
  await assert.rejects(events.next(), { name: 'UsageError', message: /device 'gpu' is not here/ });
});
