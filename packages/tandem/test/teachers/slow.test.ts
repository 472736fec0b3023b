import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { liveCount, manualSeed, noGrad, scope, type Tensor } from 'tandem-torch';
import type { Branch } from '../../src/networks/index.js';
import { reestimateStatistics, setBatchNormMomentum, slowTeacher } from '../../src/teachers/index.js';
import { assertClose, elements, hash, type TinyEncoder } from '../support.js';
import { branch, images } from './support.js';

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

  test('own: its own forwards move its statistics, follow does not', () => {
    const student = differing();
    const teacher = slowTeacher(student, { branch: branch() });
    scope(() => teacher.project([images(2)]));
    const own = statistics(teacher.branch);
    assert.ok(own.slice(0, 6).every((mean) => mean !== 0));
    teacher.follow(0.5);
    assert.deepEqual(statistics(teacher.branch), own);
    assert.notDeepEqual(own, statistics(student));
  });

  test('averaged: they move with the parameters, by the same rate, float64 too', () => {
    const student = differing();
    const teacher = slowTeacher(student, { statistics: 'averaged', branch: branch() });
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

  test("student: they are the student's at each teacher step", () => {
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
  test('re-estimated: the plain average over the batches, in training mode, then all is as before', () => {
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

  test('re-estimated again with the same batches changes no bit: an evaluation that was cut short is made once more', () => {
    const module = branch();
    for (let i = 0; i < 4; i++) scope(() => module.forward(images(i)));
    const look = () => {
      reestimateStatistics(
        module,
        (function* () {
          for (const seed of [1, 2, 3]) yield images(seed);
        })(),
      );
      return hash(Object.values(module.stateDict()));
    };
    const trained = hash(Object.values(module.stateDict()));
    const once = look();
    assert.notEqual(once, trained);
    assert.equal(look(), once);
    const { bn } = module.encoder as TinyEncoder;
    assert.equal(bn.numBatchesTracked.item(), 4, 'batches that were trained on');
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
  });

  test('momentum is set for every batch norm', () => {
    const module = branch();
    setBatchNormMomentum(module, 0);
    const before = hash(module.namedBuffers().flatMap(([name, x]) => (name.endsWith('tracked') ? [] : [x])));
    scope(() => module.forward(images(1)));
    assert.equal(hash(module.namedBuffers().flatMap(([name, x]) => (name.endsWith('tracked') ? [] : [x]))), before);
  });
});
