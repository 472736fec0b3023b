import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { PrototypeHead } from '../../src/networks/index.js';
import { flattenConfig, type PretrainEvent, pretrain, resolveConfig } from '../../src/pretrain/index.js';
import { findHead } from '../../src/runs/index.js';
import { loadHead } from '../../src/weights/index.js';
import { metricsOf, pictures, temporary, tiny } from '../cli/running.js';

const root = temporary({ after });
const images = join(root, 'pictures');
const settings = { ...Object.fromEntries(tiny.map((word) => word.split('='))), images, batch: 20, epochs: 2 };

before(async () => {
  await pictures(images, 20);
});

/**
 * A run that is interrupted at the first event that `when` picks.
 * @returns its events, one step after another left out
 */
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

test('interrupted in an evaluation, the epoch stays open: its step is saved, its line is not written', async () => {
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

/** DINO on a small transformer with crops of two sizes: pictures of 32 pixels in patches of 8. */
const crops = {
  ...{ images, batch: 20, epochs: 2, method: 'dino', backbone: 'vit-micro', depth: 1, patch: 8, size: 32 },
  ...{ views: 'multi-crop', locals: 2, projHidden: 8, projDim: 6, prototypes: 10, optimizer: 'adamw', lr: 0.001 },
  ...{ decay: 'linear', lrEnd: 1e-5, weightDecayEnd: 0.4, clip: 3, clipBy: 'tensor', dropPath: 0.1 },
};

test('crops of two sizes: a run of DINO has its numbers and leaves both encoders, its head and its settings', async () => {
  const out = join(root, 'crops');
  for await (const _ of pretrain(resolveConfig(crops), { out }));
  const [, last] = metricsOf(out);
  const { loss, divergence, teacherEntropy, prototypesInUse, embeddingStd, eta } = last as Record<string, number>;
  assert.ok(Math.abs((loss as number) - (divergence as number) - (teacherEntropy as number)) < 1e-5);
  assert.ok((prototypesInUse as number) >= 1 && (prototypesInUse as number) <= 10.001);
  assert.ok((embeddingStd as number) > 0 && (eta as number) > 0.996);
  const { tandem, ...saved } = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'));
  assert.deepEqual(
    tandem.views.map(({ size }: { size: number }) => size),
    [32, 32, 16, 16],
  );
  assert.equal(saved.locals, 2);
  assert.deepEqual(flattenConfig(resolveConfig(saved)), saved);
  const { head } = loadHead(findHead(out) as string);
  assert.ok(head instanceof PrototypeHead);
  assert.deepEqual([head.outputWidth, head.shape.widths], [10, [64, 8, 8, 6]]);
});

test('small crops that patches do not divide are refused before anything is made', async () => {
  const out = join(root, 'odd');
  const run = pretrain(resolveConfig({ ...crops, size: 24, patch: 8 }), { out });
  await assert.rejects(async () => {
    for await (const _ of run);
  }, /patches of 8 pixels do not divide views of 12; set patch or size/);
  assert.equal(existsSync(out), false);
});
