import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cat, manualSeed, noGrad, optim, scope, type Tensor, zeros } from 'tandem-torch';
import { cropDistillationLoss, distillationLoss, sumOfTerms } from '../../src/losses/index.js';
import { type Method, methods } from '../../src/methods/index.js';
import { temperatureSchedule } from '../../src/methods/options/prototypes.js';
import { DropPath, type PrototypeHead, ViT } from '../../src/networks/index.js';
import { RunningMean } from '../../src/step/index.js';
import { assertClose, elements, hash, normal } from '../support.js';
import { lossOf, Stepping, stepContext, teacherOf, view } from './stepping.js';

const small = { projHidden: 8, projDim: 5, prototypes: 11 };
const vit = { width: 8, depth: 2, heads: 2, patch: 2, size: 4, channels: 3 } as const;

/** On a tiny transformer, which takes crops of several sizes and in which no image sees another. */
function tiny(options: object = {}, dropPath = 0): Method {
  manualSeed(1);
  return methods.dino
    .configure({ ...small, ...options })
    .build(() => new ViT({ ...vit, dropPath }).to({ dtype: 'float64' }), [view, view]);
}

/** Two crops of 4 pixels and the others of 2. */
function crops(count: number, seed = 1): readonly [Tensor, Tensor, ...Tensor[]] {
  const side = (i: number) => (i < 2 ? 4 : 2);
  return Array.from({ length: count }, (_, i) => normal([6, 3, side(i), side(i)], seed + i)) as unknown as [
    Tensor,
    Tensor,
  ];
}

const headOf = ({ student }: Method) => student.head as PrototypeHead;
const centreOf = ({ state }: Method) => state?.centre as Tensor;
const scoresOf = (method: Method, x: Tensor) => noGrad(() => teacherOf(method).forward(x));

describe('the centre', () => {
  test('n updates with a constant mean leave mean (1 - 0.9^n)', () =>
    scope(() => {
      const centre = new RunningMean(3, 0.9, { dtype: 'float64' });
      const rows = normal([5, 3], 1);
      const mean = elements(rows.mean([0]));
      for (const n of [1, 2, 3, 4]) {
        centre.update(rows);
        assertClose(
          centre.mean,
          mean.map((x) => x * (1 - 0.9 ** n)),
          { rtol: 1e-12 },
        );
      }
      centre.mean.dispose();
    }));

  test('after a step it is 0.1 times the mean of what the teacher said, and that step did not use it', () =>
    scope(() => {
      const method = tiny();
      const views = crops(4);
      const raw = scoresOf(method, cat([views[0], views[1]]));
      const found = views.map((x) => method.student.forward(x));
      const expected = sumOfTerms(cropDistillationLoss(found, raw.chunk(2), { student: 0.1, teacher: 0.04 }));
      const ctx = stepContext();
      assertClose(lossOf(method, views, ctx), expected, { rtol: 1e-12 });
      assert.ok(elements(centreOf(method)).every((x) => x === 0));
      method.afterStep?.(ctx);
      assertClose(
        centreOf(method),
        elements(raw.mean([0])).map((x) => 0.1 * x),
        { rtol: 1e-12 },
      );
      assert.ok(Math.abs(lossOf(method, views).item() - expected.item()) > 1e-6, 'the next step uses it');
    }));

  test('one more everywhere changes nothing, one more in a place does', () =>
    scope(() => {
      const method = tiny();
      const views = crops(3);
      noGrad(() => centreOf(method).copy_(normal([1, 11], 5).mul(0.05)));
      const before = lossOf(method, views).item();
      noGrad(() => centreOf(method).add_(0.7));
      assertClose(lossOf(method, views), before, { rtol: 1e-10 });
      noGrad(() => centreOf(method).narrow(1, 0, 1).sub_(0.7));
      assert.ok(Math.abs(lossOf(method, views).item() - before) > 1e-3);
    }));
});

