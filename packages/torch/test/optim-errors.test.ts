import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { liveCount, nn, noGrad, ones, optim, scope, type Tensor, tensor, zeros } from '../src/index.js';
import { assertThrowsLine } from './messages.js';

const { SGD, LARS, Adam, AdamW } = optim;

const scoped = (name: string, body: () => void) =>
  test(name, () => {
    const before = liveCount();
    scope(body);
    assert.equal(liveCount(), before, 'live tensors');
  });

const weight = (...values: number[]) => nn.parameter(tensor(values));

describe('SGD refuses', () => {
  const refuses = (options: optim.SGDOptions, ...parts: string[]) =>
    scope(() => {
      const x = ones([2]);
      const before = liveCount();
      assertThrowsLine(() => new SGD([x], options), 'SGD: ', ...parts);
      assertThrowsLine(
        () => new SGD([{ parameters: [ones([1])] }, { parameters: [x], ...options }], { lr: 1, momentum: 0.5 }),
        'SGD: ',
        ...parts,
      );
      assert.equal(liveCount(), before + 1, 'no momentum is left behind');
    });

  test('rates below 0 or beyond number', () => {
    for (const lr of [-0.1, Number.NaN, Number.POSITIVE_INFINITY]) refuses({ lr }, 'lr must be 0 or more', String(lr));
  });

  test('momentum outside [0, 1)', () => {
    for (const momentum of [-0.1, 1, Number.NaN])
      refuses({ lr: 1, momentum }, 'momentum must be in [0, 1)', String(momentum));
  });

  test('weight decay below 0', () => {
    for (const weightDecay of [-1, Number.NaN]) refuses({ lr: 1, weightDecay }, 'weightDecay must be 0 or more');
  });

  test('nesterov without momentum', () => refuses({ lr: 1, momentum: 0, nesterov: true }, 'nesterov needs a momentum'));

  scoped('no parameters, and parameters given twice', () => {
    const x = ones([1]);
    assertThrowsLine(() => new SGD([], { lr: 1 }), 'SGD: there are no parameters');
    assertThrowsLine(() => new SGD([{ parameters: [] }], { lr: 1 }), 'SGD: there are no parameters');
    assertThrowsLine(() => new SGD([x, x], { lr: 1 }), 'SGD: a parameter is given twice');
    assertThrowsLine(() => new SGD([{ parameters: [x] }, { parameters: [x] }], { lr: 1 }), 'given twice');
  });

  scoped('a bad rate for a step, which then changes nothing', () => {
    const x = weight(1);
    const sgd = new SGD([x], { lr: 0.5 });
    x.grad = ones([1]);
    for (const lr of [-1, Number.NaN]) assertThrowsLine(() => sgd.step({ lr }), 'SGD: lr must be 0 or more');
    assert.deepEqual([x.item(), sgd.groups[0]?.lr], [1, 0.5]);
    x.dispose();
  });
});

