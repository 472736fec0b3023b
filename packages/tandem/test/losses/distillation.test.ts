import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { grad, linalgSvd, scope, type Tensor, tensor, zeros } from 'tandem-torch';
import { distillationLoss, queueContrast, queueScores, sumOfTerms } from '../../src/losses/index.js';
import { l2Normalize } from '../../src/math.js';
import { assertClose, elements, normal } from '../support.js';
import { assertGradients, gradients, reordered } from './support.js';

const temperatures = { student: 0.2, teacher: 0.3 };
const [student, teacher] = [() => normal([5, 7], 1), () => normal([5, 7], 2)];
const of = (s: Tensor, t: Tensor, at = temperatures) => sumOfTerms(distillationLoss(s, t, at));

/** softmax of scores over a temperature. */
const softmax = (x: Tensor, temperature: number) => x.div(temperature).logSoftmax(1).exp();

/** -sum p log p, mean over the rows, in plain numbers. */
function entropy(p: Tensor): number {
  const rows = p.toArray() as number[][];
  return rows.flat().reduce((sum, x) => sum - x * Math.log(x), 0) / rows.length;
}

describe('distillation', () => {
  test('never below the entropy of the teacher, and there with no gradient where both distributions are one', () =>
    scope(() => {
      const h = entropy(softmax(teacher(), 0.3));
      for (const seed of [3, 4, 5]) assert.ok(of(normal([5, 7], seed), teacher()).item() > h);
      const same = teacher().mul(0.2 / 0.3);
      const { divergence, teacherEntropy } = distillationLoss(same, teacher(), temperatures);
      assertClose(divergence, 0, { atol: 1e-14 });
      assertClose(teacherEntropy, h, { rtol: 1e-12 });
      const [found] = gradients((s) => of(s, teacher()), same);
      assertClose(found as Tensor, new Array(35).fill(0), { atol: 1e-14 });
    }));

  test('the gradient is (q - p) / (temperature n), its rows sum to 0, and none reaches the teacher', () =>
    scope(() => {
      const [s, t] = gradients((x, y) => of(x, y), student(), teacher());
      const expected = softmax(student(), 0.2)
        .sub(softmax(teacher(), 0.3))
        .div(0.2 * 5);
      assertClose(s as Tensor, expected, { rtol: 1e-10, atol: 1e-14 });
      assertClose((s as Tensor).sum([1]), new Array(5).fill(0), { atol: 1e-14 });
      assert.equal(t, null);
      assertGradients((x) => of(x, teacher()), [student()]);
    }));

  test('a constant in each row changes nothing, nor does another order of the anchors', () =>
    scope(() => {
      const shift = normal([5, 1], 9).mul(3);
      const before = of(student(), teacher()).item();
      assertClose(of(student().add(shift), teacher().sub(shift)), before, { rtol: 1e-12 });
      const order = [3, 0, 6, 2, 1, 5, 4];
      const turned = (x: Tensor) => reordered(x.t(), order).t();
      assertClose(of(turned(student()), turned(teacher())), before, { rtol: 1e-12 });
    }));

  test('a uniform student gives ln(anchors), a one-hot teacher the cross-entropy with its class', () =>
    scope(() => {
      assertClose(of(zeros([5, 7], { dtype: 'float64' }), teacher()), Math.log(7), { rtol: 1e-12 });
      const labels = [3, 1, 0, 6, 3];
      const oneHot = tensor(
        Float64Array.from({ length: 35 }, (_, i) => (labels[Math.floor(i / 7)] === i % 7 ? 1 : 0)),
        {
          shape: [5, 7],
        },
      );
      const hard = student()
        .div(0.2)
        .crossEntropyLoss(tensor(BigInt64Array.from(labels, BigInt)));
      assertClose(of(student(), oneHot, { student: 0.2, teacher: 1e-3 }), hard, { rtol: 1e-12 });
    }));

  test('a teacher that knows nothing has the entropy ln(anchors)', () =>
    scope(() => {
      const { teacherEntropy } = distillationLoss(student(), zeros([5, 7], { dtype: 'float64' }), temperatures);
      assertClose(teacherEntropy, Math.log(7), { rtol: 1e-12 });
    }));
});

/** SEED's loss of embeddings. */
function seed(s: Tensor, t: Tensor, queue: Tensor, teacherTemperature = 0.05): Tensor {
  return of(queueScores(s, t, queue), queueScores(t, t, queue), { student: 0.2, teacher: teacherTemperature });
}

describe('similarities to a queue', () => {
  const [s, t, queue] = [() => normal([6, 8], 1), () => normal([6, 8], 2), () => l2Normalize(normal([9, 8], 3))];

  test('a row is the cosine with its own anchor, then those with the rows of the queue', () =>
    scope(() => {
      const expected = (l2Normalize(s()).toArray() as number[][]).map((row, i) => {
        const rows = [
          (l2Normalize(t()).toArray() as number[][])[i],
          ...(queue().toArray() as number[][]),
        ] as number[][];
        return rows.map((other) => other.reduce((sum, x, k) => sum + x * (row[k] as number), 0));
      });
      assertClose(queueScores(s(), t(), queue()), expected.flat(), { rtol: 1e-12, atol: 1e-14 });
    }));

  test('as the temperature of the teacher goes to 0, SEED becomes InfoNCE with its own embedding as the positive', () =>
    scope(() => {
      const nearest = l2Normalize(t()).mm(queue().t()).max().item();
      assert.ok(1 - nearest > 0.01, `${nearest}`);
      const contrast = queueContrast(s(), t(), queue(), { temperature: 0.2 });
      assertClose(seed(s(), t(), queue(), 1e-4), contrast, { rtol: 1e-9 });
      assert.ok(Math.abs(seed(s(), t(), queue(), 0.3).item() - contrast.item()) > 1e-2);
      const [a] = gradients((x) => seed(x, t(), queue(), 1e-4), s());
      const [b] = gradients((x) => queueContrast(x, t(), queue(), { temperature: 0.2 }), s());
      assertClose(a as Tensor, b as Tensor, { rtol: 1e-8, atol: 1e-10 });
    }));

  test('turning student, teacher and queue alike leaves SEED as it is, and changes a loss of coordinates', () =>
    scope(() => {
      const [turn] = linalgSvd(normal([8, 8], 5));
      const turned = (x: Tensor) => x.mm(turn);
      assertClose(seed(turned(s()), turned(t()), turned(queue())), seed(s(), t(), queue()), { rtol: 1e-11 });
      const coordinates = (x: Tensor, y: Tensor) =>
        of(l2Normalize(x), l2Normalize(y), { student: 0.2, teacher: 0.2 }).item();
      assert.ok(Math.abs(coordinates(turned(s()), turned(t())) - coordinates(s(), t())) > 1e-3);
    }));

  test('gradients reach the rows alone', () =>
    scope(() => {
      const leaves = [s(), t(), queue()].map((x) => {
        const leaf = x.detach().clone();
        leaf.requiresGrad = true;
        return leaf;
      });
      const found = grad(seed(...(leaves as [Tensor, Tensor, Tensor])), leaves, { allowUnused: true });
      assert.ok(found[0] && elements(found[0]).some((x) => x !== 0));
      assert.deepEqual(found.slice(1), [null, null]);
    }));
});
