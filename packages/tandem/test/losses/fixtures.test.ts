import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { scope, type Tensor, tensor } from 'tandem-torch';
import {
  barlowTwinsLoss,
  cosineDistance,
  covariance,
  distillationLoss,
  infoNce,
  invariance,
  negativeCosine,
  ntXent,
  queueContrast,
  queueScores,
  sumOfTerms,
  type VicRegWeights,
  variance,
  vicRegLoss,
} from '../../src/losses/index.js';
import { l2Normalize } from '../../src/math.js';
import { assertClose, fixture } from '../support.js';

/** Embeddings are integers times a power of two, so that float32 holds them exactly. */
interface Stored {
  readonly name: string;
  readonly shape: readonly number[];
  readonly scale: number;
  readonly data: readonly number[];
}

interface Case {
  readonly loss: keyof typeof losses;
  readonly inputs: readonly string[];
  readonly options: Options;
  readonly value: number;
  /** null where no gradient may arrive. */
  readonly grads: readonly (readonly number[] | null)[];
  readonly float64Only?: boolean;
}

type Options = {
  readonly temperature: number;
  readonly teacherTemperature: number;
  readonly redundancy: number;
} & VicRegWeights;

const both = (o: Options) => ({ student: o.temperature, teacher: o.teacherTemperature });
type Inputs = [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];

/** Stop-gradients are where the method has them; queueContrast has its own. */
const losses = {
  infoNceOppositeView: ([a, b, c, d]: Inputs, o: Options) =>
    infoNce([a, b], [c.detach(), d.detach()], { ...o, negatives: 'opposite-view' }),
  infoNceAllOthers: ([a, b, c, d]: Inputs, o: Options) =>
    infoNce([a, b], [c.detach(), d.detach()], { ...o, negatives: 'all-others' }),
  ntXent: ([a, b]: Inputs, o: Options) => ntXent([a, b], o),
  queueContrast: ([query, key, bank]: Inputs, o: Options) => queueContrast(query, key, bank, o),
  coordinates: ([s, t]: Inputs, o: Options) => sumOfTerms(distillationLoss(l2Normalize(s), l2Normalize(t), both(o))),
  seed: ([s, t, bank]: Inputs, o: Options) =>
    sumOfTerms(distillationLoss(queueScores(s, t, bank), queueScores(t, t, bank), both(o))),
  moby: ([p1, p2, z1, z2, bank1, bank2]: Inputs, o: Options) =>
    queueContrast(p1, z2, bank2, o).add(queueContrast(p2, z1, bank1, o)),
  cosineDistance: ([a, b]: Inputs) => cosineDistance(a, b),
  negativeCosine: ([p, z]: Inputs) => negativeCosine(p, z),
  byol: ([p1, p2, z1, z2]: Inputs) => cosineDistance(p1, z2.detach()).add(cosineDistance(p2, z1.detach())),
  barlowTwins: ([a, b]: Inputs, o: Options) => sumOfTerms(barlowTwinsLoss(a, b, o)),
  invariance: ([a, b]: Inputs) => invariance(a, b),
  variance: ([z]: Inputs) => variance(z),
  covariance: ([z]: Inputs) => covariance(z),
  vicReg: ([a, b]: Inputs, o: Options) => sumOfTerms(vicRegLoss(a, b, o)),
};

const { inputs, cases } = fixture<{ inputs: readonly Stored[]; cases: readonly Case[] }>('losses');
const stored = new Map(inputs.map((input) => [input.name, input]));

function read(name: string, dtype: 'float64' | 'float32'): Tensor {
  const { shape, scale, data } = stored.get(name) as Stored;
  const z = tensor(
    Float64Array.from(data, (x) => x * scale),
    { shape },
  );
  const leaf = (name.startsWith('bank') ? l2Normalize(z) : z).to(dtype).detach();
  leaf.requiresGrad = true;
  return leaf;
}

for (const dtype of ['float64', 'float32'] as const) {
  describe(`losses and gradients as PyTorch computes them in float64 from other formulas, in ${dtype}`, () => {
    const rtol = dtype === 'float64' ? 1e-10 : 1e-5;
    for (const { loss, inputs, options, value, grads, float64Only } of cases) {
      if (float64Only && dtype === 'float32') continue;
      test(`${loss} of ${inputs.join(', ')} ${JSON.stringify(options)}`, () =>
        scope(() => {
          const leaves = inputs.map((name) => read(name, dtype));
          const result = losses[loss](leaves as Inputs, options);
          assert.equal(result.dtype, dtype);
          assertClose(result, value, { rtol, label: 'value' });
          result.backward();
          leaves.forEach((leaf, i) => {
            const expected = grads[i];
            if (!expected) {
              assert.equal(leaf.grad, null);
              return;
            }
            // An element near zero is the difference of numbers about as large as the largest: it
            // has their rounding errors.
            const largest = Math.max(...expected.map(Math.abs));
            assertClose(leaf.grad as Tensor, expected, { rtol, atol: (rtol / 10) * largest, label: `gradient ${i}` });
          });
        }));
    }
  });
}

test('the fixture has every loss, in shapes with fewer and more images than dimensions', () => {
  assert.deepEqual(new Set(cases.map((c) => c.loss)), new Set(Object.keys(losses)));
  for (const loss of Object.keys(losses)) {
    const shapes = cases.filter((c) => c.loss === loss).map((c) => stored.get(c.inputs[0] as string)?.shape.join('x'));
    for (const shape of ['2x3', '33x7', '8x16']) assert.ok(shapes.includes(shape), `${loss} ${shape}`);
  }
});
