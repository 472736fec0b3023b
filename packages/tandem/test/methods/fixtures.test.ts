import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { arange, noGrad, scope, type Tensor, tensor } from 'tandem-torch';
import { l2Normalize } from '../../src/math.js';
import type { Method, Views } from '../../src/methods/index.js';
import { Branch, Head } from '../../src/networks/index.js';
import { projectShuffled } from '../../src/step/index.js';
import { type FrozenTeacher, frozenTeacher } from '../../src/teachers/index.js';
import { assertClose, elements, fixture, study } from '../support.js';
import {
  bitsOf,
  lossOf,
  Stepping,
  settingsFor,
  stepContext,
  teacherOf,
  tinyEncoder,
  tinyMethod,
  view,
} from './stepping.js';

type Numbers = readonly number[];
type ByName = Readonly<Record<string, Numbers>>;

interface Setup {
  readonly method: string;
  /** Images in a batch, and the width of the projection. */
  readonly n: number;
  readonly d: number;
  readonly options: object;
  readonly parts: number;
  readonly student: string;
  readonly teacher: string | null;
  readonly banks: readonly string[];
}

interface Case extends Setup {
  /** In which the teacher sees the images, for each direction; null without shuffling. */
  readonly orders: readonly Numbers[] | null;
  readonly loss: number;
  readonly gradients: ByName;
  readonly float64Only: boolean;
}

interface Run extends Setup {
  /** The network that is imitated, if any. */
  readonly frozen: string | null;
  readonly orders: readonly (readonly Numbers[])[] | null;
  /** The loss of each step, and what it left. */
  readonly after: readonly {
    readonly loss: number;
    readonly student: ByName;
    readonly teacher: ByName | null;
    readonly banks: readonly Numbers[];
    readonly pointer: number;
  }[];
}

/** Networks, views and banks are integers times this, so that float32 holds them exactly. */
const scale = 2 ** -10;

const { networks, tensors, cases, runs } = fixture<{
  readonly networks: readonly { readonly name: string; readonly state: ByName }[];
  readonly tensors: readonly { readonly name: string; readonly shape: Numbers; readonly data: Numbers }[];
  readonly cases: readonly Case[];
  readonly runs: readonly Run[];
}>('methods');

const dtypes = ['float64', 'float32'] as const;
const rtolOf = { float64: 1e-10, float32: 1e-5 };

function read(name: string): Tensor {
  const stored = tensors.find((x) => x.name === name) as (typeof tensors)[number];
  return tensor(
    Float64Array.from(stored.data, (x) => x * scale),
    { shape: stored.shape },
  );
}

/** Two stored batches as images. */
function images(names: readonly [string, string], dtype: 'float64' | 'float32'): Views {
  return names.map((name) => read(name).reshape([-1, 3, 2, 2]).to(dtype)) as unknown as Views;
}

function load(branch: Branch, name: string): void {
  const { state } = networks.find((x) => x.name === name) as (typeof networks)[number];
  const own = branch.namedParameters();
  assert.deepEqual(own.map(([key]) => key).sort(), Object.keys(state).sort(), name);
  scope(() =>
    noGrad(() => {
      for (const [key, x] of own) {
        const values = Float64Array.from(state[key] as Numbers, (value) => value * scale);
        x.copy_(tensor(values, { shape: x.shape }));
      }
    }),
  );
}

/** The method with the networks and banks of the fixture. */
function build(
  { method: name, n, d, options, parts, student, teacher, banks }: Setup,
  shuffle: boolean,
  dtype: 'float64' | 'float32',
  imitated?: FrozenTeacher,
): Method {
  const own = { projHidden: 5, projDim: d, predHidden: 4, bank: 2 * n, bnSplits: parts, shuffle };
  const method = tinyMethod(name, { ...settingsFor(name, own), ...options }, { dtype, teacher: imitated });
  load(method.student, student);
  assert.equal(method.teacher === undefined, teacher === null);
  if (teacher) load(teacherOf(method), teacher);
  banks.forEach((bank, i) => {
    scope(() => noGrad(() => method.state?.[`bank${i + 1}`]?.copy_(l2Normalize(read(bank)))));
  });
  return method;
}

/** A network whose batch norms have seen one batch in training mode, frozen then. */
function freeze(name: string, { n, d }: Run, dtype: 'float64' | 'float32'): FrozenTeacher {
  const encoder = tinyEncoder().to({ dtype });
  const branch = new Branch(encoder, new Head({ widths: [encoder.featureWidth, 5, d], norm: true }));
  load(branch, name);
  scope(() => noGrad(() => branch.forward(read(`seen before, ${n}`).reshape([-1, 3, 2, 2]).to(dtype))));
  return frozenTeacher({ encoder, head: branch.head, own: view }, view);
}