describe('the pairs', () => {
  const temperatures = { student: 0.1, teacher: 0.05 };
  const scores = (count: number) => Array.from({ length: count }, (_, i) => normal([4, 7], 10 + i).mul(0.2));

  for (const count of [2, 3, 8]) {
    test(`of ${count} crops: the mean over 2 x ${count} - 2 pairs, none of a crop with itself`, () =>
      scope(() => {
        const [found, targets] = [scores(count), scores(20).slice(10, 12)];
        const pairs = targets.flatMap((t, j) =>
          found.flatMap((s, i) => (i === j ? [] : [distillationLoss(s, t, temperatures)])),
        );
        assert.equal(pairs.length, 2 * count - 2);
        const terms = cropDistillationLoss(found, targets, temperatures);
        for (const key of ['divergence', 'teacherEntropy'] as const) {
          const expected = pairs.reduce((sum, pair) => sum + pair[key].item(), 0) / pairs.length;
          assertClose(terms[key], expected, { rtol: 1e-12 });
        }
      }));
  }

  test('of two crops, what the student says of one never meets the teacher of the same', () =>
    scope(() => {
      const [a, b] = scores(2) as [Tensor, Tensor];
      const [t, u] = scores(6).slice(4) as [Tensor, Tensor];
      const terms = cropDistillationLoss([a, b], [t, u], temperatures);
      const [ab, ba] = [distillationLoss(b, t, temperatures), distillationLoss(a, u, temperatures)];
      assertClose(sumOfTerms(terms), (sumOfTerms(ab).item() + sumOfTerms(ba).item()) / 2, { rtol: 1e-12 });
    }));

  test('equal scores of the teacher: its entropy is ln(prototypes)', () =>
    scope(() => {
      const equal = [zeros([4, 7], { dtype: 'float64' }), zeros([4, 7], { dtype: 'float64' })];
      assertClose(cropDistillationLoss(scores(5), equal, temperatures).teacherEntropy, Math.log(7), { rtol: 1e-14 });
    }));

  test('gradients reach every crop of the student, and no score of the teacher', () =>
    scope(() => {
      const [found, targets] = [scores(4), scores(2)];
      for (const x of [...found, ...targets]) x.requiresGrad = true;
      sumOfTerms(cropDistillationLoss(found, targets, temperatures)).backward();
      for (const x of found) assert.ok((x.grad as Tensor).abs().max().item() > 0);
      for (const x of targets) assert.equal(x.grad, null);
    }));
});

describe('the prototypes', () => {
  test('scores are within 1, and lengths of the directions change nothing', () =>
    scope(() => {
      const method = tiny();
      const views = crops(3);
      const all = noGrad(() => method.student.forwardAll(views));
      assert.ok(all.abs().max().item() <= 1 + 1e-6);
      const before = lossOf(method, views).item();
      for (const { head } of [method.student, teacherOf(method)]) {
        noGrad(() => (head as PrototypeHead).prototypes.weightV.mul_(normal([11, 1], 3).abs().add(0.1)));
      }
      assertClose(lossOf(method, views), before, { rtol: 1e-10 });
    }));

  for (const [name, make] of Object.entries({
    'AdamW with weight decay': (x: readonly Tensor[]) => new optim.AdamW(x, { lr: 0.01, weightDecay: 0.4 }),
    'SGD with momentum and weight decay': (x: readonly Tensor[]) =>
      new optim.SGD(x, { lr: 0.1, momentum: 0.9, weightDecay: 0.1 }),
  })) {
    test(`stand still in the first epoch, bit for bit, under ${name}; then they move`, () => {
      const method = tiny({ fixedGain: false, freezeLast: 1 });
      const optimizer = make(method.student.parameters());
      const { prototypes } = headOf(method);
      const state = () => [hash(prototypes.parameters()), hash(method.student.encoder.parameters())];
      const step = (epoch: number) =>
        scope(() => {
          optimizer.zeroGrad();
          const now = stepContext({ epoch });
          lossOf(method, crops(3), now).backward();
          method.beforeStep?.(now);
          optimizer.step();
          method.afterStep?.(now);
        });
      const [before, encoder] = state();
      for (let i = 0; i < 3; i++) step(1);
      assert.equal(state()[0], before);
      assert.notEqual(state()[1], encoder);
      step(2);
      assert.notEqual(state()[0], before);
    });
  }

  test('fixed lengths are no parameters, free ones are learned and followed', () => {
    assert.equal(headOf(tiny()).prototypes.parameters().length, 1);
    const free = tiny({ fixedGain: false, freezeLast: 0, eta: 0.5 });
    const gain = () => elements((teacherOf(free).head as PrototypeHead).prototypes.weightG);
    assert.ok(gain().every((x) => x === 1));
    const views = (step: number) => crops(3, 10 * step);
    new Stepping(free, { views }).take(2);
    assert.ok(gain().some((x) => x !== 1));
  });
});

