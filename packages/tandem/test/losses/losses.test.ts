import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { autocast, cat, grad, linalgSvd, liveCount, noGrad, scope, type Tensor, tensor } from '@tandem/torch';
import {
  barlowTwins,
  cosineDistance,
  covariance,
  infoNce,
  invariance,
  type Negatives,
  unit,
  variance,
} from '../../src/losses/index.js';
import { assertClose, elements, fixture, normal } from '../support.js';

type Two = readonly [Tensor, Tensor];

interface Stored {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface Case {
  readonly name: string;
  readonly loss: 'infoNceN2' | 'infoNceN1' | 'ntXent';
  readonly temperature: number;
  readonly student: readonly [Stored, Stored];
  readonly teacher?: readonly [Stored, Stored];
  readonly value: number;
  readonly grads: readonly [Stored, Stored];
}

const { cases } = fixture<{ cases: readonly Case[] }>('losses');

function leaf({ shape, data }: Stored, dtype: 'float64' | 'float32' = 'float64'): Tensor {
  return tensor(Float64Array.from(data), { shape, dtype, requiresGrad: true });
}

/** SimCLR's loss is the student-teacher one with the student in both places and gradients through both. */
function ntXent(z: Two, temperature: number): Tensor {
  return infoNce(z, z, { temperature, negatives: 'N2' });
}

function vicReg(a: Tensor, b: Tensor): Tensor {
  const spread = variance(a).add(variance(b)).mul(12.5);
  return invariance(a, b).mul(25).add(spread).add(covariance(a)).add(covariance(b));
}

/** Zero means, and `divisor` times the covariance is the identity: exactly decorrelated embeddings. */
function whitened(n: number, d: number, divisor: number): Tensor {
  const z = normal([n, d], 3);
  const [u] = linalgSvd(z.sub(z.mean([0])), { fullMatrices: false });
  return u.mul(Math.sqrt(divisor));
}

function rows(z: Tensor, order: readonly number[]): Tensor {
  return z.indexSelect(0, tensor(Int32Array.from(order)));
}

describe('InfoNCE and NT-Xent of the fixture, which plain loops computed', () => {
  for (const dtype of ['float64', 'float32'] as const) {
    const [value, gradient] =
      dtype === 'float64'
        ? [{ rtol: 1e-12, atol: 1e-12 }, { atol: 1e-9 }]
        : [
            { rtol: 2e-6, atol: 1e-6 },
            { rtol: 1e-4, atol: 5e-6 },
          ];
    for (const { name, loss, temperature, student, teacher, ...expected } of cases) {
      test(`${name}, ${dtype}`, () =>
        scope(() => {
          const s = [leaf(student[0], dtype), leaf(student[1], dtype)] as const;
          const t = teacher && ([leaf(teacher[0], dtype), leaf(teacher[1], dtype)] as const);
          const result = t
            ? infoNce(s, [t[0].detach(), t[1].detach()], {
                temperature,
                negatives: loss === 'infoNceN1' ? 'N1' : 'N2',
              })
            : ntXent(s, temperature);
          assert.deepEqual(result.shape, []);
          assertClose(result, expected.value, { ...value, label: 'value' });
          result.backward();
          s.forEach((x, i) => {
            assertClose(x.grad as Tensor, expected.grads[i]?.data ?? [], { ...gradient, label: `gradient ${i}` });
          });
          for (const x of t ?? []) assert.equal(x.grad, null);
        }));
    }
  }
});

describe('gradients against central differences, N=4 and d=8 in float64', () => {
  const two = (f: (a: Tensor, b: Tensor, c: Tensor, d: Tensor) => Tensor) => f;
  const losses: Record<string, (...z: [Tensor, Tensor, Tensor, Tensor]) => Tensor> = {
    'infoNce N1': (a, b, c, d) => infoNce([a, b], [c, d], { temperature: 0.2, negatives: 'N1' }),
    'infoNce N2': (a, b, c, d) => infoNce([a, b], [c, d], { temperature: 0.2, negatives: 'N2' }),
    'NT-Xent': two((a, b) => ntXent([a, b], 0.5)),
    cosineDistance: two((a, b) => cosineDistance(a, b)),
    barlowTwins: two((a, b) => barlowTwins(a, b, { redundancy: 0.3 })),
    invariance: two((a, b) => invariance(a, b)),
    // Deviations on both sides of the hinge.
    variance: two((a, b) => variance(a).add(variance(b.mul(0.3)))),
    covariance: two((a) => covariance(a)),
    VICReg: two((a, b) => vicReg(a, b)),
  };
  for (const [name, f] of Object.entries(losses)) {
    test(name, () =>
      scope(() => {
        const z = [1, 2, 3, 4].map((seed) => normal([4, 8], seed)) as [Tensor, Tensor, Tensor, Tensor];
        for (const x of z) x.requiresGrad = true;
        const analytic = grad(f(...z), z, { allowUnused: true });
        const h = 1e-4;
        let used = 0;
        z.forEach((x, i) => {
          if (!analytic[i]) return;
          used += 1;
          const numeric = elements(x).map((_, k) => {
            const at = (offset: number) =>
              scope(() => {
                const moved = elements(x);
                moved[k] = (moved[k] as number) + offset;
                const others = z.map((y, j) =>
                  j === i ? tensor(Float64Array.from(moved), { shape: [4, 8] }) : y.detach(),
                );
                return f(...(others as typeof z)).item();
              });
            return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
          });
          assertClose(analytic[i] as Tensor, numeric, { rtol: 1e-6, atol: 1e-9, label: `input ${i}` });
        });
        assert.ok(used > 0);
      }),
    );
  }
});

describe('InfoNCE', () => {
  const teacher = (): Two => [normal([6, 8], 11), normal([6, 8], 12)];
  const student = (): Two => [normal([6, 8], 13), normal([6, 8], 14)];
  const value = (s: Two, t: Two, negatives: Negatives, temperature = 0.2) =>
    infoNce(s, t, { temperature, negatives }).item();

  test('all projections equal: ln(2N - 1) for N2, ln N for N1', () =>
    scope(() => {
      for (const n of [2, 5, 256]) {
        const z: Two = [normal([1, 8], 1).expand([n, 8]), normal([1, 8], 1).expand([n, 8])];
        assertClose(value(z, z, 'N2'), Math.log(2 * n - 1), { rtol: 1e-12 });
        assertClose(value(z, z, 'N1'), Math.log(n), { rtol: 1e-12 });
      }
      const z = normal([1, 8], 1).expand([256, 8]);
      assertClose(value([z, z], [z, z], 'N1'), 5.5452, { atol: 5e-5 });
    }));

  test('perfect pairs, all else orthogonal: ln(1 + (2N - 2) exp(-1/T)), and N - 1 for N1', () =>
    scope(() => {
      const z = tensor(
        [
          [1, 0, 0],
          [0, 2, 0],
          [0, 0, 3],
        ],
        { dtype: 'float64' },
      );
      for (const t of [0.1, 0.5]) {
        assertClose(value([z, z], [z, z], 'N2', t), Math.log(1 + 4 * Math.exp(-1 / t)), { rtol: 1e-12 });
        assertClose(value([z, z], [z, z], 'N1', t), Math.log(1 + 2 * Math.exp(-1 / t)), { rtol: 1e-12 });
      }
    }));

  test('with the student as teacher the value is NT-Xent exactly, the gradient is not a multiple of it', () =>
    scope(() => {
      const z = student();
      for (const x of z) x.requiresGrad = true;
      const both = ntXent(z, 0.2);
      const one = infoNce(z, [z[0].detach(), z[1].detach()], { temperature: 0.2, negatives: 'N2' });
      assert.equal(one.item(), both.item());
      const [a, b] = [both, one].map((loss) => cat(grad(loss, z) as Tensor[]).flatten()) as [Tensor, Tensor];
      const cosine = a.dot(b).item() / (a.norm(2, [0]).item() * b.norm(2, [0]).item());
      assert.ok(cosine < 0.999, `cosine ${cosine}`);
    }));

  for (const negatives of ['N1', 'N2'] as const) {
    test(`${negatives}: teacher rows get no gradient where they are detached, and one where they are not`, () =>
      scope(() => {
        const [s, t] = [student(), teacher()];
        for (const x of [...s, ...t]) x.requiresGrad = true;
        const loss = infoNce(s, noGrad(() => t.map((x) => x.clone())) as unknown as Two, {
          temperature: 0.2,
          negatives,
        });
        loss.backward();
        for (const x of t) assert.equal(x.grad, null);
        for (const x of s) assert.ok(x.grad);
      }));

    test(`${negatives}: the gradient is orthogonal to every student row`, () =>
      scope(() => {
        const s = student();
        for (const x of s) x.requiresGrad = true;
        const gradients = grad(infoNce(s, teacher(), { temperature: 0.2, negatives }), s) as Tensor[];
        s.forEach((x, i) => {
          const products = x.mul(gradients[i] as Tensor).sum([1]);
          assertClose(products, [0, 0, 0, 0, 0, 0], { atol: 1e-14 });
          assert.ok((gradients[i] as Tensor).abs().max().item() > 1e-3);
        });
      }));

    test(`${negatives}: the lengths of rows do not matter`, () =>
      scope(() => {
        const [s, t] = [student(), teacher()];
        const c = tensor([0.01, 1, 3, 50, 0.2, 1e4], { shape: [6, 1], dtype: 'float64' });
        const before = value(s, t, negatives);
        assertClose(value([s[0].mul(c), s[1]], [t[0], t[1].mul(c)], negatives), before, { rtol: 1e-12 });
      }));

    test(`${negatives}: swapping the views or permuting the images changes nothing`, () =>
      scope(() => {
        const [s, t] = [student(), teacher()];
        const before = value(s, t, negatives);
        assertClose(value([s[1], s[0]], [t[1], t[0]], negatives), before, { rtol: 1e-12 });
        const order = [3, 1, 5, 0, 2, 4];
        const mixed = [...s, ...t].map((z) => rows(z, order)) as [Tensor, Tensor, Tensor, Tensor];
        assertClose(value([mixed[0], mixed[1]], [mixed[2], mixed[3]], negatives), before, { rtol: 1e-12 });
        const wrong: Two = [rows(s[0], order), s[1]];
        assert.notEqual(value(wrong, t, negatives), before);
      }));
  }

  test('N1 does not see the same view, N2 does', () =>
    scope(() => {
      // Only rows whose partner is the anchor may count: an anchor of view 1 must not see the teacher's view 1 in N1.
      const [s, t] = [student(), teacher()];
      const [first] = s;
      first.requiresGrad = true;
      const oneWay = (w1: Tensor, negatives: Negatives) =>
        grad(infoNce([first, s[1]], [w1, t[1]], { temperature: 0.2, negatives }), [first])[0] as Tensor;
      const other = normal([6, 8], 99);
      assertClose(oneWay(t[0], 'N1'), oneWay(other, 'N1'), { atol: 1e-15 });
      assert.notDeepEqual(elements(oneWay(t[0], 'N2')), elements(oneWay(other, 'N2')));
    }));

  test('N2 never sees the same view of the same image', () =>
    scope(() => {
      const s = student();
      const [n, d] = [1, 8];
      // With one image the only logit left is the positive: the loss is 0 whatever the same view looks like.
      const z: Two = [s[0].narrow(0, 0, n), s[1].narrow(0, 0, n)];
      assert.equal(value(z, [normal([n, d], 5), normal([n, d], 6)], 'N2'), 0);
    }));

  test('SimCLR anchors: random projections give about ln(2N - 1) + 1 / (2 d T^2)', () =>
    scope(() => {
      const z: Two = [normal([256, 512], 21), normal([256, 512], 22)];
      assertClose(ntXent(z, 0.5), 6.24, { atol: 0.03 });
    }));

  test('a zero row is no division by zero', () =>
    scope(() => {
      const s: Two = [normal([3, 4], 1).mul(0), normal([3, 4], 2)];
      for (const x of s) x.requiresGrad = true;
      const loss = infoNce(s, [normal([3, 4], 3), normal([3, 4], 4)], { temperature: 0.2, negatives: 'N2' });
      loss.backward();
      assert.ok(Number.isFinite(loss.item()));
      for (const x of s) assert.ok(elements(x.grad as Tensor).every(Number.isFinite));
    }));
});

describe('cosineDistance', () => {
  test('0 when alike, 2 when orthogonal, 4 when opposite; the lengths do not matter', () =>
    scope(() => {
      const a = tensor(
        [
          [3, 4],
          [1, 0],
        ],
        { dtype: 'float64' },
      );
      assertClose(cosineDistance(a, a.mul(7)), 0, { atol: 1e-15 });
      assertClose(cosineDistance(a, a.mul(-0.1)), 4, { rtol: 1e-15 });
      assertClose(
        cosineDistance(
          a,
          tensor(
            [
              [-4, 3],
              [0, 2],
            ],
            { dtype: 'float64' },
          ),
        ),
        2,
        { rtol: 1e-15 },
      );
      const b = normal([2, 2], 1);
      assertClose(cosineDistance(a, b), unit(a).sub(unit(b)).square().sum([1]).mean(), { rtol: 1e-12 });
    }));
});

describe('Barlow Twins', () => {
  const redundancy = 0.0051;
  const of = (a: Tensor, b: Tensor) => barlowTwins(a, b, { redundancy }).item();

  test('7 (a) constant embeddings: exactly d', () =>
    scope(() => {
      const z = normal([1, 16], 1).expand([32, 16]);
      assert.equal(of(z, z), 16);
    }));

  test('7 (b) whitened and alike: d * O(1e-10)', () =>
    scope(() => {
      const z = whitened(64, 16, 64);
      assert.ok(of(z, z) < 16 * 2e-10, String(of(z, z)));
    }));

  test('7 (c) independent: on-diagonal about d (1 + 1/N), off-diagonal about d (d - 1) / N', () =>
    scope(() => {
      const [a, b] = [normal([256, 64], 31), normal([256, 64], 47)];
      const onDiagonal = barlowTwins(a, b, { redundancy: 0 }).item();
      const offDiagonal = barlowTwins(a, b, { redundancy: 1 }).item() - onDiagonal;
      assertClose(onDiagonal, 64 * (1 + 1 / 256), { rtol: 0.08 });
      assertClose(offDiagonal, (64 * 63) / 256, { rtol: 0.25 });
    }));

  test('7 (d) scale and shift of a dimension do not matter; a flipped sign costs 4', () =>
    scope(() => {
      const z = whitened(64, 8, 64);
      const scale = tensor([1, 2, 0.5, 3, 10, 1, 0.1, 4], { dtype: 'float64' });
      const [a, b] = [normal([64, 8], 1), normal([64, 8], 2)];
      assertClose(of(a.mul(scale).add(scale), b), of(a, b), { rtol: 1e-3 });
      const flipped = z.mul(tensor([1, 1, -1, 1, 1, 1, 1, 1], { dtype: 'float64' }));
      assertClose(of(z, flipped), 4, { rtol: 1e-4 });
    }));

  test('7 (e) swapping the views changes nothing', () =>
    scope(() => {
      const [a, b] = [normal([32, 8], 1), normal([32, 8], 2)];
      assertClose(of(a, b), of(b, a), { rtol: 1e-13 });
    }));

  test('7 (f) fewer images than dimensions: the off-diagonal is at least d^2 / (N - 1) - d', () =>
    scope(() => {
      const z = normal([32, 512], 5);
      const total = barlowTwins(z, z, { redundancy: 1 }).item();
      assert.ok(total >= 512 ** 2 / 31 - 512 - 1, String(total));
      assert.ok(of(z, z) >= 40.4);
    }));

  test('biased variance, products over N, from the definition', () =>
    scope(() => {
      const [n, d] = [5, 3];
      const [a, b] = [1, 2].map((seed) => normal([n, d], seed).toArray() as number[][]) as [number[][], number[][]];
      const standard = (z: number[][], j: number) => {
        const column = z.map((row) => row[j] as number);
        const mean = column.reduce((sum, x) => sum + x, 0) / n;
        const spread = column.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n;
        return column.map((x) => (x - mean) / Math.sqrt(spread + 1e-5));
      };
      let expected = 0;
      for (let i = 0; i < d; i++) {
        for (let j = 0; j < d; j++) {
          const [u, v] = [standard(a, i), standard(b, j)];
          const c = u.reduce((sum, x, k) => sum + x * (v[k] as number), 0) / n;
          expected += i === j ? (c - 1) ** 2 : redundancy * c ** 2;
        }
      }
      assertClose(of(normal([n, d], 1), normal([n, d], 2)), expected, { rtol: 1e-12 });
    }));
});

describe('VICReg', () => {
  test('8 (a) constant embeddings: invariance 0, variance 0.99, covariance 0, together 24.75', () =>
    scope(() => {
      const z = normal([1, 16], 1).expand([32, 16]);
      assert.equal(invariance(z, z).item(), 0);
      assertClose(variance(z), 0.99, { rtol: 1e-14 });
      assertClose(covariance(z), 0, { atol: 1e-30 });
      assertClose(vicReg(z, z), 24.75, { rtol: 1e-14 });
    }));

  test('8 (b) whitened to unit unbiased variance and alike: 0', () =>
    scope(() => {
      const z = whitened(64, 16, 63);
      assertClose(vicReg(z, z), 0, { atol: 1e-20 });
    }));

  test('8 (c) independent: invariance about 2, covariance about (d - 1) / (N - 1) a branch', () =>
    scope(() => {
      const [a, b] = [normal([256, 64], 31), normal([256, 64], 47)];
      assertClose(invariance(a, b), 2, { rtol: 0.08 });
      assertClose(covariance(a), 63 / 255, { rtol: 0.25 });
    }));

  test('8 (d) shifts do not matter to variance and covariance; no variance gradient where the deviation is above 1', () =>
    scope(() => {
      const z = normal([32, 4], 1);
      const shift = tensor([5, -3, 0.1, 100], { dtype: 'float64' });
      assertClose(variance(z.add(shift)), variance(z), { rtol: 1e-10 });
      assertClose(covariance(z.add(shift)), covariance(z), { rtol: 1e-10 });
      const [spread] = z.varMean([0]);
      const scaled = z.div(spread.sqrt()).mul(tensor([0.5, 1.5, 0.9, 1.001], { dtype: 'float64' }));
      scaled.requiresGrad = true;
      const gradient = (grad(variance(scaled), [scaled])[0] as Tensor).abs().sum([0]);
      const [first, second, third, fourth] = elements(gradient) as [number, number, number, number];
      assert.deepEqual([second, fourth], [0, 0]);
      assert.ok(first > 0 && third > 0);
    }));

  test('8 (e) fewer images than dimensions: covariance at least d / (N - 1) - 1', () =>
    scope(() => {
      const z = normal([32, 512], 5);
      const [spread] = z.varMean([0]);
      assert.ok(covariance(z.div(spread.sqrt())).item() >= 512 / 31 - 1 - 1e-9);
    }));

  test('8 (f) swapping the views changes nothing', () =>
    scope(() => {
      const [a, b] = [normal([32, 8], 1), normal([32, 8], 2)];
      assertClose(vicReg(a, b), vicReg(b, a), { rtol: 1e-13 });
    }));

  test('the terms from their definition', () =>
    scope(() => {
      const [n, d] = [5, 3];
      const z = normal([n, d], 1).mul(0.6).toArray() as number[][];
      const means = [0, 1, 2].map((j) => z.reduce((sum, row) => sum + (row[j] as number), 0) / n);
      const product = (i: number, j: number) =>
        z.reduce(
          (sum, row) => sum + ((row[i] as number) - (means[i] as number)) * ((row[j] as number) - (means[j] as number)),
          0,
        ) /
        (n - 1);
      let [hinge, square] = [0, 0];
      for (let i = 0; i < d; i++) {
        hinge += Math.max(0, 1 - Math.sqrt(product(i, i) + 1e-4)) / d;
        for (let j = 0; j < d; j++) if (i !== j) square += product(i, j) ** 2 / d;
      }
      assert.ok(hinge > 0);
      assertClose(variance(normal([n, d], 1).mul(0.6)), hinge, { rtol: 1e-12 });
      assertClose(covariance(normal([n, d], 1).mul(0.6)), square, { rtol: 1e-12 });
    }));
});

describe('under bfloat16 autocast', () => {
  const losses: Record<string, (a: Tensor, b: Tensor) => Tensor> = {
    'infoNce N1': (a, b) => infoNce([a, b], [b, a], { temperature: 0.1, negatives: 'N1' }),
    'infoNce N2': (a, b) => infoNce([a, b], [b, a], { temperature: 0.1, negatives: 'N2' }),
    cosineDistance,
    barlowTwins: (a, b) => barlowTwins(a, b, { redundancy: 0.0051 }),
    invariance,
    variance: (a) => variance(a),
    covariance: (a) => covariance(a),
  };
  for (const [name, f] of Object.entries(losses)) {
    test(`${name}: float32 arithmetic, and bfloat16 embeddings are widened first`, () =>
      scope(() => {
        const [a, b] = [normal([16, 32], 1, 'bfloat16'), normal([16, 32], 2, 'bfloat16')];
        const wide = f(a.to('float32'), b.to('float32'));
        for (const inputs of [
          [a, b],
          [a.to('float32'), b.to('float32')],
        ] as [Tensor, Tensor][]) {
          const protectedLoss = autocast({ dtype: 'bfloat16' }, () => f(...inputs));
          assert.equal(protectedLoss.dtype, 'float32');
          assert.equal(protectedLoss.item(), wide.item());
        }
      }));
  }

  test('outside of the loss autocast stays on, and float64 stays float64', () =>
    scope(() => {
      const z = normal([4, 4], 1, 'float32');
      autocast({ dtype: 'bfloat16' }, () => {
        covariance(z);
        assert.equal(z.mm(z).dtype, 'bfloat16');
      });
      assert.equal(covariance(normal([4, 4], 1)).dtype, 'float64');
    }));
});

test('losses leave nothing behind in a scope', () => {
  const before = liveCount();
  scope(() => vicReg(normal([4, 4], 1), normal([4, 4], 2)).item());
  assert.equal(liveCount(), before);
});
