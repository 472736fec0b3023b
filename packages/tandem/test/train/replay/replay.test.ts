import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { liveCount, noGrad, scope, type Tensor } from 'tandem-torch';
import { UserError } from '../../../src/errors.js';
import { findMethod, type Method } from '../../../src/methods/index.js';
import { trainingState } from '../../../src/train/checkpoint.js';
import type { Capture } from '../../../src/train/replay/capture.js';
import { handOver, labelledNoise, type Run, reports, setUp, stateOf } from '../../methods/running.js';
import { settingsFor } from '../../methods/stepping.js';
import { assertClose } from '../../support.js';

const small = { projHidden: 8, projDim: 8, predHidden: 8, bank: 16, bnSplits: 2, lambda0: 0.1, prototypes: 8 };
const pictures = labelledNoise(18, { channels: 3, side: 8 });

/** What training changes: all that a checkpoint holds, and gradients. */
function keepState({ method, plan }: Run): () => void {
  const state = Object.entries(trainingState(method, plan.optimizer));
  const parameters = plan.optimizer.groups.flatMap((group) => group.parameters);
  const before = noGrad(() => state.map(([, x]) => x.clone().keep()));
  const gradients = parameters.map(({ grad }) => ({ grad, values: noGrad(() => grad?.clone().keep()) }));
  return () => {
    const copy = (to: Tensor, from: Tensor) => {
      noGrad(() => to.copy_(from));
      from.dispose();
    };
    state.forEach(([name, x], i) => {
      const kept = before[i] as Tensor;
      if (name.endsWith('.step')) assert.equal(x.item(), kept.item(), 'work that is captured counts');
      copy(x, kept);
    });
    parameters.forEach((x, i) => {
      const { grad = null, values } = gradients[i] ?? {};
      x.grad = grad;
      if (grad && values) copy(grad, values);
    });
  };
}

/**
 * In place of a graph: does the work once and undoes it, then does it again at each replay. As with
 * a graph, nothing that was not kept can be used afterwards.
 */
function stand(run: Run): { capture: Capture; replays: number[] } {
  const replays: number[] = [];
  return {
    replays,
    capture(work) {
      const index = replays.push(0) - 1;
      const undo = keepState(run);
      scope(work);
      undo();
      return {
        replay() {
          replays[index] = (replays[index] as number) + 1;
          scope(work);
        },
        dispose() {},
      };
    },
  };
}

function newRun(method: string, settings: object, changed: Partial<Method> = {}): Run {
  const teacher = findMethod(method).teacher !== 'none' && { teacher: 'frozen' };
  const own = { ...settingsFor(method, small), ...teacher, ...settings };
  const run = setUp({
    settings: { method, batch: 8, epochs: 4, seed: 3, precision: 'float32', lr: 0.02, ...own },
    pictures,
  });
  return { ...run, method: { ...run.method, ...changed } };
}

const planned = (run: Run, changes: Partial<Run['plan']>): Run => ({ ...run, plan: { ...run.plan, ...changes } });
const onDevice = (run: Run): Run => planned(run, { numbersIn: 'device' });

/** Losses, and all that decides how training goes on, of a run as usual and of one that replays. */
async function compare(method: string, settings: object, changed: Partial<Method> = {}) {
  const [usual, other] = [newRun(method, settings, changed), newRun(method, settings, changed)];
  const graph = stand(other);
  const [expected, found] = [await reports(onDevice(usual)), await reports(planned(other, { capture: graph.capture }))];
  assert.deepEqual(found, expected);
  assertSame(other, usual);
  return { replays: graph.replays, steps: expected.length };
}

function assertSame(one: Run, other: Run, tolerance?: { rtol: number; atol: number }): void {
  const state = trainingState(one.method, one.plan.optimizer);
  for (const [name, x] of Object.entries(trainingState(other.method, other.plan.optimizer))) {
    const own = state[name] as Tensor;
    if (tolerance) assertClose(own, x, { ...tolerance, label: name });
    else assert.ok(Buffer.from(x.bytes()).equals(own.bytes()), name);
  }
}

const changing = { warmup: 1, schedule: 'step', weightDecayEnd: 0.1 };

