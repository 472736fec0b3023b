import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cat, grad, manualSeed, noGrad, optim, scope, type Tensor } from 'tandem-torch';
import {
  barlowTwinsLoss,
  cosineDistance,
  covariance,
  infoNce,
  invariance,
  type Negatives,
  sumOfTerms,
  variance,
} from '../../src/losses/index.js';
import type { Method } from '../../src/methods/index.js';
import { Branch, Head, mlpHead } from '../../src/networks/index.js';
import { assertClose, elements, hash, TinyEncoder } from '../support.js';
import { lossOf, Stepping, shared, stepContext, stepInfo, teacherOf, tinyClbo, viewsOf } from './stepping.js';

const flat = (tensors: readonly Tensor[]) => tensors.flatMap(elements);
const gradients = (method: Method) => method.student.parameters().map((x) => (x.grad ? hash([x.grad]) : null));

describe('CLBO step by step', () => {
  test('K=1 without the prox is an EMA teacher, bit for bit, over the whole trajectory', () => {
    const method = tinyClbo({ lookahead: 1, prox: false, eta: 0.9 });
    const stepping = new Stepping(method);
    // The same run, written out.
    manualSeed(1);
    const student = new Branch(new TinyEncoder(12, 6), new Head(mlpHead(6, 2, 5, 4)));
    const teacher = student.clone().requiresGrad(false);
    const product = student.clone().requiresGrad(false);
    const sgd = new optim.SGD(student.parameters(), { lr: 0.1, momentum: 0.9, weightDecay: 5e-4 });
    for (let step = 0; step < 8; step++) {
      stepping.take();
      scope(() => {
        const [a, b] = viewsOf(step, student.parameters()[0] as Tensor);
        const targets = noGrad(() => [teacher.forward(a), teacher.forward(b)] as const);
        const loss = infoNce([student.forward(a), student.forward(b)], targets, {
          temperature: 0.2,
          negatives: 'all-others',
        });
        sgd.zeroGrad();
        loss.backward();
        sgd.step();
        noGrad(() => {
          teacher.parameters().forEach((x, i) => {
            x.lerp_(student.parameters()[i] as Tensor, 1 - 0.9);
          });
          product.parameters().forEach((x, i) => {
            x.mul_(0.9).add_(student.parameters()[i] as Tensor, { alpha: 1 - 0.9 });
          });
        });
      });
      const [ours, theirs] = [method.student, teacherOf(method)].map((x) => Object.values(x.stateDict()));
      assert.equal(hash(ours as Tensor[]), hash(Object.values(student.stateDict())), `student after step ${step + 1}`);
      assert.equal(hash(theirs as Tensor[]), hash(Object.values(teacher.stateDict())), `teacher after ${step + 1}`);
      assertClose(flat(teacher.parameters()), flat(product.parameters()), { rtol: 1e-6, atol: 1e-7 });
    }
  });

  test('K=1 with the prox: the teacher is the EMA of the recorded student', () => {
    const method = tinyClbo({ lookahead: 1, eta: 0.8, lambda0: 0.5 });
    const stepping = new Stepping(method, { stepsPerEpoch: 3 });
    const ema = teacherOf(method).twin();
    for (let step = 0; step < 8; step++) {
      stepping.take();
      noGrad(() => {
        ema.parameters().forEach((x, i) => {
          x.lerp_(method.student.parameters()[i] as Tensor, 1 - 0.8);
        });
      });
      assertClose(flat(shared(teacherOf(method))), flat(ema.parameters()), { rtol: 1e-6, atol: 1e-8 });
    }
  });

  test('the teacher stands still in the inner loop and moves once in K steps, across epochs', () => {
    for (const K of [1, 2, 3]) {
      const method = tinyClbo({ lookahead: K, epochMode: 'one-pass' });
      const teacher = teacherOf(method);
      // Five steps an epoch: the count of inner steps goes on where K does not divide them.
      const stepping = new Stepping(method, { stepsPerEpoch: 5 });
      let updates = 0;
      let before = hash(teacher.parameters());
      for (let step = 1; step <= 11; step++) {
        stepping.take();
        const now = hash(teacher.parameters());
        assert.equal(now !== before, step % K === 0, `K=${K}, step ${step}`);
        if (now !== before) updates += 1;
        before = now;
      }
      assert.equal(updates, Math.floor(11 / K));
    }
  });

  test('the teacher has no gradient and the optimizer none of its tensors', () => {
    for (const options of [{}, { predictor: true }, { init: 'independent' }, { loss: 'vicreg' }]) {
      const method = tinyClbo(options);
      const stepping = new Stepping(method);
      stepping.take(3);
      const theirs = new Set(Object.values(teacherOf(method).stateDict()));
      for (const { parameters } of stepping.optimizer.groups) for (const x of parameters) assert.ok(!theirs.has(x));
      for (const x of theirs) {
        assert.equal(x.requiresGrad, false);
        assert.equal(x.grad, null);
      }
      for (const x of method.student.parameters()) assert.ok(x.requiresGrad && x.grad);
    }
  });

  test('restart: the pull of the first inner step is exactly zero, that of the second is not', () => {
    const method = tinyClbo({ studentStart: 'restart', lambda0: 0.5 });
    const stepping = new Stepping(method);
    let before: (string | null)[] = [];
    stepping.onGradients = (when) => {
      if (when === 'before') before = gradients(method);
      else assert.equal(String(gradients(method)) === String(before), stepping.step % 2 === 0, `${stepping.step}`);
    };
    stepping.take(6);
    assert.equal(hash(shared(method.student)), hash(shared(teacherOf(method))));
  });

  test('restart with K=1: the prox changes no bit; with carry it does', () => {
    const run = (prox: boolean, studentStart: string) => {
      const method = tinyClbo({ prox, studentStart, lookahead: 1, lambda0: 0.5 });
      new Stepping(method).take(5);
      return hash([...Object.values(method.student.stateDict()), ...Object.values(teacherOf(method).stateDict())]);
    };
    assert.equal(run(true, 'restart'), run(false, 'restart'));
    assert.notEqual(run(true, 'carry'), run(false, 'carry'));
  });

  for (const proxMode of ['coupled', 'decoupled']) {
    test(`prox only, ${proxMode}: (1 - lr lambda)^m, then the teacher's step`, () => {
      const [lr, lambda0, eta, K] = [0.1, 0.5, 0.9, 4];
      const options = { proxMode, lambda0, eta, lookahead: K, init: 'independent' };
      const method = tinyClbo(options, 'float64');
      const [theta, xi] = [shared(method.student), shared(teacherOf(method))];
      const [start, held] = [flat(theta), flat(xi)];
      const gap = start.map((x, i) => x - (held[i] as number));
      const stepping = new Stepping(method, { lr, momentum: 0, weightDecay: 0, lossless: true });
      for (let m = 1; m <= K; m++) {
        stepping.take();
        const factor = (1 - lr * lambda0) ** m;
        const expected = gap.map((x, i) => (held[i] as number) + factor * x);
        assertClose(flat(theta), expected, { rtol: 1e-12, atol: 1e-14, label: `m=${m}` });
      }
      const rate = (1 - eta) * (1 - lr * lambda0) ** K;
      const moved = gap.map((x, i) => (held[i] as number) + rate * x);
      assertClose(flat(xi), moved, { rtol: 1e-12, atol: 1e-14 });
    });
  }

  test('theta = xi without a loss: nothing moves; weight decay alone moves theta by -lr wd theta', () => {
    const still = tinyClbo({}, 'float64');
    const before = hash(Object.values(still.student.stateDict()));
    new Stepping(still, { weightDecay: 0, lossless: true }).take(5);
    assert.equal(hash(Object.values(still.student.stateDict())), before);
    assert.equal(hash(Object.values(teacherOf(still).stateDict())), before);

    const decaying = tinyClbo({}, 'float64');
    const start = flat(shared(decaying.student));
    new Stepping(decaying, { lr: 0.1, weightDecay: 0.01, lossless: true }).take();
    const expected = start.map((x) => x - 0.1 * 0.01 * x);
    assertClose(flat(shared(decaying.student)), expected, { rtol: 1e-13 });
    assert.equal(hash(teacherOf(decaying).parameters()), hash(tinyClbo({}, 'float64').student.parameters()));
  });

  test('the teacher has running statistics of its own after one step, and they have no part in prox and distance', () => {
    const method = tinyClbo();
    const stepping = new Stepping(method);
    stepping.take();
    const { bn } = teacherOf(method).encoder as TinyEncoder;
    assert.ok(elements(bn.runningMean).every((x) => x !== 0));
    const numbers = () => method.metrics?.(stepInfo({ epoch: 1, epochs: 1 }));
    const before = numbers();
    assert.ok((before?.distance as number) > 0);
    noGrad(() => bn.runningMean.add_(100));
    assert.deepEqual(numbers(), before);
  });

  test('with xi = theta the loss is NT-Xent of the student exactly, its gradient is another', () =>
    scope(() => {
      const method = tinyClbo({}, 'float64');
      const views = viewsOf(0, method.student.parameters()[0] as Tensor);
      const ours = lossOf(method, views);
      const z = views.map((x) => method.student.forward(x)) as [Tensor, Tensor];
      const ntXent = infoNce(z, z, { temperature: 0.2, negatives: 'all-others' });
      assert.equal(ours.item(), ntXent.item());
      const [a, b] = [ours, ntXent].map((loss) =>
        cat((grad(loss, method.student.parameters()) as Tensor[]).map((x) => x.flatten())),
      ) as [Tensor, Tensor];
      const cosine = a.dot(b).item() / (a.norm(2, [0]).item() * b.norm(2, [0]).item());
      assert.ok(cosine > 0 && cosine < 0.999, `cosine ${cosine}`);
    }));

  test('without the prox the distance matters through the teacher features only', () => {
    for (const prox of [false, true]) {
      const method = tinyClbo({ prox, lookahead: 3 }, 'float64');
      const step = () =>
        scope(() => {
          const views = viewsOf(0, method.student.parameters()[0] as Tensor);
          for (const x of method.student.parameters()) x.grad = null;
          const loss = lossOf(method, views);
          loss.backward();
          method.beforeStep?.(stepContext());
          return { loss: loss.item(), gradients: flat(method.student.parameters().map((x) => x.grad as Tensor)) };
        });
      const before = step();
      const distance = () => method.metrics?.(stepInfo({ epoch: 1, epochs: 1 })).distance as number;
      assert.equal(distance(), 0);
      // The last layer of the teacher doubled: the same directions on the sphere from parameters
      // far away.
      const { layers } = teacherOf(method).head;
      for (const x of layers.at(-1)?.parameters() ?? []) noGrad(() => x.mul_(2));
      assert.ok(distance() > 0.5);
      const after = step();
      assertClose(after.loss, before.loss, { rtol: 1e-12 });
      const apart = after.gradients.map((x, i) => Math.abs(x - (before.gradients[i] as number)));
      assert.equal(Math.max(...apart) < 1e-12, !prox);
    }
  });
});

