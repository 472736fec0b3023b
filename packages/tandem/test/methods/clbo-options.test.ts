import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noGrad, scope, type Tensor } from 'tandem-torch';
import { clboOptions } from '../../src/methods/clbo.js';
import { type Method, methods } from '../../src/methods/index.js';
import { assertClose, elements, hash, normal, type TinyEncoder } from '../support.js';
import { Stepping, shared, stepContext, stepInfo, teacherOf, tinyClbo } from './stepping.js';

const flat = (tensors: readonly Tensor[]) => tensors.flatMap(elements);

describe('options', () => {
  test('defaults: what the paper states, and what was chosen where it is silent', () => {
    assert.deepEqual(clboOptions.parse({}), {
      lookahead: 2,
      eta: 0.99,
      lambda0: 1e-4,
      lambdaSchedule: 'linear',
      tauSchedule: 'inverse',
      prox: true,
      proxMode: 'coupled',
      teacherRule: 'sgd',
      studentStart: 'carry',
      momentumAcrossRounds: 'keep',
      init: 'copy',
      negatives: 'all-others',
      temperature: 0.2,
      epochMode: 'k-passes',
      teacherBn: 'own',
      loss: 'infonce',
      projLayers: 2,
      projHidden: 512,
      projDim: 512,
      predictor: false,
      redundancy: 0.0051,
      invarianceWeight: 25,
      varianceWeight: 25,
      covarianceWeight: 1,
    });
  });

  test('values out of range and unknown names are refused', () => {
    for (const wrong of [
      { lookahead: 0 },
      { lookahead: 1.5 },
      { eta: 1 },
      { eta: -0.1 },
      { lambda0: 0 },
      { tau0: 0 },
      { temperature: 0 },
      { projLayers: 5 },
      { loss: 'dino' },
      { negatives: 'N4' },
      { lamda0: 1 },
    ]) {
      assert.equal(clboOptions.safeParse(wrong).success, false, JSON.stringify(wrong));
    }
  });

  test('the student is learned, the teacher kept; both are networks of the same shape', () => {
    const method = tinyClbo();
    assert.equal(method.name, 'clbo');
    assert.equal(method.result, 'teacher');
    assert.equal(method.views.length, 2);
    assert.notEqual(method.student, method.teacher);
  });

  test('prox off takes the pull away and leaves the teacher its step', () => {
    const method = tinyClbo({ prox: false, init: 'independent', lambda0: 0.5 });
    const stepping = new Stepping(method, { lossless: true, weightDecay: 0 });
    const [student, teacher] = [hash(shared(method.student)), hash(shared(teacherOf(method)))];
    stepping.take();
    assert.equal(hash(shared(teacherOf(method))), teacher);
    stepping.take();
    assert.equal(hash(shared(method.student)), student);
    assert.notEqual(hash(shared(teacherOf(method))), teacher);
    const numbers = method.metrics?.(stepInfo({ epoch: 3, epochs: 9 }));
    assert.equal(numbers?.prox, 0);
    assertClose(numbers?.teacherRate as number, 0.01, { rtol: 1e-13 });
  });

  test('proxMode: coupled goes through the momentum, decoupled does not', () => {
    const gaps = (proxMode: string) => {
      const method = tinyClbo({ proxMode, init: 'independent', lambda0: 0.5, lookahead: 10 }, 'float64');
      const distance = () => method.metrics?.(stepInfo({ epoch: 1, epochs: 1 })).distance as number;
      const first = distance();
      const stepping = new Stepping(method, { lr: 0.1, momentum: 0.9, weightDecay: 0, lossless: true });
      return [1, 2, 3].map(() => {
        stepping.take();
        return distance() / first;
      });
    };
    assertClose(gaps('decoupled'), [0.95, 0.95 ** 2, 0.95 ** 3], { rtol: 1e-12 });
    // Heavy ball by hand: v1 = .5, v2 = .45 + .5 * .95, v3 = .9 v2 + .5 * .8575.
    assertClose(gaps('coupled'), [0.95, 0.95 - 0.1 * 0.925, 0.8575 - 0.1 * (0.9 * 0.925 + 0.5 * 0.8575)], {
      rtol: 1e-12,
    });
  });

  test('teacherRule: sgd and ema are the same run bit for bit, but not with tauSchedule=base-lambda', () => {
    const run = (options: object) => {
      const method = tinyClbo(options);
      new Stepping(method, { stepsPerEpoch: 2 }).take(12);
      return hash([...shared(method.student), ...shared(teacherOf(method))]);
    };
    assert.equal(run({ teacherRule: 'sgd' }), run({ teacherRule: 'ema' }));
    const baseLambda = { tauSchedule: 'base-lambda', tau0: 5000 };
    assert.notEqual(
      run({ ...baseLambda, teacherRule: 'sgd' }),
      run({ tauSchedule: 'base-lambda', teacherRule: 'ema' }),
    );
  });

  test('the epoch sets lambda, tau and rate', () => {
    const at = (options: object, epoch: number) => {
      const { lambda, tau, teacherRate } = tinyClbo(options).metrics?.(stepInfo({ epoch, epochs: 800 })) ?? {};
      return [lambda, tau, teacherRate] as number[];
    };
    assertClose(at({}, 1), [1e-4, 100, 0.01], { rtol: 1e-13 });
    assertClose(at({}, 50), [5e-3, 2, 0.01], { rtol: 1e-13 });
    assertClose(at({ tauSchedule: 'base-lambda' }, 50), [5e-3, 200, 0.02], { rtol: 1e-13 });
    assertClose(at({ lambdaSchedule: 'constant', tauSchedule: 'constant' }, 50), [1e-4, 100, 0.01], { rtol: 1e-13 });
    assertClose(at({ tau0: 20, lambda0: 0.01 }, 4), [0.04, 5, 0.2], { rtol: 1e-13 });
    // The pull of epoch 3 is three times that of epoch 1.
    const pull = (epoch: number) => {
      const method = tinyClbo({ init: 'independent' }, 'float64');
      for (const x of method.student.parameters()) x.grad = null;
      method.beforeStep?.(stepContext({ epoch, epochs: 9 }));
      return flat(method.student.parameters().map((x) => x.grad as Tensor));
    };
    assertClose(
      pull(3),
      pull(1).map((x) => 3 * x),
      { rtol: 1e-12 },
    );
  });

  test('numbers: prox is lambda / 2 distance^2, the relative distance is in units of |xi|', () => {
    const method = tinyClbo({ init: 'independent', lambda0: 0.03 }, 'float64');
    const { distance, relativeDistance, prox } = method.metrics?.(stepInfo({ epoch: 2, epochs: 9 })) ?? {};
    const [theta, xi] = [flat(shared(method.student)), flat(shared(teacherOf(method)))];
    const expected = Math.hypot(...theta.map((x, i) => x - (xi[i] as number)));
    assertClose(distance as number, expected, { rtol: 1e-12 });
    assertClose(relativeDistance as number, expected / Math.hypot(...xi), { rtol: 1e-12 });
    assertClose(prox as number, 0.03 * expected ** 2, { rtol: 1e-12 });
  });

  test('studentStart: carry leaves the student where it is, restart puts it on the teacher', () => {
    for (const studentStart of ['carry', 'restart']) {
      const method = tinyClbo({ studentStart });
      new Stepping(method).take(2);
      const alike = hash(shared(method.student)) === hash(shared(teacherOf(method)));
      assert.equal(alike, studentStart === 'restart');
    }
  });

  test('momentumAcrossRounds: reset forgets the momentum at the teacher step, keep does not', () => {
    for (const momentumAcrossRounds of ['keep', 'reset']) {
      const stepping = new Stepping(tinyClbo({ studentStart: 'restart', momentumAcrossRounds }));
      const isZero = () => flat(Object.values(stepping.optimizer.stateDict())).every((x) => x === 0);
      stepping.take();
      assert.equal(isZero(), false);
      stepping.take();
      assert.equal(isZero(), momentumAcrossRounds === 'reset');
    }
  });

  test('init: a copy, or another draw', () => {
    const alike = (init: string) => {
      const method = tinyClbo({ init });
      return hash(Object.values(method.student.stateDict())) === hash(Object.values(teacherOf(method).stateDict()));
    };
    assert.equal(alike('copy'), true);
    assert.equal(alike('independent'), false);
  });

  test('epochMode: K passes, K repeats of a batch, or one pass', () => {
    const rounds = (epochMode: string) => tinyClbo({ epochMode, lookahead: 3 }).rounds;
    assert.deepEqual(rounds('k-passes'), { passes: 3, repeats: 1 });
    assert.deepEqual(rounds('k-steps'), { passes: 1, repeats: 3 });
    assert.deepEqual(rounds('one-pass'), { passes: 1, repeats: 1 });
  });

  test("teacherBn: own statistics, averaged ones, the student's, re-estimated ones", () => {
    interface Run {
      readonly method: Method;
      /** The teacher's running means between its steps, then both networks' after one. */
      readonly between: number[];
      readonly student: number[];
      readonly teacher: number[];
    }
    const run = (teacherBn: string): Run => {
      const method = tinyClbo({ teacherBn, lookahead: 2, eta: 0.5 }, 'float64');
      const stepping = new Stepping(method);
      const means = () =>
        [method.student, teacherOf(method)].map(({ encoder }) => elements((encoder as TinyEncoder).bn.runningMean));
      stepping.take(1);
      const [, between] = means();
      stepping.take(1);
      const [student, teacher] = means();
      return { method, between, student, teacher } as Run;
    };
    const b1 = run('own');
    assert.notDeepEqual(b1.between, [0, 0, 0, 0, 0, 0]);
    assert.notDeepEqual(b1.teacher, b1.student);
    const b2 = run('averaged');
    assert.deepEqual(b2.between, [0, 0, 0, 0, 0, 0]);
    assertClose(
      b2.teacher,
      b2.student.map((x) => x / 2),
      { rtol: 1e-13 },
    );
    const b3 = run('student');
    assert.deepEqual(b3.teacher, b3.student);
    const b4 = run('reestimated');
    assert.deepEqual(b4.teacher, b1.teacher);
    const batch = normal([6, 3, 2, 2], 7);
    for (const { method, teacher } of [b1, b4]) {
      const branch = teacherOf(method);
      const { linear, bn } = branch.encoder as TinyEncoder;
      method.beforeEvaluation?.([batch.clone()]);
      const mean = scope(() => elements(noGrad(() => linear.forward(batch.flatten({ startDim: 1 })).mean([0]))));
      if (method === b4.method) assertClose(bn.runningMean, mean, { rtol: 1e-12 });
      else assert.deepEqual(elements(bn.runningMean), teacher);
    }
  });

  test('projLayers: 0 to 3; projHidden and projDim are their widths', () => {
    for (const projLayers of [0, 1, 2, 3]) {
      const method = tinyClbo({ projLayers, projHidden: 7, projDim: 3 });
      for (const { head } of [method.student, teacherOf(method)]) {
        assert.equal(head.layers.length, projLayers);
        assert.equal(head.outputWidth, projLayers === 0 ? 6 : 3);
        assert.equal(head.parameters().length, [0, 2, 5, 8][projLayers]);
      }
      assert.ok(Number.isFinite(new Stepping(method).take(2)));
    }
  });

  test('predictor: trained, on the student side only, without counterpart, pull and distance', () => {
    const method = tinyClbo({ predictor: true, init: 'copy', lambda0: 0.5 });
    const { predictor } = method.student;
    assert.ok(predictor);
    assert.equal(teacherOf(method).predictor, null);
    assert.equal(method.metrics?.(stepInfo({ epoch: 1, epochs: 1 })).distance, 0);
    const stepping = new Stepping(method);
    const start = hash(predictor.parameters());
    let before: string[] = [];
    stepping.onGradients = (when) => {
      const now = predictor.parameters().map((x) => hash([x.grad as Tensor]));
      if (when === 'before') before = now;
      else assert.deepEqual(now, before);
    };
    stepping.take(4);
    assert.notEqual(hash(predictor.parameters()), start);
    const distance = () => method.metrics?.(stepInfo({ epoch: 1, epochs: 1 })).distance;
    const held = distance();
    noGrad(() => predictor.parameters()[0]?.add_(10));
    assert.equal(distance(), held);
  });
});

