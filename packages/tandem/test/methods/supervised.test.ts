import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { manualSeed, noGrad, scope, type Tensor, tensor } from 'tandem-torch';
import { type Method, methods, type Supervision } from '../../src/methods/index.js';
import { Head, type HeadShape } from '../../src/networks/index.js';
import { assertClose, elements, hash, normal } from '../support.js';
import { lossOf, stepContext, tinyEncoder, view } from './stepping.js';

const classes = ['cat', 'dog', 'fish'];
const x = () => normal([6, 3, 2, 2], 1, 'float32');
const labels = () => tensor(BigInt64Array.of(0n, 1n, 2n, 0n, 1n, 2n));

/** SimCLR v2's head on the six features of the tiny encoder. */
const shape: HeadShape = { widths: [6, 6, 6, 4], norm: true, lastNorm: 'scale' };

function head(seed = 5): Head {
  manualSeed(seed);
  return new Head(shape);
}

function built(options: object, supervision: Supervision): Method {
  manualSeed(1);
  return methods.supervised
    .configure({ from: 'runs/a', ...options })
    .build(() => tinyEncoder(), [view], undefined, supervision);
}

const scores = ({ student }: Method): Tensor => student.forward(x());

/** With numbers in the classifier, or every score would be 0. */
function filled(method: Method): Method {
  const weight = method.student.head.layers.at(-1)?.parameters()[0] as Tensor;
  noGrad(() => weight.copy_(normal(weight.shape, 9, 'float32')));
  return method;
}

describe('fine-tuning from inside the head', () => {
  test('with 0 layers the features are classified, with more the activations of that layer', () =>
    scope(() => {
      const trained = head();
      for (const layers of [0, 1, 2, 3]) {
        const method = filled(built({ fromHeadLayer: layers }, { classes, head: trained }));
        const { encoder, head: own } = method.student;
        const hidden = trained.activations(encoder.forward(x()))[layers] as Tensor;
        if (layers === 1) assert.ok(hidden.min().item() >= 0, 'after the ReLU');
        const [weight, bias] = (own.layers.at(-1) as (typeof own.layers)[number]).parameters() as [Tensor, Tensor];
        assertClose(scores(method), hidden.mm(weight.t()).add(bias), { rtol: 1e-5, atol: 1e-6 });
      }
    }));

  test('later layers of the head change nothing', () =>
    scope(() => {
      const other = head(6);
      const trained = head();
      other.layers[0]?.loadStateDict(trained.layers[0]?.stateDict() ?? {});
      const [a, b] = [trained, other].map((x) =>
        elements(scores(filled(built({ fromHeadLayer: 1 }, { classes, head: x })))),
      );
      assert.notEqual(hash(trained.parameters()), hash(other.parameters()));
      assert.deepEqual(a, b);
    }));

  test('each layer brings three tensors more that learn: weight, gain, shift', () => {
    const counts = [0, 1, 2].map(
      (n) => built({ fromHeadLayer: n }, { classes, head: head() }).student.parameters().length,
    );
    assert.deepEqual(
      [(counts[1] as number) - (counts[0] as number), (counts[2] as number) - (counts[1] as number)],
      [3, 3],
    );
  });

  test('the first loss is ln(classes), and the head it came from stays', () =>
    scope(() => {
      const trained = head();
      const before = hash(trained.parameters());
      for (const layers of [0, 1, 3]) {
        const method = built({ fromHeadLayer: layers }, { classes, head: trained });
        const loss = lossOf(method, [x()], stepContext({}, { labels: labels() }));
        assert.equal(loss.item(), Math.fround(Math.log(3)));
        loss.backward();
        assert.ok((method.student.head.layers.at(-1)?.parameters() ?? []).every(({ grad }) => grad));
      }
      assert.equal(hash(trained.parameters()), before);
    }));

  test('from scratch it is the same network with other numbers', () => {
    const [tuned, fresh] = [false, true].map((fromScratch) =>
      built({ fromHeadLayer: 1, fromScratch }, { classes, head: head() }).student.head.stateDict(),
    ) as [Record<string, Tensor>, Record<string, Tensor>];
    const shapes = (state: Record<string, Tensor>) =>
      Object.entries(state).map(([name, { shape }]) => `${name} ${shape}`);
    assert.deepEqual(shapes(fresh), shapes(tuned));
    assert.notEqual(hash(Object.values(fresh)), hash(Object.values(tuned)));
  });

  test('layers that are not there are refused in one line', () => {
    const why = (layers: number, head?: Head) => () => built({ fromHeadLayer: layers }, { classes, head });
    assert.throws(why(4, head()), {
      name: 'UserError',
      message: 'cannot start from layer 4 of the head of runs/a: its head has 3; give 0 to 3',
    });
    assert.throws(why(1), /cannot start from layer 1 of the head of runs\/a: it has no head; give 0, or a run folder/);
  });
});
