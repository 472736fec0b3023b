import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { grad, liveCount, noGrad, optim, scope, type Tensor, tensor } from 'tandem-torch';
import { Branch, buildEncoder, Head, mlpHead } from '../../src/networks/index.js';
import {
  addProximalPull,
  moveTowards,
  pairs,
  slowTeacher,
  squaredDistance,
  squaredNorm,
} from '../../src/teachers/index.js';
import { assertClose, elements, hash, TinyEncoder } from '../support.js';
import { branch, point } from './support.js';

describe('pairs', () => {
  test('all trainable tensors of encoder and head, by name, and nothing else', () => {
    const student = branch('float64', true);
    const teacher = slowTeacher(student);
    const names = student.namedParameters().filter(([name]) => !name.startsWith('predictor.'));
    assert.deepEqual(
      teacher.pairs.map(({ theta }) => theta),
      names.map(([, x]) => x),
    );
    const theirs = new Map(teacher.branch.namedParameters());
    names.forEach(([name], i) => {
      assert.equal(teacher.pairs[i]?.xi, theirs.get(name));
    });
    assert.equal(teacher.branch.predictor, null);
  });

  test("the scalars in the prox are the trainable ones of f + g: 11,694,656 in the paper's setting", () => {
    const encoder = buildEncoder({ backbone: 'resnet18', width: 64, stem: 'small', channels: 3 });
    const student = new Branch(encoder, new Head(mlpHead(512, 2, 512, 512)));
    const paired = pairs(student, student);
    assert.equal(paired.length, 60 + 5);
    assert.equal(
      paired.reduce((sum, { theta }) => sum + theta.numel, 0),
      11_168_832 + 525_824,
    );
    student.dispose();
  });

  test('running statistics and counters leave distance and pull alone', () => {
    const student = branch();
    const teacher = slowTeacher(student, { branch: branch() });
    const pull = () => {
      for (const { theta } of teacher.pairs) theta.grad = null;
      addProximalPull(teacher.pairs, 0.3);
      return hash(teacher.pairs.map(({ theta }) => theta.grad as Tensor));
    };
    const before = [squaredDistance(teacher.pairs), pull()];
    for (const [, buffer] of teacher.branch.namedBuffers()) noGrad(() => buffer.add_(7));
    for (const [, buffer] of student.namedBuffers()) noGrad(() => buffer.add_(-1));
    assert.deepEqual([squaredDistance(teacher.pairs), pull()], before);
  });

  test('networks that are not alike are refused', () => {
    const other = new Branch(new TinyEncoder(12, 6), new Head(mlpHead(6, 2, 5, 3)));
    const deeper = new Branch(new TinyEncoder(12, 6), new Head(mlpHead(6, 3, 5, 4)));
    const shallow = new Branch(new TinyEncoder(12, 6), new Head(mlpHead(6, 0, 5, 4)));
    const mine = branch('float32');
    assert.throws(() => pairs(mine, other), /teacher and student differ at head\.layers\.1\.0\.weight/);
    for (const [a, b] of [
      [mine, deeper],
      [deeper, mine],
      [mine, shallow],
      [shallow, mine],
    ] as const) {
      assert.throws(() => pairs(a, b), /teacher and student differ at head/);
    }
  });

  test('distance and norm: sums, not means, over all scalars', () => {
    const [a, b] = [branch(), branch()];
    let [distance, norm] = [0, 0];
    const theirs = b.parameters().map(elements);
    a.parameters().forEach((x, i) => {
      elements(x).forEach((value, j) => {
        distance += (value - (theirs[i]?.[j] as number)) ** 2;
        norm += value ** 2;
      });
    });
    assert.ok(distance > 1);
    assertClose(squaredDistance(pairs(a, b)), distance, { rtol: 1e-13 });
    assertClose(squaredNorm(a.parameters()), norm, { rtol: 1e-13 });
    assert.equal(squaredDistance(pairs(a, a.twin())), 0);
  });
});

