import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { liveCount, nn, noGrad, optim, type Tensor } from 'tandem-torch';
import { Batches, type ImageSet } from '../../src/images/index.js';
import type { Method } from '../../src/methods/index.js';
import { Branch, Head, mlpHead, newArchitecture } from '../../src/networks/index.js';
import type { StepInfo } from '../../src/step/index.js';
import { inPrecision } from '../../src/train/gradients.js';
import { DivergedError, stepsPerEpoch, train } from '../../src/train/loop.js';
import type { Plan } from '../../src/train/plan.js';
import { evaluationView, smallView } from '../../src/views/index.js';
import { handOver, type Run, reports, setUp, stateOf } from '../methods/running.js';
import { lossOf } from '../methods/stepping.js';
import { assertClose, elements, hash, noise, normal, TinyEncoder } from '../support.js';

const set = noise(26, { channels: 3, side: 8 });
const view = smallView({ size: 8 });

interface Options {
  readonly method?: object;
  readonly init?: number;
  readonly epochs?: number;
  readonly precision?: 'float32' | 'bfloat16';
  readonly memoryFormat?: 'contiguous' | 'channelsLast';
  readonly startStep?: number;
}

/** A small run of CLBO on noise, ready to start. */
function clboRun({ method, init = 1, startStep = 0, ...run }: Options = {}): Run {
  const heads = { projHidden: 8, projDim: 8, lambda0: 0.1 };
  const settings = { batch: 8, epochs: 2, seed: 3, lr: 0.05, schedule: 'step', ...heads, ...run, ...method };
  return setUp({ settings, init, startStep });
}

/** The least method: it pulls features to zero. */
function stub(changes: Partial<Method> = {}): Method {
  const student = new Branch(new TinyEncoder(3 * 8 * 8, 4), new Head(mlpHead(4, 1, 4, 4)));
  return {
    name: 'stub',
    student,
    result: 'student',
    views: [view],
    rounds: { passes: 1, repeats: 1 },
    loss: ([x]) =>
      student
        .forward(x as Tensor)
        .square()
        .mean(),
    ...changes,
  };
}

function planOf(method: Method, changes: Partial<Plan> = {}): Plan {
  const optimizer = new optim.SGD(method.student.parameters(), { lr: 0.01, momentum: 0.9 });
  const rest = { epochs: 2, seed: 1, device: 'cpu', precision: 'float32', memoryFormat: 'contiguous' } as const;
  return { lr: (step) => 0.01 * (step + 1), optimizer, readLossEvery: 1, ...rest, ...changes };
}

describe('determinism', () => {
  for (const [name, method, steps] of [
    ['K steps on each batch, K=3', { epochMode: 'k-steps', lookahead: 3, teacherBn: 'averaged' }, 18],
    ['one pass, three steps an epoch', { epochMode: 'one-pass', studentStart: 'restart', predictor: true }, 6],
  ] as const) {
    test(`${name}: going on from a checkpoint at any step gives the bits of the whole run`, async () => {
      const whole = clboRun({ method });
      assert.equal((await reports(whole)).length, steps);
      for (const stop of [1, 4, 5]) {
        const first = clboRun({ method });
        await reports(first, stop);
        const second = clboRun({ method, init: 99, startStep: stop });
        handOver(first, second, stop);
        const rest = await reports(second);
        assert.equal(rest[0]?.step, stop + 1);
        assert.equal(rest.length, steps - stop);
        assert.equal(stateOf(second), stateOf(whole), `from step ${stop}`);
      }
    });
  }

  test('drop path too: a transformer goes on from a checkpoint as if it had never stopped', async () => {
    const architecture = newArchitecture('vit-micro', { depth: 2, patch: 4 }, { size: 8, channels: 3 });
    const heads = { projHidden: 8, projDim: 8, predHidden: 8, bank: 16 };
    const network = { backbone: 'vit-micro', depth: 2, dropPath: 0.5, optimizer: 'adamw', lr: 0.001 };
    const settings = { method: 'moby', batch: 8, epochs: 2, seed: 3, ...heads, ...network };
    const run = (changes: object = {}) => setUp({ settings, architecture, ...changes });
    const whole = run();
    const losses = (await reports(whole)).map(({ loss }) => loss);
    const first = run();
    await reports(first, 2);
    const second = run({ init: 99, startStep: 2 });
    handOver(first, second, 2);
    assert.deepEqual(
      (await reports(second)).map(({ loss }) => loss),
      losses.slice(2),
    );
    assert.equal(stateOf(second), stateOf(whole));
    const without = await reports(run({ settings: { ...settings, dropPath: 0 } }));
    assert.notEqual(without[0]?.loss, losses[0]);
  });

  test('the memory format changes rounding only', async () => {
    const [a, b] = [clboRun({ epochs: 1 }), clboRun({ epochs: 1, memoryFormat: 'channelsLast' })];
    const losses = [];
    for (const run of [a, b]) losses.push((await reports(run, 2)).map(({ loss }) => loss as number));
    assertClose(losses[0] as number[], losses[1] as number[], { rtol: 1e-4 });
  });
});

