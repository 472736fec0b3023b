import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import {
  autocast,
  conv2d,
  enableGrad,
  grad,
  gradEnabled,
  inferenceMode,
  liveCount,
  matmul,
  noGrad,
  ones,
  randn,
  scope,
  type Tensor,
  tensor,
} from '../src/index.js';
import { assertThrowsLine } from './messages.js';

const scoped = (name: string, body: () => void) =>
  test(name, () => {
    const before = liveCount();
    scope(body);
    assert.equal(liveCount(), before, 'live tensors');
    assert.equal(gradEnabled(), true, 'recording is on again');
  });

const variable = (...values: number[]) => tensor(values, { requiresGrad: true, dtype: 'float64' });

// Asked anew each time: TypeScript would remember that it was null.
const gradient = (x: Tensor) => x.grad?.toArray() ?? null;

describe('backward', () => {
  scoped('adds to the gradients that are there', () => {
    const x = variable(1, 2);
    assert.equal(gradient(x), null);
    x.mul(3).sum().backward();
    assert.deepEqual(gradient(x), [3, 3]);
    x.mul(x).sum().backward();
    assert.deepEqual(gradient(x), [5, 7]);
    x.grad = null;
    assert.equal(gradient(x), null);
    x.sum().backward();
    assert.deepEqual(gradient(x), [1, 1]);
  });

  scoped('weighs by the gradient given', () => {
    const x = variable(1, 2);
    x.mul(x).backward(tensor([10, 100], { dtype: 'float64' }));
    assert.deepEqual(gradient(x), [20, 400]);
  });

  scoped('can go twice with retainGraph', () => {
    const x = variable(2);
    const y = x.mul(x).sum();
    y.backward(undefined, { retainGraph: true });
    y.backward();
    assert.deepEqual(gradient(x), [8]);
  });

  scoped('reaches leaves through tensors that have been freed', () => {
    const x = variable(1, 2);
    const loss = scope(() => x.mul(2).exp().mul(3).sum());
    loss.backward();
    const expected = [6 * Math.exp(2), 6 * Math.exp(4)];
    (gradient(x) as number[]).forEach((value, i) => {
      assert.ok(Math.abs(value - (expected[i] as number)) < 1e-9);
    });
  });

  scoped('a gradient can be set, and is the same tensor', () => {
    const x = variable(1, 2);
    const given = tensor([5, 6], { dtype: 'float64' });
    x.grad = given;
    assert.equal(x.grad, given);
    x.sum().backward();
    assert.deepEqual(gradient(x), [6, 7]);
  });

  scoped('leaves the gradients of what is frozen alone', () => {
    const [x, y] = [variable(1), variable(2)];
    y.requiresGrad = false;
    x.mul(y).sum().backward();
    assert.deepEqual(gradient(x), [2]);
    assert.equal(gradient(y), null);
  });
});

describe('grad', () => {
  scoped('gives gradients without touching .grad', () => {
    const [x, y] = [variable(2), variable(3)];
    const [gx, gy] = grad(x.mul(x).mul(y).sum(), [x, y]);
    assert.deepEqual([gx?.toArray(), gy?.toArray()], [[12], [4]]);
    assert.deepEqual([x.grad, y.grad], [null, null]);
    assert.equal(gx?.requiresGrad, false);
  });

  scoped('takes several outputs with their weights', () => {
    const x = variable(2, 3);
    const weights = [tensor([1, 10], { dtype: 'float64' }), tensor([1, 1], { dtype: 'float64' })];
    const [g] = grad([x.mul(x), x.mul(5)], [x], { gradOutputs: weights });
    assert.deepEqual(g?.toArray(), [9, 65]);
  });

  scoped('gives null for what took no part, where that is allowed', () => {
    const [x, y] = [variable(2), variable(3)];
    const [gx, gy] = grad(x.sum(), [x, y], { allowUnused: true });
    assert.deepEqual([gx?.toArray(), gy], [[1], null]);
  });

  scoped('with createGraph can be differentiated again', () => {
    const x = variable(2);
    const [first] = grad(x.pow(3).sum(), [x], { createGraph: true }) as [Tensor];
    assert.deepEqual([first.toArray(), first.requiresGrad], [[12], true]);
    const [second] = grad(first.sum(), [x], { createGraph: true }) as [Tensor];
    assert.deepEqual(second.toArray(), [12]);
    second.sum().backward();
    assert.deepEqual(gradient(x), [6]);
  });

  scoped('of inner tensors too', () => {
    const x = variable(2);
    const y = x.mul(3);
    const [g] = grad(y.mul(y).sum(), [y]);
    assert.deepEqual(g?.toArray(), [12]);
  });
});

