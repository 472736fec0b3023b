import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { liveTensors } from 'tandem-torch';
import { chooseWithin } from '../../../src/pretrain/forecast/budget.js';
import { discarding } from '../../../src/pretrain/forecast/discarding.js';
import { forecastOf } from '../../../src/pretrain/forecast/forecast.js';
import { memoryAdvice, shorterWays } from '../../../src/pretrain/forecast/shorter.js';
import { assemble, pretrain, resolveConfig } from '../../../src/pretrain/index.js';
import { loadImages } from '../../../src/pretrain/load-images.js';
import type { AssembledRun } from '../../../src/pretrain/run.js';
import { metricsOf, pictures, temporary } from '../../cli/running.js';

const root = temporary({ after });
const images = join(root, 'pictures');
const settings = {
  ...{ images, method: 'moco', backbone: 'resnet10', width: 8, stem: 'strided', batch: 32, epochs: 2 },
  ...{ projHidden: 16, projDim: 8, bank: 64, bnSplits: 2, device: 'cpu', precision: 'float32' },
};

before(async () => {
  await pictures(images, 40);
});

test('a run is the same bit for bit with a forecast and without', async () => {
  const came: unknown[] = [];
  for (const forecast of [true, false]) {
    const out = join(root, `run-${forecast}`);
    let told: unknown;
    for await (const event of pretrain(resolveConfig(settings), { out, forecast })) {
      if (event.kind === 'start') told = event.forecast;
    }
    assert.equal(told !== undefined, forecast);
    const metrics = metricsOf(out).map(({ seconds: _, imagesPerSecond: __, ...rest }) => rest);
    const files = ['student', 'teacher'].map((name) => readFileSync(join(out, 'encoder', `${name}.safetensors`)));
    came.push([metrics, ...files.map((bytes) => bytes.toString('base64'))]);
  }
  assert.deepEqual(came[0], came[1]);
});

test('a forecast frees all that it made, and tells what can be checked of it', async () => {
  const config = resolveConfig(settings);
  const data = await loadImages(config, {});
  const make = () => discarding(config, data, (run) => forecastOf(run));
  await make();
  const alive = liveTensors();
  const forecast = await make();
  assert.deepEqual(liveTensors(), alive);
  assert.ok(forecast?.load);
  const { step, evaluation, epoch, all, timedBatch } = forecast.time;
  assert.ok([16, 32].includes(timedBatch));
  assert.ok(step > 0 && evaluation > 0);
  assert.ok(Math.abs(epoch - (2 * step + evaluation)) < 1e-9 && all > 2 * 2 * step);
  assert.deepEqual(forecast.shorter, []);
});

test('a run that cannot be timed has no forecast, and an interrupted one ends', async () => {
  const config = resolveConfig(settings);
  const data = await loadImages(config, {});
  const broken = (run: AssembledRun): AssembledRun => ({ ...run, evaluation: { ...run.evaluation, device: 'meta' } });
  await discarding(config, data, async (run) => assert.equal(await forecastOf(broken(run)), undefined));
  const stopped = AbortSignal.abort(new Error('enough'));
  await discarding(config, data, (run) => assert.rejects(forecastOf(run, stopped), { message: 'enough' }));
});

test('a long run is told what makes it shorter, by its operations', async () => {
  const config = resolveConfig({ ...settings, stem: 'small' });
  const data = await loadImages(config, {});
  const run = assemble(config, data);
  const time = { step: 1, evaluation: 0, epoch: 3000, all: 7200, timedBatch: 32 };
  const ways = shorterWays(run, time);
  assert.deepEqual(
    ways.map(({ setting }) => setting),
    ['--epochs 1', 'width=4', 'stem=strided'],
  );
  const [epochs, width, stem] = ways.map(({ all }) => all) as [number, number, number];
  assert.equal(epochs, 3000);
  // Half as wide: a quarter of the operations of all layers but the first.
  assert.ok(width > 7200 / 4 && width < 7200 / 3, `${width}`);
  assert.ok(Math.abs(stem - 7200 / 4) < 500, `${stem}`);
  assert.deepEqual(shorterWays(run, { ...time, all: 3600 }), []);
});

test('a batch that fits is named where memory is short', () => {
  const memory = { networks: 10, gradients: 5, state: 5, activations: 640, total: 660 };
  assert.equal(memoryAdvice(memory, 64, 1000), undefined);
  assert.match(memoryAdvice(memory, 64, 400) ?? '', /give --batch 32, or a smaller width or size$/);
  assert.match(memoryAdvice(memory, 64, 15) ?? '', /: give a smaller width or size$/);
});

test('a budget chooses what is not given, never more, and leaves the rest', async () => {
  const asked = { ...settings, method: 'simclr', bank: undefined, bnSplits: undefined };
  const {
    width: _,
    epochs: __,
    batch: ___,
    ...free
  } = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)) as Record<string, unknown>;
  const choose = (seconds: number, more: object) => chooseWithin({ ...free, ...more }, seconds, performance.now(), {});
  const much = await choose(1e6, {});
  assert.deepEqual(much.chosen, { width: 64, size: 32, epochs: 200, batch: 64 });
  const own = await choose(1e6, { width: 8, epochs: 3, batch: 16 });
  assert.deepEqual(own.chosen, { width: 8, size: 32, epochs: 3, batch: 16 });
  const little = await choose(15, {});
  assert.ok(little.time.all <= 15 * 1.25);
  assert.equal(little.config.training.epochs, little.chosen.epochs);
  assert.equal(little.config.network.width, little.chosen.width);
  await assert.rejects(choose(0.01, { epochs: 150 }), {
    name: 'UserError',
    message: /the budget is too short: with what is asked for, a run of so many epochs takes about .* here/,
  });
});
