import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { grad, liveCount, manualSeed, nn, noGrad, optim, scope, type Tensor, tensor } from '@tandem/torch';
import { Branch, buildEncoder, type Encoder, Head, mlpHead } from '../../src/networks/index.js';
import {
  addProximalPull,
  type BilevelRates,
  bilevelSchedule,
  moveTowards,
  pairs,
  reestimateStatistics,
  setBatchNormMomentum,
  slowTeacher,
  squaredDistance,
  squaredNorm,
} from '../../src/teachers/index.js';
import { assertClose, elements, hash, normal, TinyEncoder } from '../support.js';

/** One vector as a network: F can be any function of the parameters. */
class Point extends nn.Module implements Encoder {
  readonly featureWidth = 1;
  readonly at: Tensor;

  constructor(at: readonly number[]) {
    super();
    this.at = nn.parameter(tensor(Float64Array.from(at)));
  }

  forward(): Tensor {
    return this.at;
  }
}

function point(at: readonly number[]): Branch {
  return new Branch(new Point(at), new Head({ widths: [1], norm: true }));
}

function branch(dtype: 'float32' | 'float64' = 'float64', predictor = false): Branch {
  const encoder = new TinyEncoder(12, 6).to({ dtype });
  return new Branch(encoder, new Head(mlpHead(6, 2, 5, 4)), predictor ? new Head(mlpHead(4, 2, 5, 4)) : null);
}

const images = (seed: number, n = 6, dtype: 'float32' | 'float64' = 'float64') => normal([n, 3, 2, 2], seed, dtype);

const literal: BilevelRates = {
  lambda0: 1e-4,
  eta: 0.99,
  lambdaSchedule: 'linear',
  tauSchedule: 'inverse',
  teacherRule: 'sgd',
};

describe('schedules', () => {
  test('9.10 (3) S1: tau_e * lambda_e is 1 - eta to 1e-12 in every epoch', () => {
    for (const eta of [0, 0.5, 0.99, 0.996, 0.9999]) {
      for (const lambda0 of [1e-5, 1e-4, 3e-3, 0.7]) {
        const schedule = bilevelSchedule({ ...literal, eta, lambda0 });
        for (let epoch = 1; epoch <= 1000; epoch++) {
          assertClose(schedule.tau(epoch) * schedule.lambda(epoch), 1 - eta, { atol: 1e-12 });
          assertClose(schedule.teacherRate(epoch), 1 - eta, { atol: 1e-12 });
          assertClose(schedule.lambda(epoch), lambda0 * epoch, { rtol: 1e-15 });
          assertClose(schedule.tau(epoch), (1 - eta) / lambda0 / epoch, { rtol: 1e-15 });
        }
      }
    }
    const { tau } = bilevelSchedule(literal);
    assertClose(tau(1), 100, { rtol: 1e-14 });
  });

  test('a given tau0 takes the place of eta', () => {
    const schedule = bilevelSchedule({ ...literal, tau0: 500 });
    assertClose(schedule.teacherRate(1), 0.05, { rtol: 1e-14 });
    assertClose(schedule.teacherRate(77), 0.05, { rtol: 1e-14 });
  });

  test('S2: tau_e * lambda_0 decays as tau_0 lambda_0 / e, with 1 / lambda_0 as its own tau_0', () => {
    const schedule = bilevelSchedule({ ...literal, tauSchedule: 's2' });
    assertClose(schedule.teacherRate(1), 1, { rtol: 1e-15 });
    assertClose(schedule.teacherRate(100), 0.01, { rtol: 1e-14 });
    assertClose(schedule.teacherRate(800), 1 - 0.99875, { rtol: 1e-12 });
    assertClose(schedule.lambda(800), 0.08, { rtol: 1e-14 });
    assertClose(bilevelSchedule({ ...literal, tauSchedule: 's2', tau0: 100 }).teacherRate(4), 0.0025, { rtol: 1e-14 });
    // 1 / lambda0 * lambda0 may round, but never to more than the whole way.
    for (let i = 1; i < 2000; i++) {
      const rate = bilevelSchedule({ ...literal, tauSchedule: 's2', lambda0: i * 1.7e-6 }).teacherRate(1);
      assert.ok(rate <= 1 && rate > 1 - 1e-15);
    }
  });

  test('S3: both constant; one constant alone lets the rate run away', () => {
    const constant = bilevelSchedule({ ...literal, lambdaSchedule: 'const', tauSchedule: 'const' });
    for (const epoch of [1, 2, 500]) {
      assertClose([constant.lambda(epoch), constant.tau(epoch), constant.teacherRate(epoch)], [1e-4, 100, 0.01], {
        rtol: 1e-14,
      });
    }
    assertClose(bilevelSchedule({ ...literal, tauSchedule: 'const' }).teacherRate(50), 0.5, { rtol: 1e-14 });
    assertClose(bilevelSchedule({ ...literal, lambdaSchedule: 'const' }).teacherRate(50), 2e-4, { rtol: 1e-14 });
  });

  test('teacherRule ema: 1 - eta, whatever the schedules say', () => {
    for (const tauSchedule of ['inverse', 'const', 's2'] as const) {
      const schedule = bilevelSchedule({ ...literal, tauSchedule, teacherRule: 'ema' });
      for (const epoch of [1, 9, 400]) assert.equal(schedule.teacherRate(epoch), 1 - 0.99);
    }
  });
});

