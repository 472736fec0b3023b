import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  affine,
  autocast,
  capabilities,
  type DType,
  exactGelu,
  grad,
  linear,
  linspace,
  manualSeed,
  noGrad,
  randn,
  scope,
  setThreads,
  type Tensor,
  tensor,
  threads,
} from '../src/index.js';
import { askChild } from './children.js';

const hasTiles = capabilities().tiles;

/** The largest difference, in parts of the largest number. */
const apart = (a: Tensor, b: Tensor) =>
  a.to('float64').sub(b.to('float64')).abs().max().item() / b.to('float64').abs().max().item();

const numbers = (x: Tensor) => Array.from(x.data(), Number);

function normal(dtype: DType, ...shape: number[]): Tensor {
  const x = randn(shape, { dtype: 'float64' }).to(dtype);
  x.requiresGrad = true;
  return x;
}

describe('affine and its gradients are those of linear in float64', () => {
  for (const [shape, outputs, hasBias] of [
    [[1, 32], 32, true],
    [[33, 45], 50, true],
    [[2, 17, 64], 96, false],
    [[3, 197, 384], 130, true],
    [[700, 1000], 33, true],
    [[5, 31], 40, true],
  ] as const) {
    test(`[${shape}] to ${outputs}${hasBias ? '' : ', without bias'}`, () =>
      scope(() => {
        manualSeed(outputs);
        const inputs = shape.at(-1) as number;
        const exact = [normal('float64', ...shape), normal('float64', outputs, inputs), normal('float64', outputs)];
        // The same numbers: those of float32.
        const given = exact.map((x) => leaf(x.detach().to('float32')));
        const wide = given.map((x) => leaf(x.detach().to('float64')));
        const direction = randn([...shape.slice(0, -1), outputs]);
        const all = (of: typeof affine, [x, w, b]: Tensor[], along: Tensor) => {
          const bias = hasBias ? (b as Tensor) : null;
          const y = of(x as Tensor, w as Tensor, { bias });
          const leaves = hasBias ? [x, w, b] : [x, w];
          return [y, ...grad([y], leaves as Tensor[], { gradOutputs: [along] })] as Tensor[];
        };
        const found = all(affine, given, direction);
        const right = all(linear, wide, direction.to('float64'));
        found.forEach((each, i) => {
          assert.ok(
            apart(each, right[i] as Tensor) < 6e-7,
            `${['y', 'dx', 'dw', 'db'][i]}: ${apart(each, right[i] as Tensor)}`,
          );
        });
      }));
  }
});

function leaf(x: Tensor): Tensor {
  x.requiresGrad = true;
  return x;
}

test('affine: numbers of very different sizes keep the accuracy of float32', () =>
  scope(() => {
    manualSeed(1);
    const spread = (...shape: number[]) => randn(shape).mul(randn(shape).mul(12).exp());
    const [x, w] = [spread(64, 96), spread(80, 96)];
    const exact = linear(x.to('float64'), w.to('float64'));
    const most = linear(x.to('float64').abs(), w.to('float64').abs());
    assert.ok(affine(x, w).to('float64').sub(exact).abs().div(most).max().item() < 5e-7);
  }));

test('affine: a row has the same bits whatever others there are, and however many threads', () =>
  scope(() => {
    const [x, w, before] = [randn([300, 800]), randn([70, 800]), threads()];
    const whole = affine(x, w);
    for (const i of [0, 150, 299]) assert.ok(affine(x.narrow(0, i, 1), w).equal(whole.narrow(0, i, 1)));
    try {
      setThreads(1);
      assert.ok(affine(x, w).equal(whole));
    } finally {
      setThreads(before);
    }
  }));

test('affine: views, a second derivative, and NaN', () =>
  scope(() => {
    const [x, w] = [randn([64, 40]), randn([64, 48])];
    assert.ok(affine(x.t(), w.t()).equal(affine(x.t().contiguous(), w.t().contiguous())));
    const [a, b] = [leaf(randn([40, 32])), leaf(randn([36, 32]))];
    const [first] = grad([affine(a, b).pow(3).sum()], [a], { createGraph: true }) as [Tensor];
    const [second] = grad([first.pow(2).sum()], [b]) as [Tensor];
    const [c, d] = [a, b].map((each) => leaf(each.detach().to('float64'))) as [Tensor, Tensor];
    const [exactFirst] = grad([linear(c, d).pow(3).sum()], [c], { createGraph: true }) as [Tensor];
    const [exactSecond] = grad([exactFirst.pow(2).sum()], [d]) as [Tensor];
    assert.ok(apart(second, exactSecond) < 5e-6);
    const spoiled = x.t().contiguous().select(0, 3).fill_(Number.NaN);
    assert.ok(spoiled.isnan().all().item());
    const mixed = noGrad(() => affine(randn([4, 64]).indexPut_([tensor([2], { dtype: 'int64' })], spoiled), w.t()));
    assert.deepEqual(numbers(mixed.isnan().any(1).to('float32')), [0, 0, 1, 0]);
  }));

