import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { nn, noGrad, ones, scope, Tensor, tensor, zeros } from 'tandem-torch';
import { clipGradients } from '../../src/train/clip.js';
import { reports, setUp, stateOf } from '../methods/running.js';
import { assertClose, elements } from '../support.js';

/** Parameters with gradients of length 5, 1 and 0, one without any; together sqrt(26) long. */
function parameters(): Tensor[] {
  const gradients = [tensor([3, 0, 0, -4], { shape: [2, 2] }), tensor([0.6, -0.8]), zeros([3])];
  const all = gradients.map((gradient) => Object.assign(nn.parameter(ones(gradient.shape)), { grad: gradient }));
  return [...all, nn.parameter(ones([2]))];
}

const gradientsOf = (some: readonly Tensor[]) => some.map(({ grad }) => (grad ? elements(grad) : null));

/** torch 1.13.1: clip_grad_norm_ of the four above, and of each alone, to 3 and to 0.5. */
const pytorch = {
  global: {
    3: [[1.765044928, 0, 0, -2.353393316], [0.353009015, -0.470678657], [0, 0, 0], null],
    0.5: [[0.294174135, 0, 0, -0.392232209], [0.058834832, -0.07844644], [0, 0, 0], null],
  },
  tensor: {
    3: [[1.799999714, 0, 0, -2.399999619], [0.600000024, -0.800000012], [0, 0, 0], null],
    0.5: [[0.299999952, 0, 0, -0.399999917], [0.299999714, -0.399999619], [0, 0, 0], null],
  },
};

test('a network that learns beside the student is clipped by itself', async () => {
  const settings = {
    method: 's2bnn',
    strategy: 'distillation',
    coTrained: 'resnet8',
    coTrainedWidth: 4,
    projDim: 8,
    bank: 16,
  };
  const plain = { optimizer: 'sgd', lr: 1, momentum: 0, weightDecay: 0, decay: 'constant', clip: 1e-3, bnSplits: 2 };
  const run = setUp({ settings: { ...settings, ...plain, batch: 8, epochs: 1 } });
  const networks = [run.method.student, run.method.auxiliary?.coTrained?.branch as nn.Module];
  const before = networks.map((network) => network.parameters().map(elements));
  await reports(run, 1);
  for (const [i, network] of networks.entries()) {
    const moved = network
      .parameters()
      .flatMap((x, j) => elements(x).map((value, k) => value - (before[i]?.[j]?.[k] as number)));
    assertClose(Math.hypot(...moved), 1e-3, { rtol: 1e-2 });
  }
});

describe('clipped gradients', () => {
  for (const by of ['global', 'tensor'] as const) {
    for (const most of [3, 0.5] as const) {
      test(`by ${by}, at most ${most}: as PyTorch clips`, () =>
        scope(() => {
          const all = parameters();
          clipGradients(all, { most, by });
          gradientsOf(all).forEach((found, i) => {
            const expected = pytorch[by][most][i];
            if (expected) assertClose(found as number[], expected, { rtol: 1e-6 });
            else assert.equal(found, null);
          });
        }));
    }
  }

  test('by tensor no gradient is longer, and short ones stay bit for bit; by all together no sum is', () =>
    scope(() => {
      const length = (grad: Tensor | null) => grad?.norm().item() ?? 0;
      const [each, together] = [parameters(), parameters()];
      clipGradients(each, { most: 3, by: 'tensor' });
      assert.ok(each.every(({ grad }) => length(grad) <= 3));
      assert.deepEqual(gradientsOf(each).slice(1), gradientsOf(parameters()).slice(1));
      clipGradients(together, { most: 3, by: 'global' });
      assert.ok(Math.hypot(...together.map(({ grad }) => length(grad))) <= 3);
      assert.notDeepEqual(gradientsOf(together), gradientsOf(each));
      const loose = parameters();
      clipGradients(loose, { most: 5.2, by: 'global' });
      assert.deepEqual(gradientsOf(loose), gradientsOf(parameters()));
    }));

  test('read no element, so that no GPU is waited for', () =>
    scope(() => {
      const readers = ['item', 'data', 'bytes', 'toArray'] as const;
      const originals = readers.map((reader) => Tensor.prototype[reader]);
      const all = parameters();
      const set = (reader: string, value: unknown) =>
        Object.defineProperty(Tensor.prototype, reader, { configurable: true, writable: true, value });
      const refuse = () => assert.fail('an element was read');
      for (const reader of readers) set(reader, refuse);
      try {
        for (const by of ['global', 'tensor'] as const) clipGradients(all, { most: 0.1, by });
      } finally {
        readers.forEach((reader, i) => void set(reader, originals[i]));
      }
    }));
});

describe('a run', () => {
  const run = (settings: object) => setUp({ settings: { method: 'byol', batch: 8, epochs: 2, ...settings } });

  test('clips what its optimizer gets, a loose bound changes no bit', async () => {
    const plain = run({});
    await reports(plain);
    for (const clipBy of ['global', 'tensor']) {
      const loose = run({ clip: 1e6, clipBy });
      await reports(loose);
      assert.equal(stateOf(loose), stateOf(plain));
      const tight = run({ clip: 1e-3, clipBy });
      await reports(tight, 1);
      const norms = tight.method.student.parameters().map(({ grad }) => grad?.norm().item() ?? 0);
      const longest = clipBy === 'global' ? Math.hypot(...norms) : Math.max(...norms);
      assertClose(longest, 1e-3, { rtol: 0.01 });
    }
  });

  test('weightDecayEnd: weight decay goes there by half a cosine, step by step', async () => {
    const still = run({ lr: 1e-12, decay: 'constant', optimizer: 'adamw', weightDecay: 0.04, weightDecayEnd: 0.4 });
    const seen: number[] = [];
    const { optimizer } = still.plan;
    const step = optimizer.step.bind(optimizer);
    optimizer.step = (schedule) => {
      step(schedule);
      seen.push(optimizer.groups[0]?.weightDecay as number);
    };
    const steps = (await reports(still)).length;
    const expected = seen.map((_, k) => 0.4 - (0.36 * (1 + Math.cos((Math.PI * k) / steps))) / 2);
    assert.equal(seen.length, steps);
    assertClose(seen, expected, { rtol: 1e-12 });
  });

  test('what the schedules say does not hang on where it was begun', () => {
    const { plan } = run({ decay: 'linear', lrEnd: 0.01, weightDecayEnd: 0.1, schedule: 'step' });
    noGrad(() => plan.optimizer.step({ lr: plan.lr(3), weightDecay: plan.weightDecay?.(3) ?? 0 }));
    assertClose(plan.lr(3), 0.01 + 0.05 * 0.5, { rtol: 1e-12 });
    assertClose(plan.weightDecay?.(3) as number, 5e-4 + 0.0995 * 0.5, { rtol: 1e-12 });
  });
});
