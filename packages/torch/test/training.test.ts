import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { liveCount, manualSeed, nn, noGrad, ones, optim, randn, scope, type Tensor, tensor } from '../src/index.js';
import { assertClose, decode, device, fixture, load, type Stored } from './support.js';

interface LossCase {
  loss: string;
  reduction: string;
  options: Record<string, number | Stored>;
  x: Stored;
  target: Stored;
  value: Stored;
  gradient: Stored;
}

interface Recorded {
  losses: LossCase[];
  schedules: { schedule: string; args: unknown[]; values: (number | string)[] }[];
  plateau: [{ options: object; observed: number[]; values: number[] }];
}

const recorded = fixture<Recorded>('training');
const camel = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

describe('losses have the values and gradients of PyTorch', () => {
  for (const one of recorded.losses) {
    const names = Object.keys(one.options).join(', ');
    test(`${one.loss} of [${one.x.shape}], ${one.reduction}${names && `, ${names}`}`, () =>
      scope(() => {
        const functions = nn.losses as unknown as Record<string, (x: Tensor, t: Tensor, options: object) => Tensor>;
        const options = Object.entries(one.options).map(([key, value]) => [
          camel(key),
          typeof value === 'object' ? load(value) : value,
        ]);
        const reduction = one.reduction === 'batchmean' ? {} : { reduction: one.reduction };
        const x = load(one.x, { requiresGrad: true });
        const given = { ...Object.fromEntries(options), ...reduction };
        const y = functions[one.loss]?.(x, load(one.target), given) as Tensor;
        assertClose(y, one.value, 'value');
        y.sum().backward();
        assertClose(x.grad as Tensor, one.gradient, 'gradient');
      }));
  }

  test('a reduction that there is not is refused', () =>
    scope(() => {
      const x = ones([2, 2], { device });
      assert.throws(
        () => nn.losses.meanSquare(x, x, { reduction: 'max' as 'sum' }),
        /must be mean, sum or none, got 'max'/,
      );
    }));
});

describe('schedules have the rates of PyTorch', () => {
  for (const { schedule, args, values } of recorded.schedules) {
    test(schedule, () => {
      const make = optim.schedules as unknown as Record<string, (...args: unknown[]) => optim.schedules.Schedule>;
      const at = make[schedule]?.(...args) as optim.schedules.Schedule;
      values.forEach((value, t) => {
        assert.ok(Math.abs(at(t) - decode(value)) < 1e-12, `step ${t}: ${at(t)}, PyTorch has ${value}`);
      });
    });
  }

  test('a plateau, also from the middle on', () => {
    const [{ options, observed, values }] = recorded.plateau;
    let plateau = new optim.schedules.Plateau(0.3, options);
    observed.forEach((loss, i) => {
      if (i === 7) {
        const saved = JSON.stringify(plateau.state());
        plateau = new optim.schedules.Plateau(1, options);
        plateau.load(JSON.parse(saved));
      }
      assert.ok(Math.abs(plateau.observe(loss) - (values[i] as number)) < 1e-12, `report ${i}: ${plateau.lr}`);
    });
    assert.throws(() => new optim.schedules.Plateau(1, { factor: 1 }), /factor must lie in \(0, 1\), got 1/);
  });

  test('a warm-up, and one after another, each from its own beginning', () => {
    const { constant, linear, sequence, stepwise, warmup } = optim.schedules;
    assert.deepEqual([0, 1, 2, 3, 4, 5].map(warmup(4, linear(1, 0, 2))), [0.25, 0.5, 0.75, 1, 1, 0.5]);
    const three = sequence(
      { schedule: constant(3), steps: 2 },
      { schedule: linear(2, 1, 2), steps: 2 },
      { schedule: stepwise(1, { every: 2 }) },
    );
    assert.deepEqual([0, 1, 2, 3, 4, 5, 6].map(three), [3, 3, 2, 1.5, 1, 1, 0.1]);
    const ends = sequence({ schedule: constant(3), steps: 1 }, { schedule: linear(2, 0, 4), steps: 2 });
    assert.deepEqual([0, 1, 2, 3, 4].map(ends), [3, 2, 1.5, 1, 0.5]);
    assert.throws(() => sequence(), /there are no schedules/);
  });
});