describe('a step', () => {
  test('its order: loss, gradients cleared, backward, beforeStep, optimizer, afterStep', async () => {
    const log: string[] = [];
    const method = stub();
    const parameters = () => hash(method.student.parameters());
    const gradients = () => method.student.parameters().map((x) => (x.grad ? hash([x.grad]) : 'none'));
    let start = parameters();
    class Watched extends optim.SGD {
      override zeroGrad(): void {
        log.push('zeroGrad');
        super.zeroGrad();
        assert.ok(gradients().every((x) => x === 'none'));
      }
      override step(): void {
        log.push(`step ${this.groups[0]?.lr}`);
        assert.equal(parameters(), start);
        super.step();
        assert.notEqual(parameters(), start);
        start = parameters();
      }
    }
    const infos: StepInfo[] = [];
    const watched: Method = {
      ...method,
      loss(views, ctx) {
        log.push('loss');
        return lossOf(method, views, ctx);
      },
      beforeStep({ info }) {
        log.push('beforeStep');
        infos.push(info);
        assert.ok(gradients().every((x) => x !== 'none'));
        assert.equal(parameters(), start);
      },
      afterStep({ info, resetMomentum }) {
        log.push('afterStep');
        assert.deepEqual(info, infos.at(-1));
        assert.equal(parameters(), start);
        if (info.step === 1) resetMomentum();
      },
    };
    const optimizer = new Watched(method.student.parameters(), { lr: 1, momentum: 0.9 });
    const batches = new Batches(set, { batch: 8, seed: 1 });
    const all = await reports({ method: watched, batches, plan: planOf(method, { optimizer }) }, 2);
    const order = (lr: number) => ['loss', 'zeroGrad', 'beforeStep', `step ${lr}`, 'afterStep'];
    assert.deepEqual(log, [...order(0.01), ...order(0.02)]);
    assert.deepEqual(infos, [
      { step: 0, taken: 0, steps: 6, epoch: 1, epochs: 2, lr: 0.01, seed: 1 },
      { step: 1, taken: 1, steps: 6, epoch: 1, epochs: 2, lr: 0.02, seed: 1 },
    ]);
    assert.deepEqual(
      all.map(({ step, lr }) => [step, lr]),
      [
        [1, 0.01],
        [2, 0.02],
      ],
    );
    const momenta = Object.values(optimizer.stateDict()).flatMap(elements);
    assert.ok(momenta.every((x) => x === 0));
  });

  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
    test(`a loss of ${bad} ends the run before any parameter changes`, async () => {
      const method = stub();
      let calls = 0;
      const ill: Method = {
        ...method,
        loss(views, ctx) {
          calls += 1;
          const loss = lossOf(method, views, ctx);
          return calls === 3 ? loss.mul(bad) : loss;
        },
      };
      const plan = planOf(method);
      const batches = new Batches(set, { batch: 8, seed: 1 });
      const before = liveCount();
      let held = '';
      const run = async () => {
        for await (const _ of train(ill, batches, plan)) {
          held = hash([...method.student.parameters(), ...Object.values(plan.optimizer.stateDict())]);
        }
      };
      await assert.rejects(run, (error: DivergedError) => {
        assert.ok(error instanceof DivergedError);
        assert.equal(error.step, 3);
        assert.equal(error.message, `the loss became ${bad} at step 3`);
        return true;
      });
      assert.equal(hash([...method.student.parameters(), ...Object.values(plan.optimizer.stateDict())]), held);
      assert.ok(liveCount() <= before);
    });
  }

  test('the loss is read when it is due, and at the end of every epoch', async () => {
    const method = stub();
    const batches = new Batches(set, { batch: 5, seed: 1 });
    const all = await reports({ method, batches, plan: planOf(method, { readLossEvery: 4 }) });
    assert.deepEqual(
      all.map(({ loss }) => loss !== undefined),
      [true, false, false, false, true, false, false, false, true, true],
    );
    assert.deepEqual(
      all.flatMap(({ step, endsEpoch }) => (endsEpoch ? [step] : [])),
      [5, 10],
    );
  });

  test('live tensors are flat over many steps, and none stays when the consumer stops', async () => {
    for (const method of [{ predictor: true, teacherBn: 'student', proxMode: 'decoupled' }, { loss: 'vicreg' }]) {
      const run = clboRun({ method, epochs: 3 });
      const idle = liveCount();
      const counts: number[] = [];
      for await (const report of train(run.method, run.batches, run.plan)) {
        counts.push(liveCount());
        if (report.step === 15) break;
      }
      assert.equal(counts.length, 15);
      assert.deepEqual(new Set(counts), new Set([idle]));
      assert.equal(liveCount(), idle);
    }
  });
});