describe('recording', () => {
  scoped('requiresGrad spreads from leaves to results', () => {
    const x = ones([2]);
    assert.deepEqual([x.requiresGrad, x.isLeaf, x.add(1).requiresGrad], [false, true, false]);
    x.requiresGrad = true;
    const y = x.add(1);
    assert.deepEqual([y.requiresGrad, y.isLeaf], [true, false]);
    x.requiresGrad = false;
    assert.deepEqual([x.add(1).requiresGrad, y.requiresGrad], [false, true]);
  });

  scoped('detach shares memory, but is not recorded', () => {
    const x = variable(1, 2);
    const d = x.mul(1).detach();
    assert.deepEqual([d.requiresGrad, d.isLeaf], [false, true]);
    x.mul(d).sum().backward();
    assert.deepEqual(gradient(x), [1, 2]);
    const shared = x.detach();
    shared.fill_(9);
    assert.deepEqual(x.toArray(), [9, 9]);
  });

  scoped('noGrad, enableGrad and inferenceMode nest', () => {
    const x = variable(1);
    const recorded = () => x.mul(2).requiresGrad;
    const seen = noGrad(() => {
      const off = [gradEnabled(), recorded()];
      const on = enableGrad(() => [gradEnabled(), recorded(), noGrad(recorded), recorded()]);
      return [off, on, [gradEnabled(), inferenceMode(recorded), recorded()]];
    });
    assert.deepEqual(seen, [
      [false, false],
      [true, true, false, true],
      [false, false, false],
    ]);
    assert.equal(recorded(), true);
    assert.deepEqual(
      inferenceMode(() => [recorded(), inferenceMode(recorded), noGrad(recorded), gradEnabled()]),
      [false, false, false, false],
    );
    assert.equal(recorded(), true);
  });

  scoped('every mode ends when its function throws', () => {
    const stop = () => {
      throw new Error('stop');
    };
    for (const mode of [noGrad, enableGrad, inferenceMode]) {
      assert.throws(() => mode(stop), /stop/);
      assert.equal(gradEnabled(), true);
      assert.equal(variable(1).mul(2).requiresGrad, true);
      noGrad(() => {
        assert.throws(() => mode(stop), /stop/);
        assert.equal(gradEnabled(), false);
      });
    }
    assert.throws(() => noGrad(() => ones([2]).add(ones([3]))));
    assert.equal(gradEnabled(), true);
  });

  scoped('every mode returns what its function returns', () => {
    const x = ones([1]);
    assert.equal(
      noGrad(() => x),
      x,
    );
    assert.deepEqual(
      inferenceMode(() => enableGrad(() => autocast({}, () => 5))),
      5,
    );
  });

  scoped('inference tensors can be read and cloned outside', () => {
    const x = inferenceMode(() => ones([2]).add(1));
    assert.deepEqual(x.toArray(), [2, 2]);
    const w = variable(1).to('float32');
    assert.deepEqual(w.mul(x.clone()).toArray(), [2, 2]);
  });

  scoped('in-place changes of parameters need noGrad', () => {
    const x = variable(1, 2);
    noGrad(() => x.mul_(10));
    assert.deepEqual([x.toArray(), x.requiresGrad, x.isLeaf], [[10, 20], true, true]);
  });
});

describe('autocast', () => {
  let before = 0;
  beforeEach(() => {
    before = liveCount();
  });
  afterEach(() => assert.equal(liveCount(), before, 'live tensors'));

  const product = () => scope(() => matmul(ones([4, 4]), ones([4, 4])).dtype);

  test('matrix products and convolutions are bfloat16 inside, float32 outside', () => {
    assert.equal(product(), 'float32');
    assert.equal(autocast({}, product), 'bfloat16');
    const convolution = () => scope(() => conv2d(ones([1, 1, 4, 4]), ones([1, 1, 3, 3])).dtype);
    assert.equal(autocast({ dtype: 'bfloat16', device: 'cpu' }, convolution), 'bfloat16');
    assert.deepEqual([product(), convolution()], ['float32', 'float32']);
  });

  test('nests, and can be switched off inside', () => {
    const seen = autocast({}, () => [
      product(),
      autocast({ enabled: false }, () => [product(), autocast({}, product), product()]),
      product(),
      autocast({}, product),
      product(),
    ]);
    assert.deepEqual(seen, ['bfloat16', ['float32', 'bfloat16', 'float32'], 'bfloat16', 'bfloat16', 'bfloat16']);
    assert.equal(product(), 'float32');
  });

  test('ends when its function throws, or when it cannot begin', () => {
    const stop = () => {
      throw new Error('stop');
    };
    assert.throws(() => autocast({}, stop), /stop/);
    assert.throws(() => autocast({}, () => autocast({ enabled: false }, stop)), /stop/);
    assertThrowsLine(() => autocast({ device: 'nowhere' }, () => 1), "'nowhere'");
    assert.equal(product(), 'float32');
  });

  test('gradients have the dtype of their parameters', () => {
    scope(() => {
      const w = randn([4, 4]);
      w.requiresGrad = true;
      const loss = autocast({}, () =>
        matmul(ones([2, 4]), w)
          .to('float32')
          .square()
          .mean(),
      );
      loss.backward();
      assert.equal(w.grad?.dtype, 'float32');
    });
  });

  test('sees weights that changed between two blocks', () => {
    scope(() => {
      const w = ones([2, 2]);
      w.requiresGrad = true;
      const run = () => autocast({}, () => matmul(ones([1, 2]), w).toArray());
      assert.deepEqual(run(), [[2, 2]]);
      noGrad(() => w.fill_(3));
      assert.deepEqual(run(), [[6, 6]]);
    });
  });
});
