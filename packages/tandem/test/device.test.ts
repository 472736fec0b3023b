import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { scope, type Tensor } from 'tandem-torch';
import { imageBytes } from '../src/images/index.js';
import { findMethod, methods } from '../src/methods/index.js';
import { Stash } from '../src/step/index.js';
import { trainingState } from '../src/train/checkpoint.js';
import { type Capture, cudaGraphs } from '../src/train/replay/capture.js';
import { StepTrace } from '../src/train/replay/trace.js';
import { pictures, tandem, tiny } from './cli/running.js';
// before libtorch is asked which devices there are
import { testDevice, uncounted } from './device.js';
import { handOver, labelledNoise, type Run, reports, setUp, stateOf } from './methods/running.js';
import { settingsFor, stepInfo } from './methods/stepping.js';
import { assertClose, noise } from './support.js';

const skip = testDevice === undefined && 'libtorch has CUDA: name a device in TANDEM_TEST_DEVICE';
const { device, isReal, reads, sent, shared } = testDevice ?? { device: 'cpu', isReal: true, ...uncounted };

const small = { projHidden: 8, projDim: 8, predHidden: 8, bank: 16, bnSplits: 2, lambda0: 0.1 };
const images = labelledNoise(18, { channels: 3, side: 8 });

function run(method: string, where: string, settings: object = {}, startStep = 0): Run {
  const own = {
    method,
    batch: 8,
    epochs: 2,
    seed: 3,
    precision: 'float32',
    ...settingsFor(method, small),
    ...(findMethod(method).teacher !== 'none' && { teacher: 'frozen' }),
    ...settings,
  };
  const vit = { backbone: 'vit-micro', width: 32, depth: 1, patch: 4, size: 8, channels: 3 };
  const network = method === 'dinov2' ? { architecture: vit } : {};
  return setUp({ settings: own, pictures: images, device: where, startStep, ...network });
}

