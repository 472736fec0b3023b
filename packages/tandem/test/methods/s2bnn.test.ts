import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noGrad, scope, type Tensor } from 'tandem-torch';
import { distillationLoss, queueContrast, sumOfTerms } from '../../src/losses/index.js';
import { l2Normalize } from '../../src/math.js';
import { type Method, methods } from '../../src/methods/index.js';
import type { AuxiliaryNetwork } from '../../src/methods/method.js';
import type { Branch } from '../../src/networks/index.js';
import { resolveConfig } from '../../src/pretrain/index.js';
import { newOptimizer } from '../../src/pretrain/optimizer.js';
import { assertClose, hash, normal } from '../support.js';
import { reports, setUp } from './running.js';
import { bitsOf, lossOf, Stepping, stepContext, teacherOf, tinyMethod, tinyTeacher, viewsOf } from './stepping.js';

const s2bnn = (options: object = {}) => tinyMethod('s2bnn', { bnSplits: 1, ...options }, { dtype: 'float64' });
const of = (terms: ReturnType<Method['loss']>) => terms as unknown as Record<string, Tensor>;
const views = () => viewsOf(0, { dtype: 'float64' });

/** The loss of S2-BNN's strategy 3, from its definition. */
const imitation = ({ student }: Method, x: Tensor) =>
  sumOfTerms(
    distillationLoss(l2Normalize(student.forward(x)), l2Normalize(tinyTeacher({ dtype: 'float64' }).project([x])[0]), {
      student: 0.2,
      teacher: 0.2,
    }),
  );

/** The contrast of the first view with the key of the second. */
const contrast = (method: Method, a: Tensor, b: Tensor) => {
  const key = noGrad(() => teacherOf(method).forward(b));
  return queueContrast(method.student.forward(a), key, method.state?.bank1 as Tensor, { temperature: 0.2 });
};

describe('the strategies of S2-BNN', () => {
  test('distillation: coordinates of one view, student and teacher at one temperature; no keys', () =>
    scope(() => {
      const method = s2bnn();
      const [a] = views();
      assertClose(lossOf(method, [a]), imitation(method, a), { rtol: 1e-12 });
      assert.deepEqual(Object.keys(of(method.loss([a], stepContext()))), ['divergence', 'teacherEntropy']);
      assert.equal(method.teacher, undefined);
      assert.deepEqual(method.state, {});
    }));

  test("contrastive: MoCo's loss in one direction, the first view asking", () =>
    scope(() => {
      const method = s2bnn({ strategy: 'contrastive' });
      const [a, b] = views();
      assert.deepEqual(Object.keys(of(method.loss([a, b], stepContext()))), ['contrast']);
      assertClose(lossOf(method, [a, b]), contrast(method, a, b), { rtol: 1e-10 });
    }));

  test('both: the sum, the frozen teacher seeing the first view and the keys coming from the second', () =>
    scope(() => {
      const method = s2bnn({ strategy: 'both' });
      const [a, b] = views();
      const terms = of(method.loss([a, b], stepContext()));
      assert.deepEqual(Object.keys(terms), ['contrast', 'divergence', 'teacherEntropy']);
      assertClose(terms.contrast as Tensor, contrast(method, a, b), { rtol: 1e-12 });
      assertClose(sumOfTerms(terms), contrast(method, a, b).add(imitation(method, a)), { rtol: 1e-12 });
    }));

  test('the views that each takes', () => {
    const count = (options: object) => methods.s2bnn.configure(options).views;
    assert.deepEqual(count({}), { least: 1, most: 1 });
    for (const options of [{ strategy: 'contrastive' }, { strategy: 'both' }, { coTrained: 'resnet18' }]) {
      assert.deepEqual(count(options), { least: 2, most: 2 });
    }
  });
});

