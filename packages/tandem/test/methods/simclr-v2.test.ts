import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { manualSeed, nn, noGrad, scope, type Tensor, tensor } from 'tandem-torch';
import { type Method, methods } from '../../src/methods/index.js';
import { type Encoder, Head } from '../../src/networks/index.js';
import { type FrozenTeacher, frozenTeacher } from '../../src/teachers/index.js';
import { assertClose, fixture, normal } from '../support.js';
import { lossOf, stepContext, tinyEncoder, view } from './stepping.js';

const classes = (n: number) => Array.from({ length: n }, (_, i) => String(i));

function built(encoder: Encoder, teacher: FrozenTeacher, options: object = {}): Method {
  return methods['simclr-v2'].configure(options).build(() => encoder, [view], teacher);
}

/** A teacher that says what it is told to, whatever it sees. */
function saying(answer: () => Tensor, width: number, classes?: string[]): FrozenTeacher {
  const parts = { encoder: new Through(width), head: new Head({ widths: [width], norm: false }) };
  return {
    ...parts,
    width,
    classes,
    project: () => [answer()] as never,
    see: () => ({ features: answer() }),
    dispose() {},
  };
}

/** Its features are its images. */
class Through extends nn.Module implements Encoder {
  constructor(readonly featureWidth: number) {
    super();
  }

  forward(x: Tensor): Tensor {
    return x.reshape([-1, this.featureWidth]);
  }
}

interface Case {
  readonly temperature: number;
  readonly alpha: number | null;
  readonly student: readonly (readonly number[])[];
  readonly teacher: readonly (readonly number[])[];
  readonly labels: readonly number[];
  readonly loss: number;
  readonly gradient: readonly (readonly number[])[];
}

const { cases } = fixture<{ cases: readonly Case[] }>('simclr-v2');

const rows = (values: Case['student']) =>
  tensor(Float64Array.from(values.flat()), { shape: [values.length, values[0]?.length ?? 0] });

/** The method whose scores are its images, with a teacher that says `known`. */
function through(known: Tensor, options: object): Method {
  const width = known.shape[1] as number;
  const teacher = saying(() => known, width, classes(width));
  const method = built(new Through(width), teacher, options);
  const [weight, bias] = method.student.head.to({ dtype: 'float64' }).parameters() as [Tensor, Tensor];
  noGrad(() => {
    weight.copy_(rows(classes(width).map((_, i) => classes(width).map((__, j) => Number(i === j)))));
    bias.zero_();
  });
  return method;
}

describe('the last stage of SimCLR v2', () => {
  for (const { temperature, alpha, student, teacher, labels, loss, gradient } of cases) {
    test(`loss and gradient are PyTorch's: temperature ${temperature}, ${alpha === null ? 'no labels' : `alpha ${alpha}`}`, () =>
      scope(() => {
        const method = through(rows(teacher), { temperature, ...(alpha !== null && { labels: 0.1, alpha }) });
        const x = rows(student);
        x.requiresGrad = true;
        const at = stepContext({}, { labels: tensor(BigInt64Array.from(labels, BigInt)) });
        const found = lossOf(method, [x], at);
        found.backward();
        assertClose(found, loss, { rtol: 1e-12 });
        assertClose(x.grad as Tensor, gradient.flat(), { rtol: 1e-10, atol: 1e-15 });
      }));
  }

  test('as the temperature grows the gradient tends to the difference of the centred scores, as 1 over it', () =>
    scope(() => {
      const [n, width] = [6, 5];
      const [student, teacher] = [normal([n, width], 1), normal([n, width], 2)];
      const centred = (x: Tensor) => x.sub(x.mean([1], { keepdim: true }));
      const limit = centred(student)
        .sub(centred(teacher))
        .div(width * n);
      const gap = (temperature: number) => {
        const x = student.detach().clone();
        x.requiresGrad = true;
        lossOf(through(teacher, { temperature }), [x]).backward();
        return (x.grad as Tensor).sub(limit).abs().max().item();
      };
      const [near, nearer] = [gap(1e2), gap(1e4)];
      assert.ok(nearer < 1e-5 && nearer > 0, `${nearer}`);
      assertClose(near / nearer, 100, { rtol: 0.05 });
    }));

  test('of a copy of the teacher it is the entropy times the temperature squared, without gradient', () =>
    scope(() => {
      manualSeed(1);
      const own = tinyEncoder().to({ dtype: 'float64' });
      const head = new Head({ widths: [6, 3], norm: false }).to({ dtype: 'float64' });
      const like = { mean: view.mean, std: view.std };
      const teacher = frozenTeacher({ encoder: own.clone(), head: head.clone(), classes: classes(3), own: like }, like);
      const method = built(own, teacher, { temperature: 2 });
      method.student.head.loadStateDict(head.stateDict());
      method.student.eval();
      const x = normal([6, 3, 2, 2], 1);
      const p = method.student.forward(x).detach().div(2).softmax(1);
      const entropy = p.mul(p.log()).sum().div(-6).item();
      const loss = lossOf(method, [x]);
      loss.backward();
      assertClose(loss, 4 * entropy, { rtol: 1e-12 });
      for (const { grad } of method.student.parameters()) assert.ok((grad as Tensor).abs().max().item() < 1e-14);
    }));

  test('labels of other classes than the teacher tells apart are refused', () => {
    const { build } = methods['simclr-v2'].configure({ labels: 0.1 });
    const teacher = saying(() => assert.fail('not asked'), 2, ['cat', 'dog']);
    assert.throws(
      () => build(() => tinyEncoder(), [view], teacher, { classes: ['a', 'b', 'c', 'd'] }),
      /^UserError: the teacher tells cat, dog apart, the labels a, b, c and 1 more; give labels=0$/,
    );
  });

  test('a teacher that names no classes is refused, with what to do', () => {
    const teacher = saying(() => assert.fail('not asked'), 3);
    assert.throws(() => built(tinyEncoder(), teacher), {
      name: 'UserError',
      message: /^simclr-v2 learns from a teacher that tells classes apart; fine-tune this one first: tandem finetune /,
    });
  });
});