describe('the pull and the teacher step', () => {
  test('the pull is the gradient of lambda/2 sum |theta - xi|^2 by autograd, bit for bit', () =>
    scope(() => {
      const student = branch();
      const { pairs: paired } = slowTeacher(student, { branch: branch() });
      const theta = paired.map((pair) => pair.theta);
      const quadratic = paired
        .map((pair) => pair.theta.sub(pair.xi).square().sum())
        .reduce((sum, x) => sum.add(x))
        .mul(0.37 / 2);
      const expected = grad(quadratic, theta) as Tensor[];
      addProximalPull(paired, 0.37);
      theta.forEach((x, i) => {
        assert.deepEqual(elements(x.grad as Tensor), elements(expected[i] as Tensor));
      });
    }));

  test('the pull adds to gradients that are there, for some parameters or all', () =>
    scope(() => {
      const student = branch();
      const { pairs: paired } = slowTeacher(student, { branch: branch() });
      paired.forEach(({ theta }, i) => {
        if (i % 2 === 0) theta.grad = theta.detach().mul(0).add(5);
      });
      addProximalPull(paired, 0.25);
      paired.forEach(({ theta, xi }, i) => {
        const expected = noGrad(() =>
          theta
            .sub(xi)
            .mul(0.25)
            .add(i % 2 === 0 ? 5 : 0),
        );
        assertClose(theta.grad as Tensor, expected, { rtol: 1e-15, atol: 1e-15 });
      });
    }));

  test('autograd of lambda/2 |sg(theta) - xi|^2 in xi is -lambda (theta - xi); SGD of size tau is the teacher step', () =>
    scope(() => {
      const [lambda, tau] = [0.02, 5];
      const student = branch();
      const teacher = slowTeacher(student, { branch: branch() });
      const xi = teacher.pairs.map((pair) => pair.xi.clone());
      for (const x of xi) x.requiresGrad = true;
      const theta = teacher.pairs.map((pair) => pair.theta.detach());
      const loss = xi
        .map((x, i) => (theta[i] as Tensor).sub(x).square().sum())
        .reduce((sum, x) => sum.add(x))
        .mul(lambda / 2);
      loss.backward();
      xi.forEach((x, i) => {
        const expected = noGrad(() => (theta[i] as Tensor).sub(x).mul(-lambda));
        assert.deepEqual(elements(x.grad as Tensor), elements(expected));
      });
      new optim.SGD(xi, { lr: tau }).step();
      teacher.follow(tau * lambda);
      teacher.pairs.forEach((pair, i) => {
        assertClose(pair.xi, xi[i] as Tensor, { rtol: 1e-13, atol: 1e-16 });
      });
    }));

  test('quadratic model: inner fixed point, its error factor, the gradient of Phi, and the outer limit', () => {
    const [a, lambda, lr, c] = [0.7, 0.3, 0.25, [1, -2, 0.5]] as const;
    const student = point([3, 3, -1]);
    const teacher = slowTeacher(student, { branch: point([0.5, 4, 2]) });
    const [{ theta, xi }] = teacher.pairs as [{ theta: Tensor; xi: Tensor }];
    const target = tensor(Float64Array.from(c)).keep();
    const sgd = new optim.SGD([theta], { lr });
    const inner = (steps: number) => {
      for (let m = 0; m < steps; m++) {
        scope(() => {
          sgd.zeroGrad();
          theta
            .sub(target)
            .square()
            .sum()
            .mul(a / 2)
            .backward();
          addProximalPull(teacher.pairs, lambda);
          sgd.step();
        });
      }
    };
    const start = elements(theta);
    const held = elements(xi);
    const fixed = c.map((x, i) => (a * x + lambda * (held[i] as number)) / (a + lambda));
    const factor = (1 - lr * (a + lambda)) ** 7;
    inner(7);
    assertClose(
      elements(theta).map((x, i) => x - (fixed[i] as number)),
      start.map((x, i) => factor * (x - (fixed[i] as number))),
      { rtol: 1e-12, atol: 1e-15 },
    );
    inner(200);
    assertClose(theta, fixed, { rtol: 1e-13 });
    assertClose(
      elements(theta).map((x, i) => -lambda * (x - (held[i] as number))),
      c.map((x, i) => ((a * lambda) / (a + lambda)) * ((held[i] as number) - x)),
      { rtol: 1e-12 },
    );
    const tau = 2;
    for (let n = 0; n < 120; n++) {
      inner(20);
      teacher.follow(tau * lambda);
    }
    assertClose(xi, c, { rtol: 1e-9 });
    assertClose(theta, c, { rtol: 1e-9 });
  });

  test('convexity: for rates in [0, 1] every coordinate ends between its old value and the student', () => {
    for (const rate of [0, 1e-4, 0.01, 0.3, 0.5, 0.77, 0.999, 1]) {
      const student = branch('float32');
      const teacher = slowTeacher(student, { branch: branch('float32') });
      const before = teacher.pairs.map(({ xi }) => elements(xi));
      teacher.follow(rate);
      teacher.pairs.forEach(({ theta, xi }, i) => {
        const [old, now, aim] = [before[i] as number[], elements(xi), elements(theta)];
        now.forEach((x, j) => {
          const [from, to] = [old[j] as number, aim[j] as number];
          assert.ok(x >= Math.min(from, to) && x <= Math.max(from, to), `rate ${rate}: ${from} -> ${x} -> ${to}`);
          if (rate === 0) assert.equal(x, from);
          if (rate === 1) assert.equal(x, to);
        });
      });
    }
  });

  test('moving between equals changes no bit', () => {
    const student = branch('float32');
    const teacher = slowTeacher(student);
    const before = hash(teacher.branch.parameters());
    for (const rate of [0.01, 0.3, 0.7, 1]) {
      moveTowards(
        teacher.pairs.map(({ xi }) => xi),
        teacher.pairs.map(({ theta }) => theta),
        rate,
      );
    }
    assert.equal(hash(teacher.branch.parameters()), before);
    assert.equal(hash(student.parameters()), before);
  });

  test('steps make no tensor that stays', () => {
    const student = branch();
    const teacher = slowTeacher(student, { branch: branch() });
    const step = () => {
      for (const { theta } of teacher.pairs) theta.grad = null;
      addProximalPull(teacher.pairs, 0.1);
      teacher.follow(0.1);
      return squaredDistance(teacher.pairs);
    };
    step();
    const before = liveCount();
    for (let i = 0; i < 5; i++) step();
    assert.equal(liveCount(), before);
  });
});
