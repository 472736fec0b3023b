import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noGrad, optim, scope, type Tensor, tensor } from 'tandem-torch';
import { type Method, methods, type Views } from '../../src/methods/index.js';
import { buildEncoder, type TrainingForm } from '../../src/networks/index.js';
import { maskedPlaces } from '../../src/step/index.js';
import { smallView } from '../../src/views/index.js';
import { assertClose, fixture } from '../support.js';
import { lossOf, stepContext, teacherOf } from './stepping.js';

type ByName = Readonly<Record<string, readonly number[]>>;

interface Run {
  readonly method: 'mocov3' | 'dinov2';
  readonly sides: readonly number[];
  readonly eta: number;
  readonly student: ByName;
  /** Of each step. */
  readonly masks: readonly (readonly number[])[] | null;
  readonly after: readonly {
    readonly crops: readonly (readonly number[])[];
    readonly terms: Readonly<Record<string, number>>;
    readonly gradients: ByName;
  }[];
  /** The teacher after the last step. */
  readonly end: ByName;
}

const { runs } = fixture<{ readonly runs: readonly Run[] }>('vit-methods');

const architecture = {
  ...{ backbone: 'vit-micro', width: 8, heads: 2, depth: 2, patch: 2, size: 6, channels: 3 },
  ...{ registers: 2, layerScale: 1, mlpWidth: 12 },
};
const images = 3;
const head = { projHidden: 6, projDim: 5, predHidden: 6 };
const options = {
  mocov3: { ...head, temperature: 0.2 },
  dinov2: { ...head, projLayers: 2, prototypes: 7, freezeLast: 0, teacherTemperature: 0.07 },
};

function build({ method: name, eta, student }: Run): Method {
  const encoder = (form: TrainingForm = {}) => buildEncoder(architecture, form).to({ dtype: 'float64' });
  const view = smallView({ size: 6 });
  const method = methods[name].configure({ ...options[name], eta }).build(encoder, [view, view]);
  for (const network of [method.student, teacherOf(method)]) {
    for (const [key, x] of network.namedParameters()) {
      scope(() => noGrad(() => void x.copy_(read(student[key] as number[], x.shape))));
    }
  }
  return method;
}

function read(values: readonly number[], shape: readonly number[]): Tensor {
  return tensor(Float64Array.from(values), { shape });
}

/** To 1e-10 of the largest number. */
function assertAlike(found: Readonly<Record<string, Tensor>>, expected: ByName, label: string): void {
  assert.deepEqual(Object.keys(found).sort(), Object.keys(expected).sort());
  const largest = Math.max(...Object.values(expected).flat().map(Math.abs));
  for (const [name, values] of Object.entries(expected)) {
    assertClose(found[name] as Tensor, values, { rtol: 1e-10, atol: 1e-10 * largest, label: `${label}: ${name}` });
  }
}

describe('methods of vision transformers as in PyTorch, in float64', () => {
  for (const run of runs) {
    test(`${run.method}: losses and gradients of whole steps, and the teacher after them`, () => {
      const method = build(run);
      const learned = method.student.namedParameters().filter(([, x]) => x.requiresGrad);
      const parameters = learned.map(([, x]) => x);
      const optimizer = new optim.SGD(parameters, { lr: 0.1, momentum: 0.9 });
      const steps = run.after.length;
      for (const [step, { crops, terms, gradients }] of run.after.entries()) {
        scope(() => {
          const ctx = stepContext({ step, steps });
          const views = run.sides.map((side, i) => read(crops[i] as number[], [images, 3, side, side]));
          const parts = method.loss(views as unknown as Views, ctx);
          const loss = lossOf(method, views as unknown as Views, ctx);
          assertClose(loss, terms.loss as number, { rtol: 1e-10, label: `loss of step ${step}` });
          for (const name of ['maskedPatches', 'koleo'] as const) {
            if (terms[name] === undefined) continue;
            assertClose((parts as Readonly<Record<string, Tensor>>)[name] as Tensor, terms[name], { rtol: 1e-10 });
          }
          optimizer.zeroGrad();
          loss.backward();
          const found = learned.map(([key, x]) => [key, x.grad as Tensor]);
          assertAlike(Object.fromEntries(found), gradients, `gradients of step ${step}`);
          method.beforeStep?.(ctx);
          optimizer.step();
          method.afterStep?.(ctx);
        });
      }
      const teacher = Object.fromEntries(teacherOf(method).namedParameters());
      assertAlike(teacher, run.end, 'teacher');
      optimizer.dispose();
    });
  }

  test('the masks of the fixture are those that are drawn for its seed', () => {
    const masking = { images: 2 * images, side: 3, share: 0.5, ratios: [0.1, 0.5] } as const;
    const { masks } = runs.find(({ method }) => method === 'dinov2') as Run;
    for (const [step, places] of (masks as readonly number[][]).entries()) {
      assert.deepEqual([...maskedPlaces(masking, 1, step)], places);
    }
  });
});
