import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noGrad, optim, scope, type Tensor, tensor } from 'tandem-torch';
import { sumOfTerms } from '../../src/losses/index.js';
import { type Method, methods } from '../../src/methods/index.js';
import { type Architecture, buildEncoder, Head, type PlacedEncoder, seesPlaces } from '../../src/networks/index.js';
import { frozenTeacher } from '../../src/teachers/index.js';
import { smallView } from '../../src/views/index.js';
import { assertClose, fixture, normal } from '../support.js';
import { bitsOf, stepContext, tinyMethod, tinyTeacher } from './stepping.js';

type ByName = Readonly<Record<string, readonly number[]>>;

interface Run {
  readonly compare: string;
  readonly patches: number;
  readonly student: ByName;
  readonly queue: readonly number[];
  readonly after: readonly {
    readonly images: readonly number[];
    readonly loss: number;
    readonly terms: Readonly<Record<string, number>>;
    readonly gradients: ByName;
  }[];
}

const { teacher, runs } = fixture<{ readonly teacher: ByName; readonly runs: readonly Run[] }>('feature-matching');
const view = smallView({ size: 6 });
const [small, transformer] = [
  { backbone: 'resnet8', width: 2, stem: 'small', channels: 3 },
  {
    ...{ backbone: 'vit-micro', width: 8, heads: 2, depth: 2, patch: 2, size: 6, channels: 3 },
    ...{ registers: 2, layerScale: 1, mlpWidth: 12 },
  },
] as const;

const read = (values: readonly number[], shape: readonly number[]) => tensor(Float64Array.from(values), { shape });
const copy = (to: Tensor, from: readonly number[]) => scope(() => noGrad(() => void to.copy_(read(from, to.shape))));

function teacherOf(weights: ByName) {
  const encoder = buildEncoder(transformer).to({ dtype: 'float64' });
  for (const [name, x] of encoder.namedParameters()) copy(x, weights[`encoder.${name}`] as number[]);
  const head = new Head({ widths: [encoder.featureWidth], norm: false }).to({ dtype: 'float64' });
  return frozenTeacher({ encoder, head, own: view }, view);
}

function build({ compare, patches, student, queue }: Run): Method {
  const { build: built } = methods['feature-matching'].configure({ compare, patches, bank: 8 });
  const method = built(() => buildEncoder(small).to({ dtype: 'float64' }), [view], teacherOf(teacher));
  for (const [name, x] of method.student.namedParameters()) copy(x, student[name] as number[]);
  if (method.state?.bank1) copy(method.state.bank1, queue);
  return method;
}

describe('feature matching', () => {
  for (const run of runs) {
    test(`${run.compare}: losses, terms and gradients of whole steps are PyTorch's, in float64 to 1e-10`, () => {
      const method = build(run);
      const learned = method.student.namedParameters();
      const optimizer = new optim.SGD(method.student.parameters(), { lr: 0.1, momentum: 0.9 });
      for (const [step, { images, loss, terms, gradients }] of run.after.entries()) {
        scope(() => {
          const ctx = stepContext({ step });
          const found = method.loss([read(images, [4, 3, 6, 6])], ctx) as Readonly<Record<string, Tensor>>;
          assert.deepEqual(Object.keys(found).sort(), Object.keys(terms).sort());
          for (const [name, x] of Object.entries(found))
            assertClose(x, terms[name] as number, { rtol: 1e-10, label: name });
          const whole = sumOfTerms(found);
          assertClose(whole, loss, { rtol: 1e-10 });
          optimizer.zeroGrad();
          whole.backward();
          const largest = Math.max(...Object.values(gradients).flat().map(Math.abs));
          for (const [name, x] of learned) {
            const label = `step ${step}: ${name}`;
            assertClose(x.grad as Tensor, gradients[name] as number[], { rtol: 1e-10, atol: 1e-10 * largest, label });
          }
          optimizer.step();
          method.afterStep?.(ctx);
        });
      }
      optimizer.dispose();
    });
  }

  test('places are compared by default where the teacher has patches; the teacher stays to the bit', () =>
    scope(() => {
      const teacher = tinyTeacher();
      const before = bitsOf(teacher);
      const method = tinyMethod('feature-matching', {}, { teacher });
      const x = normal([6, 3, 2, 2], 1, 'float32');
      const terms = method.loss([x], stepContext()) as Readonly<Record<string, Tensor>>;
      assert.deepEqual(Object.keys(terms), ['features']);
      sumOfTerms(terms).backward();
      assert.equal(bitsOf(teacher), before);
    }));

  test('what cannot be compared is refused in one line', () => {
    assert.throws(() => tinyMethod('feature-matching', { patches: 1 }), {
      name: 'UserError',
      message: 'the teacher is a network of your own that tells nothing of places; give patches=0',
    });
    assert.throws(
      () => methods['feature-matching'].configure({ compare: 'queue', bank: 100 }).check({ epochs: 1, batch: 8 }),
      { name: 'UserError', message: /^bank must be a multiple of the 8 keys/ },
    );
    methods['feature-matching'].configure({ bank: 100 }).check({ epochs: 1, batch: 8 });
  });
});

describe('encoders tell of places', () => {
  const all: readonly Architecture[] = [
    small,
    { ...small, stem: 'strided', pool: 2 },
    { backbone: 'resnet50', width: 4, stem: 'standard', channels: 3, embedding: 5 },
    { backbone: 'convnext-atto', width: 4, stem: 'strided', channels: 3 },
    { backbone: 'react-resnet8', width: 4, stem: 'small', channels: 3 },
    { backbone: 'reactnet-a', width: 2, stem: 'small', channels: 3 },
    { ...transformer, size: 32, patch: 8 },
    { ...transformer, size: 32, patch: 8, pooling: 'mean' },
  ];
  for (const architecture of all) {
    test(`${JSON.stringify(architecture)}: in one pass, the features those of forward, a map beside`, () =>
      scope(() =>
        noGrad(() => {
          const encoder = buildEncoder(architecture).eval();
          assert.ok(seesPlaces(encoder));
          const x = normal([2, 3, 32, 32], 3, 'float32');
          const { features, places } = (encoder as PlacedEncoder).see(x);
          assert.ok(features.equal(encoder.forward(x)));
          const [n, width, rows, columns] = places.shape;
          assert.deepEqual([n, width], [2, encoder.placeWidth]);
          assert.equal(rows, columns);
          if (!('embedding' in architecture) && !('pool' in architecture) && encoder.featureWidth === width) {
            const mean = places.mean([2, 3]);
            const isMean = !('patch' in architecture) || 'pooling' in architecture;
            if (isMean && !architecture.backbone.startsWith('convnext')) assertClose(mean, features, { atol: 1e-5 });
          }
        }),
      ));
  }
});