/** Every method, optimizer and rule, and how many kinds of steps there are. */
const cases = [
  ['simclr', { clip: 0.1 }, 1],
  ['simclr', { momentum: 0, weightDecay: 0.01 }, 1],
  ['simclr', { optimizer: 'lars', weightDecay: 1e-4 }, 1],
  ['byol', { optimizer: 'lars', larsMomentum: 'steps', larsClip: true, weightDecay: 1e-4 }, 1],
  ['byol', { optimizer: 'adamw', etaSchedule: 'cosine' }, 1],
  ['simsiam', { clip: 0.1, clipBy: 'tensor' }, 1],
  ['moby', { optimizer: 'adam', weightDecay: 0.01 }, 1],
  ['moco', {}, 1],
  ['moco', { shuffle: false, symmetric: true }, 1],
  ['barlow-twins', { nesterov: true }, 1],
  ['vicreg', { memoryFormat: 'channelsLast' }, 1],
  ['clbo', {}, 2],
  ['clbo', { lookahead: 3, tauSchedule: 'base-lambda', lambdaSchedule: 'constant', optimizer: 'adamw' }, 2],
  ['clbo', { studentStart: 'restart', momentumAcrossRounds: 'reset', epochMode: 'k-steps', teacherBn: 'averaged' }, 2],
  ['clbo', { studentStart: 'restart', momentumAcrossRounds: 'reset', optimizer: 'adam', teacherBn: 'student' }, 2],
  ['clbo', { teacherRule: 'ema' }, 2],
  ['clbo', { proxMode: 'decoupled', loss: 'vicreg', nonFinite: 'skip', predictor: true }, 2],
  ['clbo', { prox: false, lookahead: 1, tauSchedule: 'constant' }, 1],
  ['seed', {}, 1],
  ['s2bnn', { strategy: 'both' }, 1],
  ['s2bnn', { teacher: undefined, coTrained: 'resnet8', coTrainedLr: 0.01 }, 1],
  ['simclr-v2', {}, 1],
  ['supervised', {}, 1],
  ['dino', { teacherWarmup: 3, teacherTemperatureStart: 0.02, optimizer: 'adamw', freezeLast: 2 }, 2],
  ['dino', { teacherWarmup: 3, teacherTemperatureStart: 0.02, freezeLast: 0 }, 1],
] as const;

describe('steps that are replayed are the steps that are computed, bit for bit', () => {
  for (const [method, settings, kinds] of cases) {
    test(`${method} ${JSON.stringify(settings)}`, async () => {
      const { replays, steps } = await compare(method, { ...changing, ...settings });
      const [gradients, ...updates] = replays;
      assert.equal(gradients, steps - 3);
      assert.equal(updates.length, kinds);
      const replayed = updates.reduce((sum, count) => sum + count, 0);
      assert.ok(updates.every(Boolean) && replayed > steps - 3 - kinds, `${replays} of ${steps}`);
    });
  }
});

describe("numbers in the device's memory change last bits alone", () => {
  // Not Adam: it makes whole steps of gradients that rounding alone keeps from 0. It is compared by
  // itself, with the other optimizers.
  const plain = cases.filter(([, settings]) => !('optimizer' in settings && settings.optimizer.startsWith('adam')));
  const some = plain.filter(([method]) => ['byol', 'moco', 'clbo', 'dino'].includes(method));
  for (const [method, settings] of some) {
    test(`${method} ${JSON.stringify(settings)}`, async () => {
      const [here, there] = [
        newRun(method, { ...changing, ...settings }),
        newRun(method, { ...changing, ...settings }),
      ];
      const losses = async (run: Run) => (await reports(run, 4)).map(({ loss }) => loss as number);
      assertClose(await losses(onDevice(there)), await losses(here), { rtol: 1e-4, label: 'loss' });
      assertSame(there, here, { rtol: 1e-3, atol: 1e-4 });
    });
  }
});

test('a run that replays goes on from its checkpoint with the same bits', async () => {
  const settings = { ...changing, optimizer: 'adamw' };
  const [whole, first] = [newRun('clbo', settings), newRun('clbo', settings)];
  await reports(planned(whole, { capture: stand(whole).capture }));
  await reports(planned(first, { capture: stand(first).capture }), 9);
  const second = newRun('clbo', settings);
  handOver(first, second, 9);
  await reports(planned(second, { capture: stand(second).capture, startStep: 9 }));
  assert.equal(stateOf(second), stateOf(whole));
});

test('a run that replays leaves no tensors', async () => {
  const run = newRun('clbo', changing);
  await reports(run, 1); // afterwards parameters have gradients
  const before = liveCount();
  await reports(planned(run, { capture: stand(run).capture }));
  for (const { parameters } of run.plan.optimizer.groups) for (const x of parameters) x.grad = null;
  assert.equal(liveCount(), before);
});

describe('work that reads the numbers of the step itself', () => {
  test('as a loss, is never captured, nor is what follows it', async () => {
    const looking = newRun('simclr', {});
    const graph = stand(looking);
    const method: Method = {
      ...looking.method,
      loss: (views, ctx) => {
        assert.ok(ctx.info.epoch > 0);
        return looking.method.loss(views, ctx);
      },
    };
    await reports({ ...planned(looking, { capture: graph.capture }), method });
    assert.deepEqual(graph.replays, []);
  });

  test('after the step, leaves the gradients to be replayed', async () => {
    const steps: number[] = [];
    const { replays, steps: count } = await compare('simclr', changing, {
      afterStep: ({ info }) => void steps.push(info.step),
    });
    assert.deepEqual(replays, [count - 3]);
    assert.equal(steps.length, 2 * count);
  });

  test('only later, ends the run with the way out', async () => {
    const run = newRun('simclr', {});
    let calls = 0;
    const method: Method = {
      ...run.method,
      afterStep(ctx) {
        calls += 1;
        if (calls > 3) assert.ok(ctx.info.lr);
      },
    };
    await assert.rejects(reports({ ...planned(run, { capture: stand(run).capture }), method }), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /^a step could not be captured: .*had not asked for before; set graph=off$/);
      return true;
    });
  });
});