test('attention looks at other inputs and passes by what the mask hides', () =>
  scope(() => {
    manualSeed(1);
    const attention = new nn.MultiheadAttention(4, 2).to({ dtype: 'float64' });
    const [x, key] = [randn([2, 3, 4], { dtype: 'float64' }), randn([2, 5, 4], { dtype: 'float64' })];
    const near = (a: Tensor, b: Tensor) => assert.ok(a.sub(b).abs().max().item() < 1e-12);
    noGrad(() => {
      // Hidden keys might as well not be there.
      const mask = tensor([0, 0, 0, -Number.MAX_VALUE, -Number.MAX_VALUE], { dtype: 'float64' });
      near(attention.forward(x, { key, mask }), attention.forward(x, { key: key.narrow(1, 0, 3) }));
      // Equal keys: the mean of the values.
      const same = key.narrow(1, 0, 1).expand([2, 5, 4]);
      const values = attention.forward(x, { key: same, value: key });
      near(values, attention.forward(x, { key: same, value: key.mean(1, { keepdim: true }).expand([2, 5, 4]) }));
    });
    attention.dispose();
    assert.throws(() => new nn.MultiheadAttention(6, 4), /6 features do not divide into 4 heads/);
  }));

test('dropout keeps the mean, is another each time, and rests in evaluation', () =>
  scope(() => {
    manualSeed(2);
    const layer = new nn.Dropout(0.25);
    const x = ones([100_000]);
    const y = layer.forward(x);
    const zeros = y.eq(0).to('float32').mean().item();
    assert.ok(Math.abs(zeros - 0.25) < 0.01, `${zeros}`); // seven standard errors
    assert.ok(Math.abs(y.mean().item() - 1) < 0.015);
    assert.ok(!layer.forward(x).eq(y).all().item());
    assert.equal(layer.eval().forward(x), x);
    assert.throws(() => new nn.Dropout(1.5), /p must lie in \[0, 1\], got 1.5/);
  }));

test('new weights begin as in PyTorch: bounds, deviations, zeros', () => {
  const before = liveCount();
  manualSeed(4);
  const layers = {
    attention: new nn.MultiheadAttention(64, 4),
    embedding: new nn.Embedding(500, 20, { paddingIndex: 3 }),
    transposed: new nn.ConvTranspose2d(8, 16, 3, { groups: 2 }),
  };
  scope(() =>
    noGrad(() => {
      const { attention, embedding, transposed } = layers;
      const most = (x: Tensor) => x.abs().max().item();
      const within = (x: Tensor, bound: number) => assert.ok(most(x) <= bound && most(x) > 0.97 * bound, `${most(x)}`);
      within(attention.inProjWeight, Math.sqrt(6 / (64 + 192)));
      within(attention.outProj.weight, 1 / 8);
      assert.equal(most(attention.inProjBias as Tensor), 0);
      assert.equal(most(attention.outProj.bias as Tensor), 0);
      within(transposed.weight, 1 / Math.sqrt(8 * 9));
      assert.equal(most(embedding.weight.narrow(0, 3, 1)), 0);
      assert.ok(Math.abs(embedding.weight.std().item() - 1) < 0.03);
    }),
  );
  for (const layer of Object.values(layers)) layer.dispose();
  assert.equal(liveCount(), before);
  assert.throws(() => new nn.Embedding(4, 2, { paddingIndex: 4 }), /paddingIndex must be a word from 0 to 3, got 4/);
  assert.throws(() => new nn.ConvTranspose2d(3, 2, 3, { groups: 2 }), /must divide into 2 groups/);
  assert.throws(() => new nn.GroupNorm(3, 4), /4 channels do not divide into 3 groups/);
});