describe('LARS, Adam and AdamW refuse', () => {
  const refuses = (name: 'LARS' | 'Adam' | 'AdamW' | 'SGD', options: object, ...parts: string[]) =>
    test(`${name} ${JSON.stringify(options)}`, () => {
      scope(() => {
        const Kind: new (x: readonly Tensor[], options: optim.OptimizerOptions) => optim.Optimizer = optim[name];
        const x = ones([2]);
        const before = liveCount();
        assertThrowsLine(() => new Kind([x], { lr: 1, ...options }), `${name}: `, ...parts);
        assert.equal(liveCount(), before, 'no state is left behind');
      });
    });

  for (const name of ['SGD', 'LARS', 'Adam', 'AdamW'] as const) {
    refuses(name, { lr: -1 }, 'lr must be 0 or more, got -1');
    refuses(name, { weightDecay: -1 }, 'weightDecay must be 0 or more, got -1');
    refuses(name, { exclude: 'biases' }, "exclude must be 'vectors' or 'none', got 'biases'");
    refuses(name, { wieghtDecay: 1 }, "unknown option 'wieghtDecay'; it takes lr, ", 'weightDecay, ');
  }
  refuses('LARS', { momentum: 1 }, 'momentum must be in [0, 1), got 1');
  for (const trust of [0, -1, Number.POSITIVE_INFINITY])
    refuses('LARS', { trust }, `trust must be above 0, got ${trust}`);
  refuses('LARS', { momentumOf: 'step' }, "momentumOf must be 'gradients' or 'steps', got 'step'");
  refuses('LARS', { clip: 1 }, 'clip must be true or false, got 1');
  refuses('LARS', { nesterov: true }, "unknown option 'nesterov'");
  for (const betas of [[0.9], [0.9, 1], [-0.1, 0.9], [0.9, 0.99, 0.999], 0.9]) {
    refuses('AdamW', { betas }, `betas must be two numbers in [0, 1), got ${betas}`);
  }
  refuses('Adam', { betas: [1, 0.9] }, 'betas must be two numbers in [0, 1), got 1,0.9');
  refuses('AdamW', { eps: -1 }, 'eps must be 0 or more, got -1');
  refuses('AdamW', { momentum: 0.9 }, "unknown option 'momentum'");

  scoped('no parameters, parameters given twice, a bad rate for a step', () => {
    const x = weight(1);
    for (const [name, Kind] of Object.entries({ LARS, Adam, AdamW })) {
      assertThrowsLine(() => new Kind([], { lr: 1 }), `${name}: there are no parameters`);
      assertThrowsLine(() => new Kind([x, x], { lr: 1 }), `${name}: a parameter is given twice`);
      const optimizer = new Kind([x], { lr: 1 });
      x.grad = ones([1]);
      assertThrowsLine(() => optimizer.step({ lr: -1 }), `${name}: lr must be 0 or more`);
      assert.equal(x.item(), 1);
      optimizer.dispose();
    }
    x.dispose();
  });
});

test('a parameter that cannot be begun leaves no state of the others behind', () => {
  const freed = ones([1]);
  freed.dispose();
  const x = weight(1);
  const before = liveCount();
  for (const Kind of [LARS, Adam, AdamW]) assertThrowsLine(() => new Kind([x, freed], { lr: 1 }), 'has been freed');
  assert.equal(liveCount(), before);
  x.dispose();
});

describe('rates of groups', () => {
  scoped('a group with a rate of its own keeps it, the others follow the step', () => {
    const [a, b] = [weight(0), weight(0)];
    const sgd = new SGD([{ parameters: [a] }, { parameters: [b], lr: 10 }], { lr: 1 });
    const step = (lr?: number) => {
      a.grad = ones([1]);
      b.grad = ones([1]);
      sgd.step(lr === undefined ? {} : { lr });
      return [a.item(), b.item()];
    };
    assert.deepEqual(step(), [-1, -10]);
    assert.deepEqual(step(2), [-3, -20]);
    assert.deepEqual(step(), [-5, -30], 'the rate of the last step stays');
    assert.deepEqual(step(0), [-5, -40]);
    assert.deepEqual(
      sgd.groups.map(({ lr, fixed }) => [lr, fixed.has('lr')]),
      [
        [0, false],
        [10, true],
      ],
    );
    for (const x of [a, b]) x.dispose();
  });
});

describe('weight decay of groups', () => {
  scoped('a group with one of its own keeps it, the others follow the step', () => {
    const [a, b] = [weight(1), weight(1)];
    const sgd = new SGD([{ parameters: [a] }, { parameters: [b], weightDecay: 0.5 }], { lr: 1 });
    for (const x of [a, b]) x.grad = zeros([1]);
    sgd.step({ weightDecay: 0.25 });
    assert.deepEqual([a.item(), b.item()], [0.75, 0.5]);
    sgd.step();
    assert.deepEqual([a.item(), b.item()], [0.5625, 0.25], 'the decay of the last step stays');
    assertThrowsLine(() => sgd.step({ weightDecay: -1 }), 'SGD: weightDecay must be 0 or more, got -1');
    assert.equal(a.item(), 0.5625);
    for (const x of [a, b]) x.dispose();
  });
});