describe('epochs', () => {
  /** Which images the batches hold, read off views of images that are each of one gray. */
  const watch = async (rounds: Method['rounds'], epochs = 2) => {
    const side = 4;
    const pixels = Uint8Array.from({ length: 10 * side * side }, (_, i) => 20 * Math.floor(i / side ** 2));
    const grays: ImageSet = { name: 'grays', count: 10, channels: 1, height: side, width: side, pixels };
    const plain = evaluationView({ size: side, channels: 1, mean: [0], std: [1] });
    const student = new Branch(new TinyEncoder(side ** 2, 2), new Head(mlpHead(2, 1, 2, 2)));
    const seen: number[][] = [];
    const method = stub({
      student,
      rounds,
      views: [plain],
      loss([x]) {
        seen.push(elements((x as Tensor).mean([1, 2, 3])).map((gray) => Math.round((gray * 255) / 20)));
        return student
          .forward(x as Tensor)
          .square()
          .mean();
      },
    });
    const batches = new Batches(grays, { batch: 3, seed: 5 });
    const all = await reports({ method, batches, plan: planOf(method, { epochs }) });
    return { seen, all, perEpoch: stepsPerEpoch(method, batches) };
  };

  test('passes: each is over all images in an order of its own, and an epoch has as many as the rounds say', async () => {
    const { seen, all, perEpoch } = await watch({ passes: 2, repeats: 1 });
    assert.equal(perEpoch, 6);
    assert.equal(all.length, 12);
    const passes = [0, 3, 6, 9].map((from) => seen.slice(from, from + 3).flat());
    for (const pass of passes) assert.equal(new Set(pass).size, 9);
    assert.equal(new Set(passes.map(String)).size, 4);
    assert.deepEqual(
      all.map(({ epoch }) => epoch),
      [1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2],
    );
    assert.deepEqual(
      all.map(({ endsEpoch }) => endsEpoch),
      all.map(({ step }) => step % 6 === 0),
    );
  });

  test('repeats: the same images again, and an epoch is one pass', async () => {
    const { seen, all, perEpoch } = await watch({ passes: 1, repeats: 3 });
    assert.equal(perEpoch, 9);
    assert.equal(all.length, 18);
    for (let step = 0; step < 18; step += 3) {
      assert.deepEqual(seen[step + 1], seen[step]);
      assert.deepEqual(seen[step + 2], seen[step]);
    }
    assert.equal(new Set([0, 3, 6].flatMap((step) => seen[step] as number[])).size, 9);
    assert.equal(all.at(9)?.epoch, 2);
  });

  test('repeats have new views of the same images; the two views of an image differ', async () => {
    const hashes: string[] = [];
    const method = stub({ rounds: { passes: 1, repeats: 2 }, views: [view, view] });
    const watched: Method = {
      ...method,
      loss(views, ctx) {
        for (const x of views) hashes.push(hash([x]));
        return lossOf(method, views, ctx);
      },
    };
    await reports({ method: watched, batches: new Batches(set, { batch: 8, seed: 1 }), plan: planOf(method) });
    assert.equal(hashes.length, 2 * 2 * 3 * 2);
    assert.equal(new Set(hashes).size, hashes.length);
  });
});

describe('bfloat16', () => {
  test('products are bfloat16, parameters, teacher and loss stay float32, and the losses are near those of float32', async () => {
    const runs = [clboRun({ epochs: 1 }), clboRun({ epochs: 1, precision: 'bfloat16' })] as const;
    const losses: number[][] = [];
    for (const run of runs) losses.push((await reports(run)).map(({ loss }) => loss as number));
    const [wide, half] = losses as [number[], number[]];
    assertClose(half[0] as number, wide[0] as number, { rtol: 0.03 });
    assert.notEqual(half[0], wide[0]);
    assert.ok(half.every(Number.isFinite));
    for (const branch of [runs[1].method.student, runs[1].method.teacher as Branch]) {
      for (const x of branch.parameters()) assert.equal(x.dtype, 'float32');
    }
    assert.notEqual(stateOf(runs[1]), stateOf(clboRun({ epochs: 1, precision: 'bfloat16' })));
    const { student } = runs[1].method;
    const dtypes = (['float32', 'bfloat16'] as const).map(
      (precision) =>
        inPrecision({ precision, device: 'cpu' }, () =>
          noGrad(() => student.forward(normal([4, 3, 8, 8], 1, 'float32'))),
        ).dtype,
    );
    assert.deepEqual(dtypes, ['float32', 'bfloat16']);
  });

  test('a step sees the parameters that the step before has left, not their copy of then', async () => {
    const weights: number[] = [];
    const student = new Branch(new TinyEncoder(3 * 8 * 8, 4), new Head(mlpHead(4, 1, 4, 4)));
    const linear = new nn.Linear(1, 1, { bias: false });
    const method = stub({
      student,
      loss([x]) {
        const one = (x as Tensor).mean().mul(0).add(1).reshape([1, 1]);
        weights.push(linear.forward(one).item());
        return student
          .forward(x as Tensor)
          .square()
          .mean();
      },
      afterStep: () => noGrad(() => void linear.weight.fill_(weights.length)),
    });
    const batches = new Batches(set, { batch: 8, seed: 1 });
    await reports({ method, batches, plan: planOf(method, { precision: 'bfloat16' }) }, 4);
    assert.deepEqual(weights.slice(1), [1, 2, 3]);
  });
});
