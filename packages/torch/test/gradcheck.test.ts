import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  batchNorm,
  batchNormRelu,
  cat,
  conv2d,
  conv2dRecomputing,
  eye,
  grad,
  layerNorm,
  linalgSlogdet,
  linalgSvdvals,
  linear,
  noGrad,
  scope,
  type Tensor,
  tensor,
  zeros,
} from '../src/index.js';
import { device } from './support.js';

const step = 1e-5;

/** Numbers between -1 and 1 that differ from each other and repeat in every run. */
function numbers(shape: readonly number[], seed: number): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  const fraction = (x: number) => x - Math.floor(x);
  const values = Float64Array.from(
    { length: count },
    (_, i) => 2 * fraction((i + 1) * 0.6180339887 + seed * 0.377) - 1,
  );
  return tensor(values, { shape, device });
}

/**
 * Compares `backward` with central differences of `f`, a scalar, at every element of every input.
 * @param shapes of the inputs, such as `4x3 5`.
 */
function check(shapes: string, f: (...inputs: Tensor[]) => Tensor): void {
  scope(() => {
    const inputs = shapes.split(' ').map((shape, i) => numbers(shape.split('x').map(Number), i + 1));
    for (const x of inputs) x.requiresGrad = true;
    f(...inputs).backward();
    inputs.forEach((x, i) => {
      const values = x.data() as Float64Array;
      const analytic = x.grad?.data() ?? new Float64Array(values.length);
      values.forEach((_, k) => {
        const at = (offset: number) =>
          scope(() => {
            const moved = Float64Array.from(values);
            moved[k] = (moved[k] as number) + offset;
            const replaced = inputs.map((y, j) => (j === i ? tensor(moved, { shape: x.shape, device }) : y.detach()));
            return f(...replaced).item();
          });
        const numeric = (at(step) - at(-step)) / (2 * step);
        const error = Math.abs(Number(analytic[k]) - numeric);
        assert.ok(
          error <= 1e-7 + 1e-6 * Math.abs(numeric),
          `input ${i}, element ${k}: ${analytic[k]} by backward, ${numeric} by differences`,
        );
      });
    });
  });
}

const unitRows = (x: Tensor) => x.div(x.norm(2, [1], { keepdim: true }).clampMin(1e-12));