describe('crops in one pass', () => {
  test('are what each by itself gives where images do not see each other', () =>
    scope(() => {
      const { student } = tiny();
      const views = crops(5);
      assertClose(student.forwardAll(views), cat(views.map((x) => student.forward(x))), { rtol: 1e-9, atol: 1e-12 });
    }));

  test('take the encoder once for each size, and the head once', () =>
    scope(() => {
      const { student } = tiny();
      const seen: string[] = [];
      for (const [name, part] of Object.entries({ encoder: student.encoder, head: student.head })) {
        const forward = part.forward.bind(part);
        part.forward = (x: Tensor) => {
          seen.push(`${name} ${x.shape[0]}`);
          return forward(x);
        };
      }
      student.forwardAll(crops(6));
      assert.deepEqual(seen, ['encoder 12', 'encoder 24', 'head 36']);
    }));

  test('the teacher sees the two large ones alone, without drop path', () =>
    scope(() => {
      const method = tiny({}, 0.5);
      const seen: string[] = [];
      const { encoder } = teacherOf(method);
      const forward = encoder.forward.bind(encoder);
      encoder.forward = (x: Tensor) => {
        seen.push(String(x.shape));
        return forward(x);
      };
      lossOf(method, crops(6));
      assert.deepEqual(seen, ['12,3,4,4']);
      const rates = (network: { modules(): object[] }) =>
        [...network.modules()].flatMap((part) => (part instanceof DropPath ? [part.rate] : []));
      assert.deepEqual(rates(teacherOf(method)), [0, 0]);
      assert.deepEqual(rates(method.student), [0, 0.5]);
    }));
});

describe("the teacher's temperature", () => {
  test('rises in a line whose ends are the first and the last epoch of the warm-up', () => {
    const schedule = temperatureSchedule({
      teacherTemperatureStart: 0.04,
      teacherTemperature: 0.07,
      teacherWarmup: 30,
    });
    assert.equal(schedule(1), 0.04);
    assertClose(schedule(16), 0.04 + (0.03 * 15) / 29, { rtol: 1e-14 });
    for (const epoch of [30, 31, 100]) assertClose(schedule(epoch), 0.07, { rtol: 1e-14 });
  });

  test('is the last without a warm-up, the first in one of a single epoch', () => {
    const of = (teacherWarmup: number) =>
      temperatureSchedule({ teacherTemperatureStart: 0.02, teacherTemperature: 0.05, teacherWarmup });
    assert.deepEqual([of(0)(1), of(1)(1), of(1)(2)], [0.05, 0.02, 0.05]);
  });
});

describe('the numbers', () => {
  const position = { step: 1, steps: 100, epoch: 1, epochs: 2 };

  test('eta, the temperature, and how many prototypes are in use: all where targets are even, one after a collapse', () => {
    const method = tiny({ eta: 0.9 });
    const even = scope(() => noGrad(() => method.state?.targets?.fill_(0.3)) && method.metrics?.(position));
    assertClose(even?.prototypesInUse as number, 11, { rtol: 1e-10 });
    assert.equal(even?.eta, 0.9);
    assert.equal(even?.teacherTemperature, 0.04);
    scope(() => noGrad(() => method.state?.targets?.zero_().narrow(1, 3, 1).fill_(0.01)));
    assertClose(method.metrics?.(position).prototypesInUse as number, 1, { rtol: 1e-8 });
  });

  test('follow the distributions that the teacher gave', () => {
    const method = tiny();
    const views = crops(2);
    scope(() => {
      const raw = scoresOf(method, cat([views[0], views[1]]));
      const expected = raw.div(0.04).softmax(1).mean([0]).mul(0.01);
      const ctx = stepContext();
      lossOf(method, views, ctx);
      method.afterStep?.(ctx);
      assertClose(method.state?.targets as Tensor, expected, { rtol: 1e-9 });
    });
  });
});

test('batch norm in the head goes before each GELU, and the teacher has statistics of its own', () => {
  const method = tiny({ projNorm: true });
  const names = method.student.head.namedBuffers().map(([name]) => name);
  assert.equal(names.filter((name) => name.endsWith('running_mean')).length, 2);
  // two crops alone would be the same for both at first
  new Stepping(method, { views: () => crops(4) }).take();
  const means = ({ head }: Method['student']) =>
    head.namedBuffers().flatMap(([name, x]) => (name.endsWith('running_mean') ? [hash([x])] : []));
  assert.notDeepEqual(means(method.student), means(teacherOf(method)));
});
