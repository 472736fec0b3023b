import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noGrad, scope, type Tensor } from 'tandem-torch';
import { queueContrast } from '../../src/losses/index.js';
import { l2Normalize } from '../../src/math.js';
import { methods } from '../../src/methods/index.js';
import { Head } from '../../src/networks/index.js';
import { frozenTeacher } from '../../src/teachers/index.js';
import { assertClose, elements } from '../support.js';
import {
  lossOf,
  Stepping,
  settingsFor,
  stepContext,
  tinyEncoder,
  tinyMethod,
  tinyTeacher,
  view,
  viewsOf,
} from './stepping.js';

const bankOf = ({ state }: { readonly state?: Readonly<Record<string, Tensor>> }) => state?.bank1 as Tensor;
const seed = (options: object = {}) => tinyMethod('seed', options, { dtype: 'float64' });
const images = (step = 0) => viewsOf(step, { dtype: 'float64' })[0];
const keys = (x: Tensor) => l2Normalize(tinyTeacher({ dtype: 'float64' }).project([x])[0]);

describe('SEED', () => {
  test('with a teacher that is sure of itself it is InfoNCE against the queue of before, with the own image as the positive', () =>
    scope(() => {
      const method = seed({ teacherTemperature: 1e-5 });
      const x = images();
      const expected = queueContrast(method.student.forward(x), keys(x), bankOf(method), { temperature: 0.2 });
      assertClose(lossOf(method, [x]), expected, { rtol: 1e-9 });
    }));

  test('after each step the outputs of the teacher, of length 1, take the place of the oldest', () => {
    const method = seed();
    const stepping = new Stepping(method, { views: (step) => [images(step)] });
    for (let step = 0; step < 5; step++) {
      assert.equal(method.state?.pointer?.item(), (6 * step) % 24);
      stepping.take();
      const from = (6 * step) % 24;
      scope(() => assertClose(bankOf(method).narrow(0, from, 6), keys(images(step)), { rtol: 1e-12, atol: 1e-14 }));
    }
    assertClose(bankOf(method).norm(2, [1]), new Array(24).fill(1), { atol: 1e-12 });
  });

  test('a queue that the images of a step do not divide is refused, and so is a student of another width', () => {
    assert.throws(() => methods.seed.configure({ bank: 100 }).check({ epochs: 1, batch: 8 }), {
      name: 'UserError',
      message: /^bank must be a multiple of the 8 keys that each step brings, got 100; the nearest is 104$/,
    });
    assert.throws(() => seed({ projDim: 5 }), {
      name: 'UserError',
      message: /^the teacher gives 4 numbers for an image, the student would give 5; leave projDim out$/,
    });
    assert.throws(() => seed({ projLayers: 0, projDim: undefined }), {
      message: /student would give 6; give projLayers=2$/,
    });
    assert.equal(seed({ projDim: undefined }).student.head.outputWidth, 4);
  });
});

describe('a student that is its teacher', () => {
  for (const [name, options] of [
    ['seed', { temperature: 0.1, teacherTemperature: 0.1 }],
    ['s2bnn', { temperature: 0.1 }],
  ] as const) {
    test(`${name}: the loss is the entropy of the teacher, and there is no gradient`, () =>
      scope(() => {
        const [encoder, shape] = [tinyEncoder().to({ dtype: 'float64' }), { widths: [6, 5, 4], norm: false }];
        const head = new Head(shape).to({ dtype: 'float64' });
        const own = { ...settingsFor(name, { projHidden: 5, projDim: 4, bank: 24 }), ...options };
        const network = { encoder: encoder.clone(), head: head.clone(), own: view };
        const trained = frozenTeacher(network, view);
        const method = methods[name].configure(own).build(() => encoder, [view], trained);
        noGrad(() => {
          const mine = method.student.head.stateDict();
          for (const [key, x] of Object.entries(head.stateDict())) mine[key]?.copy_(x);
        });
        method.student.eval();
        const terms = method.loss([images()], stepContext()) as Record<string, Tensor>;
        assertClose(terms.divergence as Tensor, 0, { atol: 1e-14 });
        assert.ok((terms.teacherEntropy as Tensor).item() > 0.1);
        lossOf(method, [images()]).backward();
        for (const [key, x] of method.student.namedParameters()) {
          assertClose(x.grad as Tensor, new Array(x.numel).fill(0), { atol: 1e-13, label: key });
        }
        assert.ok(elements(trained.project([images()])[0]).some((value) => value !== 0));
      }));
  }
});