describe('backward agrees with finite differences', () => {
  test('perceptron with a squared error', () => {
    check('4x3 5x3 5 2x5 4x2', (x, w, b, v, y) => {
      const hidden = linear(x, w, { bias: b }).tanh();
      return linear(hidden, v).mseLoss(y);
    });
  });

  test('convolution, batch norm in training, pooling', () => {
    check('3x2x4x4 3x2x3x3 3 3', (x, w, gamma, beta) =>
      batchNorm(conv2d(x, w, { padding: 1 }), gamma, beta, null, null, true, 0.1, 1e-5, true)
        .gelu()
        .adaptiveAvgPool2d(1)
        .square()
        .sum(),
    );
  });

  test('norm, residual sum and ReLU in one, and a convolution of what is made again', () => {
    check('2x2x3x3 2 2 2x2x3x3 3x2x3x3', (x, scale, shift, carried, w) => {
      const running = () => zeros([2], { dtype: 'float64', device });
      const y = batchNormRelu(x, scale, shift, running(), running(), carried, true, 0.1, 1e-5);
      return conv2dRecomputing(y, w, { padding: 1 }).square().sum();
    });
  });

  test('residual sum', () => {
    check('2x2x3x3 2x2x3x3', (x, w) => conv2d(x, w, { padding: 1 }).add(x).sigmoid().mul(x).mean());
  });

  test('contrast of one set of rows with another', () => {
    check('4x3 4x3', (a, b) => {
      const logits = unitRows(a).matmul(unitRows(b).t()).div(0.2);
      return logits.logSoftmax(1).diagonal().mean().neg();
    });
  });

  test('contrast within one set of rows', () => {
    check('2x3 2x3', (a, b) => {
      const rows = unitRows(cat([a, b]));
      const self = tensor(
        [0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => i === j)),
        { device },
      );
      const logits = rows.matmul(rows.t()).div(0.5).maskedFill(self, Number.NEGATIVE_INFINITY);
      return logits.crossEntropyLoss(tensor(BigInt64Array.of(2n, 3n, 0n, 1n), { device }));
    });
  });

  test('attention with layer norm', () => {
    check('1x3x4 1x3x4 1x3x4 4', (q, k, v, gamma) => {
      const attended = q.matmul(k.transpose(-2, -1)).div(2).softmax(-1).matmul(v);
      return layerNorm(attended, [4], { weight: gamma }).pow(3).sum();
    });
  });

  test('cross-correlation of standardized features', () => {
    check('5x3 5x3', (a, b) => {
      const standard = (x: Tensor) => x.sub(x.mean([0])).div(x.std([0], { unbiased: false }));
      const c = standard(a).t().matmul(standard(b)).div(5);
      const onDiagonal = c.diagonal().sub(1).square().sum();
      return onDiagonal.add(c.square().sum().sub(c.diagonal().square().sum()), { alpha: 0.005 });
    });
  });

  test('variance hinge and covariance penalty', () => {
    check('6x3', (x) => {
      const hinge = x.var([0]).add(1e-4).sqrt().neg().add(1).relu().mean();
      const covariance = x.t().cov();
      return hinge.add(covariance.square().sum().sub(covariance.diagonal().square().sum()).div(3));
    });
  });

  test('distillation: cross-entropy of two softmaxes', () => {
    check('3x4 3x4', (student, teacher) =>
      teacher.div(0.5).softmax(1).mul(student.logSoftmax(1)).sum([1]).mean().neg(),
    );
  });

  test('max-pooling and resampling of an image', () => {
    check('1x1x4x4', (x) => x.maxPool2d(2).upsampleBilinear2d([3, 3], false).softplus().sum());
  });

  test('indexing, logsumexp and joining', () => {
    check('4x3 2x3', (a, b) => {
      const chosen = a.indexSelect(0, tensor(BigInt64Array.of(3n, 0n, 3n), { device }));
      return cat([chosen.narrow(0, 0, 2), b.flip([1])], { dim: 1 })
        .logsumexp([1])
        .square()
        .sum();
    });
  });

  test('proximal pull between two lists of tensors', () => {
    check('2x3 4 2x3 4', (a, b, c, d) =>
      a
        .sub(c)
        .square()
        .sum()
        .add(b.sub(d).square().sum())
        .mul(0.5 * 0.3),
    );
  });

  test('linear algebra: log-determinant and singular values', () => {
    check('3x3', (x) => {
      const gram = x
        .t()
        .matmul(x)
        .add(eye(3, { dtype: 'float64', device }));
      const [, logarithm] = linalgSlogdet(gram);
      return logarithm.add(linalgSvdvals(x).pow(1.5).sum());
    });
  });

  test('a function of a gradient, by recording the backward pass', () => {
    check('3 3', (x, w) => {
      const leaf = x.requiresGrad ? x : x.detach();
      leaf.requiresGrad = true;
      const energy = leaf.mul(w).sin().add(leaf.pow(3)).sum();
      const [slope] = grad(energy, [leaf], { createGraph: true });
      return (slope as Tensor).square().sum();
    });
  });
});

describe('what is cut off gets no gradient', () => {
  test('detach and noGrad', () => {
    scope(() => {
      const x = numbers([3], 1);
      const y = numbers([3], 2);
      x.requiresGrad = true;
      y.requiresGrad = true;
      const target = noGrad(() => y.exp());
      assert.equal(target.requiresGrad, false);
      x.mul(target).add(y.detach()).sum().backward();
      assert.deepEqual(x.grad?.toArray(), target.toArray());
      assert.equal(y.grad, null);
    });
  });

  test('gradients of two backward passes add up', () => {
    scope(() => {
      const x = numbers([3], 1);
      x.requiresGrad = true;
      x.sum().backward();
      x.mul(2).sum().backward();
      assert.deepEqual(x.grad?.toArray(), [3, 3, 3]);
    });
  });
});