describe('losses between student and teacher', () => {
  const compare = (options: object, expected: (s: [Tensor, Tensor], t: [Tensor, Tensor]) => Tensor) =>
    scope(() => {
      const method = tinyClbo({ init: 'independent', ...options }, 'float64');
      const views = viewsOf(0, method.student.parameters()[0] as Tensor);
      const [s, t] = [method.student, teacherOf(method)].map((branch) =>
        views.map((x) => branch.predict(branch.forward(x))),
      ) as [[Tensor, Tensor], [Tensor, Tensor]];
      const loss = lossOf(method, views);
      assertClose(loss, expected(s, t), { rtol: 1e-12 });
      loss.backward();
      for (const x of method.student.parameters()) assert.ok(x.grad && x.grad.isfinite().all().item() === 1);
      for (const x of teacherOf(method).parameters()) assert.equal(x.grad, null);
    });

  for (const negatives of ['opposite-view', 'all-others'] as Negatives[]) {
    test(`infonce, ${negatives}, and its temperature`, () => {
      for (const temperature of [0.1, 0.5]) {
        compare({ negatives, temperature }, (s, t) => infoNce(s, t, { negatives, temperature }));
      }
    });
  }

  test('infonce with predictor: the prediction stands for the projection', () =>
    compare({ predictor: true }, (s, t) => infoNce(s, t, { negatives: 'all-others', temperature: 0.2 })));

  test('mse: each view against the other view of the teacher, both directions averaged', () =>
    compare({ loss: 'mse' }, (s, t) => cosineDistance(s[0], t[1]).add(cosineDistance(s[1], t[0])).div(2)));

  test('barlow: student and teacher each batch-normalised', () =>
    compare({ loss: 'barlow', redundancy: 0.02 }, (s, t) =>
      sumOfTerms(barlowTwinsLoss(s[0], t[1], { redundancy: 0.02 }))
        .add(sumOfTerms(barlowTwinsLoss(s[1], t[0], { redundancy: 0.02 })))
        .div(2),
    ));

  test('vicreg: invariance to the teacher, variance (not halved) and covariance of the student', () =>
    compare({ loss: 'vicreg' }, (s, t) =>
      invariance(s[0], t[1])
        .add(invariance(s[1], t[0]))
        .add(variance(s[0]))
        .add(variance(s[1]))
        .mul(12.5)
        .add(covariance(s[0]).add(covariance(s[1])).div(2)),
    ));
});
