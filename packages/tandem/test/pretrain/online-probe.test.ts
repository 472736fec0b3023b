import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { pretrain, resolveConfig, resume } from '../../src/pretrain/index.js';
import { metricsOf, pictures, temporary } from '../cli/running.js';

const root = temporary({ after });
const images = join(root, 'split');
const classes = ['blue', 'red'];

before(async () => {
  await pictures(join(images, 'train'), 24, classes);
  await pictures(join(images, 'test'), 10, classes);
});

const config = (more: object = {}) =>
  resolveConfig({
    ...{ images, backbone: 'resnet8', width: 4, stem: 'strided', size: 16, projHidden: 8, projDim: 8 },
    ...{ batch: 12, epochs: 4, keepEvery: 2, ...more },
  });

/** @param until the epoch after which it is interrupted */
async function run(name: string, more: object, until = Number.POSITIVE_INFINITY): Promise<string> {
  const out = join(root, name);
  const controller = new AbortController();
  for await (const event of pretrain(config(more), { out, signal: controller.signal })) {
    if (event.kind === 'step' && event.epoch > until) controller.abort();
  }
  return out;
}

const bytes = (out: string, file: string) => readFileSync(join(out, 'encoder', `${file}.safetensors`));

/** What was measured, without times. */
function measured(out: string): object[] {
  return metricsOf(out).map(({ seconds: _, imagesPerSecond: __, ...line }) => line);
}

test('the probe learns, and no bit of the run is another for it', async () => {
  const [without, beside] = [await run('without', {}), await run('beside', { onlineProbe: true })];
  for (const file of ['student', 'teacher', 'encoder', 'student-epoch2']) {
    assert.ok(bytes(without, file).equals(bytes(beside, file)), file);
  }
  const accuracies = metricsOf(beside).map(({ probeStudent }) => probeStudent);
  assert.equal(accuracies.length, 4);
  assert.ok((accuracies.at(-1) as number) > 0.8, `two colours apart: ${accuracies}`);
  const rest = metricsOf(beside).map(({ probeStudent: _, seconds: __, imagesPerSecond: ___, ...line }) => line);
  assert.deepEqual(rest, measured(without));
});

test('cut and resumed, the probe has the accuracies of a whole run', async () => {
  const whole = await run('whole', { onlineProbe: true });
  const cut = await run('cut', { onlineProbe: true }, 2);
  assert.ok(metricsOf(cut).length < 4);
  for await (const _ of resume(cut)) {
  }
  assert.deepEqual(measured(cut), measured(whole));
});

test('keepEvery keeps both encoders of every so many epochs; those of the last are the same twice', async () => {
  const out = await run('kept', { epochs: 2, keepEvery: 1 });
  assert.ok(bytes(out, 'student-epoch2').equals(bytes(out, 'student')));
  assert.ok(bytes(out, 'teacher-epoch2').equals(bytes(out, 'teacher')));
  assert.ok(!bytes(out, 'teacher-epoch1').equals(bytes(out, 'teacher')));
});

test('images without labels, or whose queries are learned from too, are refused in one line', async () => {
  const refused = (where: string) =>
    assert.rejects(async () => {
      for await (const _ of pretrain(config({ images: where, onlineProbe: true }), { out: join(root, 'refused') })) {
      }
    }, /onlineProbe needs labels of all images that are learned from/);
  await pictures(join(root, 'alike'), 30, ['alone']);
  await refused(join(root, 'alike'));
  await pictures(join(root, 'unsplit'), 30, classes);
  await refused(join(root, 'unsplit'));
});