describe(`training on ${device}${isReal ? '' : ' (pretended)'}`, { skip }, () => {
  for (const method of Object.keys(methods)) {
    test(`${method}: the losses and the state of the CPU, and nothing is read in between`, async () => {
      const [here, there] = [run(method, 'cpu'), run(method, device)];
      const [expected, found] = [await reports(here, 2), await reports(there, 2)];
      // A GPU's convolutions have shorter mantissas.
      const rtol = isReal ? 2e-2 : 1e-3;
      assertClose(
        found.map(({ loss }) => loss as number),
        expected.map(({ loss }) => loss as number),
        { rtol },
      );
      const state = trainingState(there.method, there.plan.optimizer);
      for (const [name, x] of Object.entries(trainingState(here.method, here.plan.optimizer))) {
        assertClose(state[name] as typeof x, x, { rtol, atol: isReal ? 2e-2 : 1e-3, label: name });
      }
      for (const x of Object.values(trainingState(there.method, there.plan.optimizer)))
        assert.match(x.device, /^cuda|^cpu/);

      const quiet = run(method, device, { epochs: 20 });
      const once = { ...quiet, plan: { ...quiet.plan, readLossEvery: 1000 } };
      await reports(once, 2);
      const before = reads();
      await reports({ ...once, plan: { ...once.plan, startStep: 4 } }, 5);
      assert.equal(reads() - before, 0, 'the host waited for the device');
    });
  }

  for (const optimizer of ['lars', 'adamw']) {
    test(`${optimizer} waits for nothing`, async () => {
      const some = run('simclr', device, { optimizer, lr: 0.01, epochs: 20 });
      const before = reads();
      await reports({ ...some, plan: { ...some.plan, readLossEvery: 1000, startStep: 4 } }, 5);
      assert.equal(reads() - before, 0);
    });
  }

  test('a set too large for the device: the images of each step are sent during the one before', {
    skip: isReal && 'a GPU would hold it',
  }, async () => {
    // Over a third of what is taken for free memory; pages that no batch needs are never touched.
    const set = { ...noise(0, { channels: 3, side: 64 }), count: 90_000 };
    const pixels = new Uint8Array(set.count * imageBytes(set));
    const settings = { method: 'simclr', batch: 8, epochs: 1, seed: 3, projHidden: 8, projDim: 8 };
    const setOut = (where: string) => setUp({ settings, pictures: { ...set, pixels }, device: where });
    const order = setOut('cpu').batches.order(0);
    const looked = [1, 2, 3].flatMap(() => [...(order.next().value as Uint32Array)]);
    for (const image of looked) {
      const from = image * imageBytes(set);
      pixels.set(
        Uint8Array.from({ length: imageBytes(set) }, (_, at) => (image * 31 + at * 7) % 251),
        from,
      );
    }
    const before = shared();
    const losses = async (where: string) => (await reports(setOut(where), 3)).map(({ loss }) => loss as number);
    assertClose(await losses(device), await losses('cpu'), { rtol: 1e-3 });
    assert.equal(shared() - before, 3);
  });

  /** In place of a graph: does the work again, which may do nothing that a graph would not hold. */
  const again: Capture = (work) => ({
    replay() {
      const before = [reads(), sent()];
      scope(work);
      assert.deepEqual([reads(), sent()], before, 'what is captured reads from the device or sends to it');
    },
    dispose() {},
  });

  for (const [method, settings] of [
    ['simclr', { optimizer: 'lars', clip: 0.1 }],
    ['byol', { optimizer: 'adamw' }],
    ['moco', {}],
    ['clbo', { optimizer: 'adam', studentStart: 'restart', momentumAcrossRounds: 'reset' }],
    ['clbo', {}],
    ['seed', {}],
    ['supervised', {}],
    ['dino', { prototypes: 8, teacherWarmup: 2 }],
  ] as const) {
    test(`${method} ${JSON.stringify(settings)}: replayed steps are those of a run without`, async () => {
      const own = { epochs: 4, lr: 0.01, warmup: 1, schedule: 'step', ...settings };
      const [usual, replaying] = [run(method, device, own), run(method, device, own)];
      const losses = async ({ plan, ...rest }: Run) =>
        (await reports({ ...rest, plan })).map(({ loss }) => loss as number);
      const capture = isReal ? cudaGraphs(device) : again;
      const found = await losses({ ...replaying, plan: { ...replaying.plan, capture } });
      const expected = await losses({ ...usual, plan: { ...usual.plan, numbersIn: 'device' } });
      assertClose(found, expected, { rtol: isReal ? 2e-2 : 0 });
    });
  }

  test('all numbers of a replayed step are sent at once', { skip: isReal && 'a GPU does not count' }, () => {
    scope(() => {
      const trace = new StepTrace(device);
      const step = (n: number) => ({ info: stepInfo({ step: n }), stash: new Stash(), resetMomentum() {} });
      const first = trace.capture(step(1));
      first.scalar((info) => info.step);
      first.scalars((info) => [info.step, 2 * info.step, 3 * info.step]);
      const before = sent();
      trace.write(step(5).info);
      assert.equal(sent() - before, 4 * Float32Array.BYTES_PER_ELEMENT);
      const later = trace.replay(step(0));
      assert.equal((later.scalar(() => 0) as Tensor).item(), 5);
      assert.deepEqual((later.scalars(() => []) as Tensor).toArray(), [5, 10, 15]);
      assert.throws(() => later.scalar(() => 0), /had not asked for before/);
      trace.dispose();
    });
  });

  test('a run goes on from its checkpoint with the same bits', {
    skip: isReal && 'GPU sums vary in their last bits',
  }, async () => {
    const whole = run('clbo', device);
    const steps = (await reports(whole)).length;
    const first = run('clbo', device);
    await reports(first, steps - 2);
    const second = run('clbo', device, {}, steps - 2);
    handOver(first, second, steps - 2);
    await reports(second);
    assert.equal(stateOf(second), stateOf(whole));
  });
});

describe('every command takes the device', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const [data, runs] = [join(folder, 'pictures'), join(folder, 'run')];
  before(() => pictures(data, 30));

  for (const [what, argv] of [
    ['pretrain', ['pretrain', data, ...tiny, '--batch', '16', '--epochs', '1', '--out', runs]],
    ['knn', ['knn', runs, data]],
    ['linear', ['linear', runs, data, '--epochs', '2', '--batch', '16']],
    ['linear on features', ['linear', runs, data, '--protocol', 'features', '--epochs', '2']],
    [
      'finetune',
      ['finetune', runs, data, '--labels', '50%', '--epochs', '1', '--batch', '6', '--out', join(folder, 'tuned')],
    ],
    ['tsne', ['tsne', runs, data, '--perplexity', '5', '--iterations', '20']],
    ['embed', ['embed', runs, data, '--out', join(folder, 'vectors.npy')]],
    ['report', ['report', runs]],
    ['export', ['export', runs, '--images', data, '--out', join(folder, 'export')]],
  ] as const) {
    test(what, async (t) => {
      const { code, stderr } = await tandem(t, ...argv, '--device', device);
      assert.equal(code, 0, stderr);
    });
  }
});