describe('a teacher that learns beside the student', () => {
  const settings = { method: 's2bnn', batch: 8, epochs: 2, bank: 16, bnSplits: 2, coTrained: 'resnet8', projDim: 8 };
  const plain = { optimizer: 'sgd', lr: 0.1, weightDecay: 0, coTrainedWidth: 4 };
  const run = (more: object = {}) => setUp({ settings: { ...settings, ...plain, ...more } });

  test('it learns by its own loss alone: the student changes nothing in it', async () => {
    const one = run();
    const other = run();
    noGrad(() => {
      for (const x of other.method.student.parameters()) x.mul_(1.5);
    });
    await reports(one, 3);
    await reports(other, 3);
    const bits = ({ method }: typeof one, name: string) =>
      hash(Object.values(method.auxiliary?.[name]?.branch.stateDict() ?? {}));
    for (const name of ['coTrained', 'coTrainedKeys']) assert.equal(bits(one, name), bits(other, name));
    assert.notEqual(bits(one, 'coTrained'), bits(run(), 'coTrained'));
  });

  test('its rate is its own, on the schedule of the run', async () => {
    const { method, batches, plan } = run({ coTrainedLr: 0.02, schedule: 'step' });
    await reports({ method, batches, plan }, 4);
    const [student, teacher] = plan.optimizer.groups;
    assert.ok(student && teacher && student.lr < 0.1);
    assertClose(teacher.lr, student.lr / 5, { rtol: 1e-12 });
  });

  test('what it says is said in evaluation mode: its own forward alone moves its statistics', () => {
    const { method } = run();
    const {
      coTrained: { branch },
    } = method.auxiliary as Record<'coTrained', AuxiliaryNetwork>;
    const [a, b] = [1, 2].map((seed) => normal([8, 3, 8, 8], seed, 'float32')) as [Tensor, Tensor];
    scope(() => {
      noGrad(() => branch.forward(b.mul(3).add(1)));
      const twin = branch.twin();
      const temperatures = { student: 0.2, teacher: 0.2 };
      const said = noGrad(() => l2Normalize(twin.eval().forward(a)));
      const expected = distillationLoss(l2Normalize(method.student.forward(a)), said, temperatures);
      const inTraining = noGrad(() => l2Normalize(twin.train().forward(a)));
      assert.ok(inTraining.sub(said).abs().max().item() > 0.01);
      const { divergence, teacherEntropy } = of(method.loss([a, b], stepContext()));
      assertClose(divergence as Tensor, expected.divergence, { rtol: 1e-5 });
      assertClose(teacherEntropy as Tensor, expected.teacherEntropy, { rtol: 1e-6 });
      const statistics = (branch: Branch) => hash(branch.namedBuffers().map(([, x]) => x));
      assert.equal(statistics(branch), statistics(twin));
      assert.ok(branch.modules().every(({ training }) => training));
    });
  });

  test('strategy=both has its own keys beside', () => {
    const { method } = run({ strategy: 'both' });
    assert.deepEqual(Object.keys(method.auxiliary ?? {}), ['coTrained', 'coTrainedKeys']);
    assert.deepEqual(Object.keys(method.state ?? {}), ['bank1', 'pointer', 'coTrained.bank1', 'coTrained.pointer']);
  });

  test('a network that is frozen is given to no optimizer', () => {
    const method = tinyMethod('s2bnn');
    method.student.encoder.requiresGrad(false);
    const config = resolveConfig({ images: 'x', method: 's2bnn', teacher: 'a/run' });
    assert.throws(
      () => newOptimizer(config.training, method),
      /^Error: an optimizer was given a network that is frozen$/,
    );
  });
});

describe('options of S2-BNN that do not go together', () => {
  const wrong: [object, RegExp][] = [
    [{}, /^strategy=distillation imitates a teacher: give .* as --teacher, or coTrained=resnet18$/],
    [{ strategy: 'both' }, /^strategy=both imitates a teacher/],
    [
      { strategy: 'contrastive', teacher: 'a' },
      /^strategy=contrastive has no teacher; strategy=both imitates one too$/,
    ],
    [{ teacher: 'a', coTrained: 'resnet18' }, /learns beside the student \(coTrained\); give one$/],
    [{ teacher: 'a', coTrainedLr: 0.1 }, /^coTrainedLr is of a teacher that learns .*; the one given is frozen: /],
    [{ strategy: 'contrastive', coTrainedWidth: 8 }, /^coTrainedWidth is of a teacher .*; there is none$/],
    [{ coTrained: 'resnet19' }, /^unknown backbone 'resnet19'; there is resnet8, /],
    [{ strategy: 'both', teacher: 'a', bank: 100 }, /^bank must be a multiple of the 256 keys/],
    [{ strategy: 'both', teacher: 'a', bnSplits: 3 }, /^bnSplits must divide the batch of 256/],
  ];
  for (const [given, message] of wrong) {
    test(`refused: ${Object.entries(given).join(' ').replaceAll(',', '=') || 'no teacher'}`, () => {
      assert.throws(() => resolveConfig({ images: 'x', method: 's2bnn', ...given }), { name: 'UsageError', message });
    });
  }

  test('a queue acts with a contrast alone', () => {
    resolveConfig({ images: 'x', method: 's2bnn', teacher: 'a', batch: 100 });
  });
});

test('whole steps move the student and its keys, and leave the teacher', () => {
  const teacher = tinyTeacher({ dtype: 'float64' });
  const method = tinyMethod('s2bnn', { strategy: 'both' }, { dtype: 'float64', teacher });
  const look = () => [hash(method.student.parameters()), hash(teacherOf(method).parameters()), bitsOf(teacher)];
  const before = look();
  new Stepping(method).take(2);
  const after = look();
  assert.deepEqual(
    after.map((bits, i) => bits === before[i]),
    [false, false, true],
  );
  assert.equal(method.state?.pointer?.item(), 12);
});