for (const [shape, outputs] of [
  [[3, 50, 64], 48],
  [[40, 1600], 33],
] as const) {
  test(`affine of [${shape}] under autocast: what it takes and gives is rounded to bfloat16, sums are not`, () =>
    scope(() => {
      manualSeed(3);
      const inputs = shape.at(-1) as number;
      const [x, w, b] = [leaf(randn([...shape])), leaf(randn([outputs, inputs])), leaf(randn([outputs]))];
      const direction = randn([...shape.slice(0, -1), outputs]).to('bfloat16');
      const y = autocast({ device: 'cpu', dtype: 'bfloat16' }, () => affine(x, w, { bias: b }));
      assert.equal(y.dtype, 'bfloat16');
      const found = grad([y], [x, w, b], { gradOutputs: [direction] }) as Tensor[];
      const rounded = [x, w, b].map((each) => leaf(each.detach().to('bfloat16').to('float64'))) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      const exact = linear(rounded[0], rounded[1], { bias: rounded[2] });
      assert.ok(apart(y, exact) < 4e-3, `${apart(y, exact)}`);
      const right = grad([exact], rounded, { gradOutputs: [direction.to('float64')] }) as Tensor[];
      found.forEach((each, i) => {
        assert.equal(each.dtype, 'float32');
        const most = hasTiles ? 1e-6 : 1e-2;
        assert.ok(
          apart(each, right[i] as Tensor) < most,
          `${['dx', 'dw', 'db'][i]}: ${apart(each, right[i] as Tensor)}`,
        );
      });
    }));
}

test('affine of bfloat16 alone gives bfloat16, gradients too', () =>
  scope(() => {
    const [x, w] = [leaf(randn([40, 64]).to('bfloat16')), leaf(randn([48, 64]).to('bfloat16'))];
    const y = affine(x, w);
    const exact = linear(x.detach().to('float64'), w.detach().to('float64'));
    assert.ok(y.dtype === 'bfloat16' && apart(y, exact) < 4e-3);
    const [dx] = grad([y], [x], { gradOutputs: [y.detach()] }) as [Tensor];
    const right = y.detach().to('float64').matmul(w.detach().to('float64'));
    assert.ok(dx.dtype === 'bfloat16' && apart(dx, right) < 4e-3);
  }));

for (const widest of ['avx2', 'default']) {
  test(`affine, exactGelu and selfAttention where libtorch may use ${widest} vectors at most`, async () => {
    const errors = await askChild<number[]>(`
      process.env.ATEN_CPU_CAPABILITY = '${widest}';
      const { affine, exactGelu, linear, manualSeed, randn, selfAttention } = torch;
      manualSeed(0);
      const [x, w] = [randn([2, 40, 48]), randn([48, 48])];
      const apart = (a, b) => a.to('float64').sub(b).abs().max().item();
      const wide = x.to('float64');
      console.log(JSON.stringify([
        apart(affine(x, w), linear(wide, w.to('float64'))) / 10,
        apart(exactGelu(x), wide.gelu()),
        apart(selfAttention(x, 2), selfAttention(wide, 2)),
      ]));
    `);
    assert.ok(errors.length === 3 && Math.max(...errors) < 2e-6, `${errors}`);
  });
}

describe('exactGelu', () => {
  test('values and gradients are those of float64, far tails too', () =>
    scope(() => {
      const x = leaf(linspace(-14, 14, 100_003));
      const y = exactGelu(x);
      const [dx] = grad([y], [x], { gradOutputs: [y.detach().mul(0).add(1)] }) as [Tensor];
      const wide = leaf(x.detach().to('float64'));
      const exact = wide.gelu();
      const [exactGradient] = grad([exact], [wide], { gradOutputs: [exact.detach().mul(0).add(1)] }) as [Tensor];
      assert.ok(y.to('float64').sub(exact).abs().max().item() < 6e-7);
      assert.ok(dx.to('float64').sub(exactGradient).abs().max().item() < 6e-7);
      const ends = numbers(exactGelu(tensor([-1e30, -100, 0, 100, Number.NaN])));
      assert.deepEqual(
        ends.slice(1, 4).map((v) => (Math.abs(v) < 1e-30 ? 0 : v)),
        [0, 0, 100],
      );
      assert.ok(Math.abs(ends[0] as number) < 1e-6 && Number.isNaN(ends[4]));
    }));

  test('what it gives is made again with the same bits', () =>
    scope(() => {
      const [x, w] = [leaf(randn([70, 64])), leaf(randn([40, 64]))];
      const direction = randn([70, 40]);
      const inner = exactGelu(x);
      const [dw] = grad([affine(inner, w)], [w], { gradOutputs: [direction] }) as [Tensor];
      const kept = inner.detach().clone();
      const [expected] = grad([affine(kept, w)], [w], { gradOutputs: [direction] }) as [Tensor];
      assert.ok(dw.equal(expected));
    }));

  test('in half precision it is that of float32, rounded', () =>
    scope(() => {
      const x = leaf(randn([1003]).mul(3).to('bfloat16'));
      const y = exactGelu(x);
      assert.ok(y.equal(exactGelu(x.detach().to('float32')).to('bfloat16')));
      const wide = leaf(x.detach().to('float32'));
      const one = y.detach().mul(0).add(1);
      const [dx] = grad([y], [x], { gradOutputs: [one] }) as [Tensor];
      const [right] = grad([exactGelu(wide)], [wide], { gradOutputs: [one.to('float32')] }) as [Tensor];
      assert.ok(dx.equal(right.to('bfloat16')));
      assert.ok(
        exactGelu(tensor([Number.NaN]).to('bfloat16'))
          .isnan()
          .item(),
      );
    }));

  test('other dtypes and second derivatives are libtorch’s', () =>
    scope(() => {
      const x = leaf(randn([7, 5], { dtype: 'float64' }));
      assert.ok(exactGelu(x).equal(x.gelu()));
      const single = leaf(randn([50]));
      const [first] = grad([exactGelu(single).sum()], [single], { createGraph: true }) as [Tensor];
      const [second] = grad([first.sum()], [single]) as [Tensor];
      const wide = leaf(single.detach().to('float64'));
      const [exactFirst] = grad([wide.gelu().sum()], [wide], { createGraph: true }) as [Tensor];
      const [exactSecond] = grad([exactFirst.sum()], [wide]) as [Tensor];
      assert.ok(apart(second, exactSecond) < 1e-5);
    }));
});
