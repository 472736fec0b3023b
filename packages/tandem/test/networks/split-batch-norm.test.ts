import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cat, grad, nn, noGrad, scope, type Tensor, tensor } from 'tandem-torch';
import { batchNorm1d, batchNorm2d } from '../../src/networks/split-batch-norm.js';
import { assertClose, elements, normal } from '../support.js';

type Norm = nn.BatchNorm1d | nn.BatchNorm2d;

const kinds = [
  { name: '[n, c]', shape: [12, 3], make: (splits?: number) => batchNorm1d(3, splits) },
  { name: '[n, c, h, w]', shape: [12, 3, 2, 5], make: (splits?: number) => batchNorm2d(3, splits) },
] as const;

/** A norm in float64 whose scale and shift do something. */
function prepared(norm: Norm): Norm {
  norm.to({ dtype: 'float64' });
  noGrad(() => {
    norm.weight?.copy_(tensor(Float64Array.of(1, 2, -0.5)));
    norm.bias?.copy_(tensor(Float64Array.of(0, 0.1, 3)));
  });
  return norm;
}

/** Images i, i + s, i + 2s ... */
function part(x: Tensor, i: number, splits: number): Tensor {
  const members = Array.from({ length: (x.shape[0] as number) / splits }, (_, k) => i + k * splits);
  return x.indexSelect(0, tensor(Int32Array.from(members)));
}

for (const { name, shape, make } of kinds) {
  describe(`split batch norm of ${name}`, () => {
    test('one part is ordinary batch norm itself', () => {
      const norm = make(1);
      assert.ok([nn.BatchNorm1d, nn.BatchNorm2d].some((kind) => norm.constructor === kind));
    });

    for (const splits of [2, 3, 6]) {
      test(`${splits} parts: image i is normalised with the images of part i mod ${splits}, and so are gradients`, () =>
        scope(() => {
          const x = normal(shape, 1).mul(3).add(1);
          x.requiresGrad = true;
          const up = normal(shape, 2);
          const norm = prepared(make(splits));
          const y = norm.forward(x);
          const learned = [x, norm.weight as Tensor, norm.bias as Tensor];
          const found = grad(y.mul(up).sum(), learned) as Tensor[];
          // Each part by an ordinary norm of its own.
          const norms = Array.from({ length: splits }, () => prepared(make()));
          const gradients = norms.map((each, i) => {
            const mine = part(x.detach(), i, splits);
            mine.requiresGrad = true;
            const out = each.forward(mine);
            assertClose(part(y, i, splits).contiguous(), out, { rtol: 1e-12, atol: 1e-13, label: `part ${i}` });
            return grad(out.mul(part(up, i, splits)).sum(), [
              mine,
              each.weight as Tensor,
              each.bias as Tensor,
            ]) as Tensor[];
          });
          gradients.forEach(([ofMine], i) => {
            assertClose(part(found[0] as Tensor, i, splits), ofMine as Tensor, { rtol: 1e-11, atol: 1e-12 });
          });
          for (const k of [1, 2]) {
            const sum = gradients.map((all) => all[k] as Tensor).reduce((total, one) => total.add(one));
            assertClose(found[k] as Tensor, sum, { rtol: 1e-11, atol: 1e-12 });
          }
          const mean = (of: (each: Norm) => Tensor) => cat(norms.map((each) => of(each).reshape([1, 3]))).mean([0]);
          assertClose(
            norm.runningMean,
            mean((each) => each.runningMean),
            { rtol: 1e-13 },
          );
          assertClose(
            norm.runningVar,
            mean((each) => each.runningVar),
            { rtol: 1e-13 },
          );
          assert.equal(norm.numBatchesTracked.item(), 1);
        }));
    }

    test('every part has mean 0 and variance 1 by itself, the whole batch need not', () =>
      scope(() => {
        const level = tensor(Float64Array.from({ length: 12 }, (_, i) => 10 * (i % 2))).reshape([
          12,
          ...shape.slice(1).map(() => 1),
        ]);
        const x = normal(shape, 1).add(level);
        const norm = make(2).to({ dtype: 'float64' });
        const y = noGrad(() => norm.forward(x));
        const dims = [0, 2, 3].slice(0, shape.length - 1);
        for (const i of [0, 1]) {
          const [variance, mean] = part(y, i, 2).varMean(dims, { unbiased: false });
          assertClose(mean, [0, 0, 0], { atol: 1e-12 });
          assertClose(variance, [1, 1, 1], { rtol: 1e-4 });
        }
        const plain = noGrad(() => make().to({ dtype: 'float64' }).forward(x));
        assert.ok(Math.abs(elements(part(plain, 0, 2).mean(dims))[0] as number) > 0.5);
      }));

    test('in evaluation it is ordinary batch norm by the running statistics', () =>
      scope(() => {
        const [norm, plain] = [prepared(make(3)), prepared(make())];
        noGrad(() => norm.forward(normal(shape, 1)));
        plain.loadStateDict(norm.stateDict());
        norm.eval();
        plain.eval();
        // Also a batch that no number of parts divides.
        for (const x of [normal(shape, 2), normal([7, ...shape.slice(1)], 3), normal([1, ...shape.slice(1)], 4)]) {
          assert.deepEqual(elements(norm.forward(x)), elements(plain.forward(x)));
        }
        assert.equal(norm.numBatchesTracked.item(), 1);
      }));

    test('a batch that does not divide into parts of two or more is refused', () => {
      const norm = make(4);
      for (const n of [10, 4, 2]) {
        const x = normal([n, ...shape.slice(1)], 1, 'float32');
        assert.throws(() => norm.forward(x), {
          name: 'RangeError',
          message: new RegExp(`^SplitBatchNorm[12]d: ${n} images do not divide into 4 parts of two or more$`),
        });
      }
      assert.equal(norm.numBatchesTracked.item(), 0);
    });
  });
}

test('channels last gives the same as contiguous', () =>
  scope(() => {
    const norm = batchNorm2d(4, 3);
    const x = normal([6, 4, 5, 5], 1, 'float32');
    const [a, b] = [x, x.to({ memoryFormat: 'channelsLast' })].map((input) => noGrad(() => norm.forward(input)));
    assertClose(a as Tensor, elements((b as Tensor).contiguous()), { rtol: 1e-5, atol: 1e-6 });
  }));

test('without scale and shift, and with the scale alone', () =>
  scope(() => {
    const x = normal([8, 3], 1, 'float32');
    const plain = batchNorm1d(3, 2, { affine: false });
    assert.equal(plain.parameters().length, 0);
    const [scaled] = [batchNorm1d(3, 2, { shift: false })];
    assert.deepEqual(
      scaled.namedParameters().map(([name]) => name),
      ['weight'],
    );
    assert.deepEqual(elements(scaled.forward(x)), elements(plain.forward(x)));
  }));
