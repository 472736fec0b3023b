import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { nn, noGrad, optim, scope, type Tensor, tensor } from 'tandem-torch';
import { type Method, methods, type Views } from '../../src/methods/index.js';
import type { Encoder } from '../../src/networks/index.js';
import { clipGradients } from '../../src/train/clip.js';
import { decaySchedule } from '../../src/train/schedule.js';
import { assertClose, fixture } from '../support.js';
import { lossOf, stepContext, teacherOf, view } from './stepping.js';

type ByName = Readonly<Record<string, readonly number[]>>;

interface Setup {
  readonly n: number;
  /** Of the crops. */
  readonly sides: readonly number[];
  readonly options: object;
  readonly student: ByName;
  readonly teacher?: ByName;
}

interface Case extends Setup {
  readonly centre: readonly number[];
  readonly crops: readonly (readonly number[])[];
  readonly loss: number;
  readonly teacherEntropy: number;
  readonly gradients: ByName;
}

interface Run extends Setup {
  readonly clip: number;
  readonly perEpoch: number;
  readonly after: readonly {
    readonly crops: readonly (readonly number[])[];
    readonly loss: number;
    readonly student: ByName;
    readonly teacher: ByName;
    readonly centre: readonly number[];
  }[];
}

const { cases, runs } = fixture<{ readonly cases: readonly Case[]; readonly runs: readonly Run[] }>('dino');

/**
 * The fixture's encoder: the mean over the pixels, Linear without bias, batch norm, ReLU. It takes
 * crops of any size.
 */
class Pooled extends nn.Module implements Encoder {
  readonly linear = new nn.Linear(3, 6, { bias: false });
  readonly bn = new nn.BatchNorm1d(6);
  readonly featureWidth = 6;

  forward(x: Tensor): Tensor {
    return this.bn.forward(this.linear.forward(x.mean([2, 3]))).relu();
  }
}

type Precision = 'float32' | 'float64';

function build({ options, student, teacher = student }: Setup, dtype: Precision, more: object = {}): Method {
  const small = { projHidden: 7, projDim: 5, prototypes: 9 };
  const configured = methods.dino.configure({ ...small, ...options, ...more });
  const method = configured.build(() => new Pooled().to({ dtype }), [view, view]);
  for (const [network, state] of [
    [method.student, student],
    [teacherOf(method), teacher],
  ] as const) {
    const own = network.stateDict();
    scope(() =>
      noGrad(() => {
        for (const [key, values] of Object.entries(state)) own[key]?.copy_(read(values, own[key].shape));
      }),
    );
  }
  return method;
}

function read(values: readonly number[], shape: readonly number[]): Tensor {
  return tensor(Float64Array.from(values), { shape });
}

function cropsOf({ n, sides }: Setup, values: readonly (readonly number[])[], dtype: Precision): Views {
  return sides.map((side, i) => read(values[i] as number[], [n, 3, side, side]).to(dtype)) as unknown as Views;
}

function assertAlike(found: Readonly<Record<string, Tensor | null>>, expected: ByName, rtol: number): void {
  assert.deepEqual(Object.keys(found).sort(), Object.keys(expected).sort());
  const largest = Math.max(...Object.values(expected).flat().map(Math.abs));
  for (const [name, values] of Object.entries(expected))
    assertClose(found[name] as Tensor, values, { rtol, atol: rtol * largest, label: name });
}

for (const dtype of ['float64', 'float32'] as const) {
  const rtol = { float64: 1e-10, float32: 2e-5 }[dtype];

  describe(`DINO as in PyTorch, in ${dtype}`, () => {
    for (const entry of cases) {
      test(`loss and gradients, ${entry.n} images, crops of ${entry.sides}, ${JSON.stringify(entry.options)}`, () =>
        scope(() => {
          const method = build(entry, dtype);
          noGrad(() => method.state?.centre?.copy_(read(entry.centre, [1, 9])));
          const views = cropsOf(entry, entry.crops, dtype);
          const terms = method.loss(views, stepContext()) as Readonly<Record<string, Tensor>>;
          assertClose(terms.teacherEntropy as Tensor, entry.teacherEntropy, { rtol, label: 'entropy' });
          const loss = lossOf(method, views);
          assertClose(loss, entry.loss, { rtol, label: 'loss' });
          loss.backward();
          const found = method.student.namedParameters().map(([key, x]) => [key, x.grad] as const);
          assertAlike(Object.fromEntries(found), entry.gradients, rtol);
          for (const x of teacherOf(method).parameters()) assert.equal(x.grad, null);
        }));
    }

    for (const run of runs) {
      test(`whole steps, crops of ${run.sides}: clip, still prototypes, decay and temperature that rise, teacher, centre`, () => {
        const schedule = { eta: 0.9, teacherTemperatureStart: 0.04, teacherTemperature: 0.07, teacherWarmup: 3 };
        const method = build(run, dtype, schedule);
        const steps = run.after.length;
        const parameters = method.student.parameters();
        const optimizer = new optim.AdamW(parameters, { lr: 0.01, exclude: 'vectors' });
        const length = { epochs: 1, stepsPerEpoch: steps, by: 'step', warmup: 0 } as const;
        const weightDecay = decaySchedule({ base: 0.04, end: 0.4, ...length });
        run.after.forEach(({ crops, loss: expected, student, teacher, centre }, step) => {
          scope(() => {
            const now = stepContext({ step, steps, epoch: Math.floor(step / run.perEpoch) + 1 });
            const loss = lossOf(method, cropsOf(run, crops, dtype), now);
            optimizer.zeroGrad();
            loss.backward();
            method.beforeStep?.(now);
            clipGradients(parameters, { most: run.clip, by: 'tensor' });
            optimizer.step({ weightDecay: weightDecay(step) });
            method.afterStep?.(now);
            // Adam divides by the size of a gradient, however small: rounding shows in float32.
            const loose = dtype === 'float32' ? 50 * rtol : rtol;
            assertClose(loss, expected, { rtol: loose, label: `loss of step ${step}` });
            assertAlike(method.student.stateDict(), student, loose);
            assertAlike(teacherOf(method).stateDict(), teacher, loose);
            assertClose(method.state?.centre as Tensor, centre, { rtol: loose, atol: loose, label: 'centre' });
          });
        });
        optimizer.dispose();
      });
    }
  });
}
