import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noGrad, ones, scope, type Tensor } from 'tandem-torch';
import { Branch, Head, mlpHead } from '../../src/networks/index.js';
import { elements, normal, TinyEncoder } from '../support.js';

describe('Branch', () => {
  test('projection is head of encoder, prediction goes through the predictor where there is one', () => {
    const encoder = new TinyEncoder(12, 6);
    const head = new Head(mlpHead(6, 1, 5, 4));
    const predictor = new Head(mlpHead(4, 1, 5, 4));
    const branch = new Branch(encoder, head, predictor);
    scope(() => {
      branch.eval();
      const x = normal([3, 3, 2, 2], 1, 'float32');
      const z = head.forward(encoder.forward(x));
      assert.deepEqual(elements(branch.forward(x)), elements(z));
      assert.deepEqual(elements(branch.predict(branch.forward(x))), elements(predictor.forward(z)));
      assert.deepEqual(elements(new Branch(encoder, head).predict(z)), elements(z));
    });
    branch.dispose();
  });

  test('a head goes to where the encoder is; one that is there keeps its tensors, which others may hold', () => {
    const encoder = new TinyEncoder(12, 6).to({ dtype: 'float64' });
    const head = new Head(mlpHead(6, 2, 5, 4));
    const branch = new Branch(encoder, head);
    assert.ok(branch.parameters().every((x) => x.dtype === 'float64' && x.requiresGrad));
    const before = head.parameters();
    new Branch(encoder, head);
    assert.deepEqual(head.parameters(), before);
    assert.ok(before.every((x) => x.live));
    branch.dispose();
  });

  test('a twin has the same values in tensors of its own, and no predictor', () => {
    const branch = new Branch(new TinyEncoder(12, 6), new Head(mlpHead(6, 2, 5, 4)), new Head(mlpHead(4, 2, 5, 4)));
    noGrad(() => branch.encoder.namedBuffers()[0]?.[1].add_(ones([6])));
    const twin = branch.twin();
    assert.equal(twin.predictor, null);
    const mine = new Map(branch.namedParameters());
    assert.equal(twin.namedParameters().length, 9);
    for (const [name, x] of twin.namedParameters()) {
      assert.deepEqual(elements(x), elements(mine.get(name) as Tensor), name);
      assert.notEqual(x, mine.get(name));
    }
    const [[, buffer]] = twin.namedBuffers() as [[string, Tensor]];
    assert.deepEqual(elements(buffer), [1, 1, 1, 1, 1, 1]);
    noGrad(() => twin.parameters()[0]?.zero_());
    assert.ok((branch.parameters()[0] as Tensor).abs().sum().item() > 0);
    twin.dispose();
    branch.dispose();
  });

  test('names tell encoder, head and predictor apart', () => {
    const branch = new Branch(new TinyEncoder(12, 6), new Head(mlpHead(6, 1, 5, 4)), new Head(mlpHead(4, 1, 5, 4)));
    assert.deepEqual(
      branch.namedParameters().map(([name]) => name),
      [
        'encoder.linear.weight',
        'encoder.linear.bias',
        'encoder.bn.weight',
        'encoder.bn.bias',
        'head.layers.0.0.weight',
        'head.layers.0.0.bias',
        'predictor.layers.0.0.weight',
        'predictor.layers.0.0.bias',
      ],
    );
    branch.dispose();
  });
});