describe('a step', () => {
  scoped('leaves parameters without a gradient alone, momentum included', () => {
    const [a, b] = [weight(1), weight(1)];
    const sgd = new SGD([a, b], { lr: 1, momentum: 0.9, weightDecay: 0.1 });
    a.grad = ones([1]);
    sgd.step();
    assert.notEqual(a.item(), 1);
    assert.equal(b.item(), 1);
    assert.equal(sgd.stateDict()['0.1.momentum']?.item(), 0);
    sgd.zeroGrad();
    const before = a.item();
    sgd.step();
    assert.equal(a.item(), before);
    sgd.dispose();
    for (const x of [a, b]) x.dispose();
  });

  scoped('is not recorded, and works inside noGrad', () => {
    const x = weight(1);
    const sgd = new SGD([x], { lr: 0.1, momentum: 0.9 });
    x.mul(x).sum().backward();
    noGrad(() => sgd.step());
    assert.deepEqual([x.isLeaf, x.requiresGrad], [true, true]);
    assert.equal(sgd.stateDict()['0.0.momentum']?.requiresGrad, false);
    sgd.dispose();
    x.dispose();
  });

  scoped('with a freed parameter says so', () => {
    const x = weight(1);
    const sgd = new SGD([x], { lr: 0.1 });
    x.dispose();
    assertThrowsLine(() => sgd.step(), 'made by tensor has been freed');
  });
});

describe('the state', () => {
  const start = [0.3, -1.7, 2.9];
  const options = { lr: 0.07, momentum: 0.9, weightDecay: 0.01, nesterov: true };
  const train = (x: Tensor, sgd: optim.SGD, steps: number) => {
    for (let i = 0; i < steps; i++) {
      scope(() => {
        sgd.zeroGrad();
        x.square().mul(x).add(x.exp()).sum().backward();
        sgd.step({ lr: 0.07 / (i + 1) });
      });
    }
  };

  scoped('continues bit by bit', () => {
    const x = weight(...start);
    const sgd = new SGD([x], options);
    train(x, sgd, 3);
    const saved = Object.fromEntries(Object.entries(sgd.stateDict()).map(([name, v]) => [name, v.clone()]));
    const y = nn.parameter(x.detach().clone());
    train(x, sgd, 4);
    const second = new SGD([y], options);
    second.loadStateDict(saved);
    train(y, second, 4);
    assert.deepEqual(y.bytes(), x.bytes());
    assert.deepEqual(second.stateDict()['0.0.momentum']?.bytes(), sgd.stateDict()['0.0.momentum']?.bytes());
    for (const owner of [sgd, second, x, y]) owner.dispose();
  });

  scoped('reset begins anew', () => {
    const [x, y] = [weight(...start), weight(...start)];
    const [used, fresh] = [new SGD([x], options), new SGD([y], options)];
    train(x, used, 3);
    used.reset();
    noGrad(() => x.copy_(y));
    train(x, used, 2);
    train(y, fresh, 2);
    assert.deepEqual(x.bytes(), y.bytes());
    for (const owner of [used, fresh, x, y]) owner.dispose();
  });

  scoped('that does not fit is refused and changes nothing', () => {
    const x = weight(...start);
    const sgd = new SGD([x], options);
    train(x, sgd, 2);
    const before = sgd.stateDict()['0.0.momentum']?.bytes();
    const freed = zeros([3]);
    assert.deepEqual(freed.shape, [3]);
    freed.dispose();
    const misfits: Record<string, Tensor>[] = [
      {},
      { '0.0.momentum': zeros([2]) },
      { '0.1.momentum': zeros([3]) },
      { '0.0.momentum': zeros([3]), more: zeros([3]) },
    ];
    for (const state of misfits) {
      assertThrowsLine(() => sgd.loadStateDict(state), 'SGD: the saved state', 'does not fit');
    }
    assertThrowsLine(() => sgd.loadStateDict({ '0.0.momentum': freed }), 'SGD', 'has been freed');
    assert.deepEqual(sgd.stateDict()['0.0.momentum']?.bytes(), before);
    sgd.dispose();
    x.dispose();
  });

  scoped('without momentum is empty', () => {
    const sgd = new SGD([ones([1])], { lr: 1 });
    assert.deepEqual(sgd.stateDict(), {});
    sgd.loadStateDict({});
    sgd.dispose();
  });
});