describe('check', () => {
  const check = (options: object, epochs = 100) => methods.clbo.configure(options).check({ epochs, batch: 256 });

  test('the defaults, the base lambda and constant schedules pass', () => {
    for (const options of [
      {},
      { tauSchedule: 'base-lambda' },
      { lambdaSchedule: 'constant', tauSchedule: 'constant' },
      { eta: 0 },
      { tau0: 10_000 },
    ]) {
      check(options);
    }
  });

  test('a teacher that overshoots, in the first epoch or in the last, is refused', () => {
    assert.throws(() => check({ tau0: 20_000 }), {
      name: 'UserError',
      message: /^tau\*lambda must be in \(0, 1\], but is 2 in epoch 1; [^\n]*$/,
    });
    check({ tauSchedule: 'constant' }, 100);
    assert.throws(() => check({ tauSchedule: 'constant' }, 101), { name: 'UserError', message: /in epoch 101;/ });
    assert.throws(() => check({ tau0: 1e308, lambda0: 1e10 }), { name: 'UserError', message: /Infinity/ });
  });

  test('options that exclude each other', () => {
    assert.throws(() => check({ momentumAcrossRounds: 'reset' }), {
      name: 'UserError',
      message: /studentStart=restart/,
    });
    check({ momentumAcrossRounds: 'reset', studentStart: 'restart' });
    assert.throws(() => check({ teacherRule: 'ema', tau0: 100 }), { name: 'UserError', message: /give eta/ });
  });
});
