import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { autocast, type DType, liveCount, scope, type Tensor } from 'tandem-torch';
import {
  barlowTwinsLoss,
  cosineDistance,
  covariance,
  cropDistillationLoss,
  infoNce,
  invariance,
  negativeCosine,
  ntXent,
  queueContrast,
  sumOfTerms,
  variance,
  vicRegLoss,
} from '../../src/losses/index.js';
import { l2Normalize } from '../../src/math.js';
import { normal } from '../support.js';
import { assertGradients } from './support.js';

const temperature = 0.2;

/** Each loss as a function of four embeddings, of which it may use fewer. */
const losses: Record<string, (...z: [Tensor, Tensor, Tensor, Tensor]) => Tensor> = {
  'infoNce opposite-view': (a, b, c, d) => infoNce([a, b], [c, d], { temperature, negatives: 'opposite-view' }),
  'infoNce all-others': (a, b, c, d) => infoNce([a, b], [c, d], { temperature, negatives: 'all-others' }),
  ntXent: (a, b) => ntXent([a, b], { temperature: 0.5 }),
  queueContrast: (a, b, c) => queueContrast(a, b.detach(), l2Normalize(c.detach()), { temperature }),
  'queueContrast both ways': (a, b, c, d) =>
    queueContrast(a, d.detach(), l2Normalize(c.detach()), { temperature }).add(
      queueContrast(b, c.detach(), l2Normalize(d.detach()), { temperature }),
    ),
  cosineDistance: (a, b) => cosineDistance(a, b),
  'cosineDistance both ways': (a, b, c, d) => cosineDistance(a, d).add(cosineDistance(b, c)),
  negativeCosine: (a, b) => negativeCosine(a, b),
  barlowTwins: (a, b) => sumOfTerms(barlowTwinsLoss(a, b, { redundancy: 0.3 })),
  invariance: (a, b) => invariance(a, b),
  variance: (a, b) => variance(a).add(variance(b)),
  covariance: (a) => covariance(a),
  cropDistillation: (a, b, c, d) =>
    sumOfTerms(cropDistillationLoss([a, b, c], [d.detach(), d.detach().neg()], { student: 0.5, teacher: 0.3 })),
  vicReg: (a, b) => sumOfTerms(vicRegLoss(a, b)),
};

function four(shape: readonly number[], dtype: DType): [Tensor, Tensor, Tensor, Tensor] {
  return [1, 2, 3, 4].map((seed) => normal(shape, seed, dtype)) as [Tensor, Tensor, Tensor, Tensor];
}

for (const [name, loss] of Object.entries(losses)) {
  describe(name, () => {
    test('gradients are those of central differences, N=4 and d=8 in float64', () =>
      scope(() => assertGradients(loss as (...z: Tensor[]) => Tensor, four([4, 8], 'float64'))));

    for (const half of ['bfloat16', 'float16'] as const) {
      test(`${half} embeddings, and float32 ones under autocast, give what float32 gives`, () =>
        scope(() => {
          const narrow = four([16, 32], half);
          const widened = narrow.map((z) => z.to('float32')) as typeof narrow;
          const expected = loss(...widened);
          assert.equal(expected.dtype, 'float32');
          for (const inputs of [narrow, widened]) {
            const outside = loss(...inputs);
            const inside = autocast({ dtype: 'bfloat16' }, () => loss(...inputs));
            for (const found of [outside, inside]) {
              assert.equal(found.dtype, 'float32');
              assert.equal(found.item(), expected.item());
            }
          }
        }));
    }

    test('one number, in float64 for float64, and nothing left behind in a scope', () => {
      const before = liveCount();
      scope(() => {
        const value = loss(...four([4, 8], 'float64'));
        assert.equal(value.dtype, 'float64');
        assert.deepEqual(value.shape, []);
        assert.ok(Number.isFinite(value.item()));
      });
      assert.equal(liveCount(), before);
    });
  });
}

test('autocast goes on after a loss', () =>
  scope(() => {
    const z = normal([4, 4], 1, 'float32');
    autocast({ dtype: 'bfloat16' }, () => {
      covariance(z);
      assert.equal(z.mm(z).dtype, 'bfloat16');
    });
  }));

test('total: the sum of the terms, with the gradients of each', () =>
  scope(() => {
    const [a, b] = [normal([4, 8], 1), normal([4, 8], 2)];
    const { onDiagonal, offDiagonal } = barlowTwinsLoss(a, b, { redundancy: 0.3 }) as Record<string, Tensor>;
    const sum = sumOfTerms({ onDiagonal, offDiagonal } as Record<string, Tensor>);
    assert.equal(sum.item(), (onDiagonal as Tensor).item() + (offDiagonal as Tensor).item());
    assert.equal(sumOfTerms({ onDiagonal: onDiagonal as Tensor }).item(), (onDiagonal as Tensor).item());
    a.requiresGrad = true;
    sumOfTerms({ first: a.sum(), second: a.sum().mul(2), third: a.sum().mul(4) }).backward();
    assert.ok((a.grad as Tensor).eq(7).all().item());
  }));