/** Compares tensors by name. */
function assertAlike(found: Readonly<Record<string, Tensor | null>>, expected: ByName, rtol: number): void {
  assert.deepEqual(Object.keys(found).sort(), Object.keys(expected).sort());
  // An element near zero is what is left of numbers up to the largest one's size, and has their
  // rounding errors. Layers hand them on.
  const largest = Math.max(...Object.values(expected).flat().map(Math.abs));
  for (const [name, values] of Object.entries(expected)) {
    assert.ok(found[name], `${name} is missing`);
    assertClose(found[name] as Tensor, values, { rtol, atol: rtol * largest, label: name });
  }
}

for (const dtype of dtypes) {
  const rtol = rtolOf[dtype];

  describe(`losses and gradients of every parameter as in PyTorch, in ${dtype}`, () => {
    for (const entry of cases) {
      if (entry.float64Only && dtype === 'float32') continue;
      const { method: name, n, d, options, parts, orders, loss, gradients } = entry;
      const how = `${parts} parts${orders ? ', shuffled' : ''}`;
      test(`${name} of ${n} x ${d} ${JSON.stringify(options)}, ${how}`, () =>
        scope(() => {
          const method = build(entry, orders !== null, dtype);
          const result = lossOf(
            method,
            images([`view of ${n}`, `other view of ${n}`], dtype),
            stepContext({ seed: 1 }),
          );
          assertClose(result, loss, { rtol, label: 'loss' });
          result.backward();
          const found = method.student.namedParameters().map(([key, x]) => [key, x.grad] as const);
          assertAlike(Object.fromEntries(found), gradients, rtol);
          for (const x of method.teacher?.parameters() ?? []) assert.equal(x.grad, null);
        }));
    }
  });

  describe(`whole steps as in PyTorch, in ${dtype}`, () => {
    for (const run of runs) {
      test(`${run.method} ${JSON.stringify(run.options)}, ${run.parts} parts`, () => {
        const imitated = run.frozen === null ? undefined : freeze(run.frozen, run, dtype);
        const method = build(run, run.orders !== null, dtype, imitated);
        const before = imitated && bitsOf(imitated);
        const stepping = new Stepping(method, {
          stepsPerEpoch: 2,
          epochs: 5,
          views: (step) => images([`step ${step} of ${run.n}`, `other of ${step}, ${run.n}`], dtype),
        });
        for (const { loss, student, teacher, banks, pointer } of run.after) {
          assertClose(stepping.take(), loss, { rtol: 10 * rtol, label: 'loss' });
          assertAlike(method.student.stateDict(), student, rtol);
          if (teacher) assertAlike(teacherOf(method).stateDict(), teacher, rtol);
          banks.forEach((bank, i) => {
            assertClose(method.state?.[`bank${i + 1}`] as Tensor, bank, { rtol, atol: rtol, label: `bank ${i + 1}` });
          });
          if (banks.length > 0) assert.equal(method.state?.pointer?.item(), pointer);
          assert.equal(Object.keys(method.state ?? {}).length, banks.length === 0 ? 0 : banks.length + 1);
        }
        assert.equal(imitated && bitsOf(imitated), before);
      });
    }
  });
}

describe('the fixture', () => {
  test('has every method but DINO, which has one of its own, with few images and with many', () => {
    for (const [n, d] of [
      [2, 3],
      [33, 7],
    ]) {
      const found = cases.filter((entry) => entry.n === n && entry.d === d).map((entry) => entry.method);
      assert.deepEqual(new Set(found), new Set(study));
    }
  });

  test('shuffles as the teacher does with this seed', () => {
    const orderOf = (n: number, step: number, use: number) => {
      let seen: number[] = [];
      const probe = (x: Tensor) => {
        seen = elements(x);
        return x;
      };
      scope(() => projectShuffled(probe, arange(n), stepContext({ seed: 1, step }), use));
      return seen;
    };
    const shuffled = [
      ...cases.flatMap(({ n, orders }) => (orders ?? []).map((order, use) => ({ n, order, use, step: 0 }))),
      ...runs.flatMap(({ n, orders }) =>
        (orders ?? []).flatMap((ofStep, step) => ofStep.map((order, use) => ({ n, order, use, step }))),
      ),
    ];
    assert.equal(shuffled.length, 1 + 2 + 3 * 2 + 3);
    for (const { n, order, use, step } of shuffled) assert.deepEqual(orderOf(n, step, use), order);
  });
});