describe('pairs', () => {
  test('9.10 (9) all trainable tensors of encoder and head, by name, and nothing else', () => {
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

  test("9.10 (9) the scalars in the prox are the trainable ones of f + g: 11,694,656 in the paper's setting", () => {
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

  test('9.10 (9) running statistics and counters leave distance and pull alone', () => {
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

  test('9.10 (2) autograd of lambda/2 |sg(theta) - xi|^2 in xi is -lambda (theta - xi); SGD of size tau is the step (3)', () =>
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

  test('9.10 (7) quadratic model: inner fixed point, its error factor, the gradient of Phi, and the outer limit', () => {
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

  test('9.10 (10) convexity: for rates in [0, 1] every coordinate ends between its old value and the student', () => {
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

describe('slowTeacher', () => {
  test('a copy with tensors of its own, no gradient, in training mode', () => {
    const student = branch('float32');
    const { branch: teacher } = slowTeacher(student);
    assert.equal(hash(Object.values(teacher.stateDict())), hash(Object.values(student.stateDict())));
    const mine = new Set(Object.values(student.stateDict()));
    for (const [name, x] of Object.entries(teacher.stateDict())) {
      assert.ok(!mine.has(x), name);
      assert.equal(x.requiresGrad, false, name);
    }
    assert.ok(student.parameters().every((x) => x.requiresGrad));
    assert.ok(teacher.modules().every((part) => part.training));
  });

  test('projections are those of its branch, view by view, by the statistics of each, without a record', () =>
    scope(() => {
      const student = branch('float32');
      const teacher = slowTeacher(student);
      const views = [images(1, 6, 'float32'), images(2, 6, 'float32')];
      for (const x of views) x.requiresGrad = true;
      const [first, second] = teacher.project(views) as [Tensor, Tensor];
      assert.deepEqual(elements(first), elements(student.forward(views[0] as Tensor)));
      assert.deepEqual(elements(second), elements(student.forward(views[1] as Tensor)));
      assert.equal(first.requiresGrad, false);
      assert.deepEqual([...first.shape], [6, 4]);
    }));

  /** Running mean and variance of the encoder's norm. */
  const statistics = ({ encoder }: Branch) => {
    const { bn } = encoder as TinyEncoder;
    return [...elements(bn.runningMean), ...elements(bn.runningVar)];
  };
  const differing = () => {
    const student = branch();
    scope(() => student.forward(images(1).mul(3).add(1)));
    return student;
  };

  test('B1: its own forwards move its statistics, follow does not', () => {
    const student = differing();
    const teacher = slowTeacher(student, { branch: branch() });
    scope(() => teacher.project([images(2)]));
    const own = statistics(teacher.branch);
    assert.ok(own.slice(0, 6).every((mean) => mean !== 0));
    teacher.follow(0.5);
    assert.deepEqual(statistics(teacher.branch), own);
    assert.notDeepEqual(own, statistics(student));
  });

  test('B2: they move with the parameters, by the same rate, float64 too', () => {
    const student = differing();
    const teacher = slowTeacher(student, { statistics: 'ema', branch: branch() });
    const before = statistics(teacher.branch);
    scope(() => teacher.project([images(2)]));
    assert.deepEqual(statistics(teacher.branch), before);
    teacher.follow(0.25);
    const aim = statistics(student);
    assertClose(
      statistics(teacher.branch),
      before.map((x, i) => 0.75 * x + 0.25 * (aim[i] as number)),
      { rtol: 1e-14 },
    );
    assert.deepEqual(statistics(student), aim);
  });

  test("B3: they are the student's at each teacher step", () => {
    const student = differing();
    const teacher = slowTeacher(student, { statistics: 'student', branch: branch() });
    teacher.follow(0.25);
    assert.deepEqual(statistics(teacher.branch), statistics(student));
    scope(() => teacher.project([images(2)]));
    scope(() => student.forward(images(3)));
    assert.notDeepEqual(statistics(teacher.branch), statistics(student));
  });

  test("a student's predictor has no part in it", () => {
    const student = branch('float64', true);
    const teacher = slowTeacher(student, { statistics: 'student' });
    scope(() => student.predict(student.forward(images(1))));
    teacher.follow(0.25);
    assert.deepEqual(statistics(teacher.branch), statistics(student));
    assert.ok(Object.keys(teacher.branch.stateDict()).every((name) => !name.startsWith('predictor')));
  });
});

describe('statistics', () => {
  test('B4: the plain average over the batches, in training mode, then all is as before', () => {
    manualSeed(1);
    const module = branch();
    module.eval();
    const { bn, linear } = module.encoder as TinyEncoder;
    const sums = new Float64Array(12);
    for (const seed of [1, 2, 3]) {
      scope(() => {
        const [variance, mean] = noGrad(() => linear.forward(images(seed).flatten({ startDim: 1 })).varMean([0]));
        [...elements(mean), ...elements(variance)].forEach((x, i) => {
          sums[i] = (sums[i] as number) + x / 3;
        });
      });
    }
    const before = liveCount();
    const parameters = hash(module.parameters());
    reestimateStatistics(
      module,
      (function* () {
        for (const seed of [1, 2, 3]) yield images(seed);
      })(),
    );
    assert.equal(liveCount(), before);
    assert.equal(hash(module.parameters()), parameters);
    assertClose([...elements(bn.runningMean), ...elements(bn.runningVar)], Array.from(sums), { rtol: 1e-12 });
    assert.equal(bn.momentum, 0.1);
    assert.ok(module.modules().every((part) => !part.training));
    assert.ok(module.parameters().every((x) => x.grad === null));
  });

  test('no more batches are asked for than the limit', () => {
    let asked = 0;
    const module = branch();
    reestimateStatistics(
      module,
      (function* () {
        for (;;) {
          asked += 1;
          yield images(asked);
        }
      })(),
      3,
    );
    assert.equal(asked, 3);
    const { bn } = module.encoder as TinyEncoder;
    assert.equal(bn.numBatchesTracked.item(), 3);
  });

  test('momentum is set for every batch norm', () => {
    const module = branch();
    setBatchNormMomentum(module, 0);
    const before = hash(module.namedBuffers().flatMap(([name, x]) => (name.endsWith('tracked') ? [] : [x])));
    scope(() => module.forward(images(1)));
    assert.equal(hash(module.namedBuffers().flatMap(([name, x]) => (name.endsWith('tracked') ? [] : [x]))), before);
  });
});
