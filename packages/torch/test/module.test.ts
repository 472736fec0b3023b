import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { liveCount, nn, noGrad, ones, scope, type Tensor, tensor, zeros } from '../src/index.js';
import { assertThrowsLine } from './messages.js';

const { AvgPool2d, BatchNorm1d, BatchNorm2d, buffer, Conv2d, Flatten, Linear, Module, parameter, ReLU, Sequential } =
  nn;

class Block extends Module {
  conv1 = new Conv2d(2, 2, 3, { padding: 1, bias: false });
  bn1 = new BatchNorm2d(2);
  /** Changes nothing below, and is no parameter. */
  readonly settings = { stride: 1 };

  forward(x: Tensor): Tensor {
    return this.bn1.forward(this.conv1.forward(x)).relu();
  }
}

class Net extends Module {
  layer1 = new Sequential(new Block(), new Block());
  headLayers = [new Linear(2, 3), new ReLU(), new Linear(3, 1, { bias: false })];
  scaleFactor = parameter(ones([1]));
  stepCount = buffer(zeros([], { dtype: 'int64' }));
  other = tensor([7]).keep();

  forward(x: Tensor): Tensor {
    const y = this.layer1.forward(x).mean([2, 3]);
    return this.headLayers.reduce((z, layer) => layer.forward(z), y).mul(this.scaleFactor);
  }
}

const names = [
  'layer1.0.conv1.weight',
  'layer1.0.bn1.weight',
  'layer1.0.bn1.bias',
  'layer1.1.conv1.weight',
  'layer1.1.bn1.weight',
  'layer1.1.bn1.bias',
  'head_layers.0.weight',
  'head_layers.0.bias',
  'head_layers.2.weight',
  'scale_factor',
];

const buffers = ['running_mean', 'running_var', 'num_batches_tracked'];

/** Runs `body` with a module and sees that nothing but what it held is left or lost. */
const withModule = <M extends nn.Module>(name: string, make: () => M, body: (module: M) => void) =>
  test(name, () => {
    const before = liveCount();
    const module = make();
    scope(() => body(module));
    module.dispose();
    if (module instanceof Net) module.other.dispose();
    assert.equal(liveCount(), before, 'live tensors');
  });

describe('names', () => {
  withModule(
    'of parameters, in the order of definition',
    () => new Net(),
    (net) => {
      assert.deepEqual(
        net.namedParameters().map(([name]) => name),
        names,
      );
      assert.deepEqual(
        net.parameters(),
        net.namedParameters().map(([, x]) => x),
      );
      assert.ok(net.parameters().every((x) => x.requiresGrad && x.isLeaf));
    },
  );

  withModule(
    'of buffers',
    () => new Net(),
    (net) => {
      const expected = [0, 1].flatMap((i) => buffers.map((name) => `layer1.${i}.bn1.${name}`));
      assert.deepEqual(
        net.namedBuffers().map(([name]) => name),
        [...expected, 'step_count'],
      );
      assert.ok(net.namedBuffers().every(([, x]) => !x.requiresGrad));
    },
  );

  withModule(
    'of the state: PyTorch’s keys, each module’s parameters before its buffers',
    () => new Block(),
    (block) => {
      const expected = ['conv1.weight', 'bn1.weight', 'bn1.bias', ...buffers.map((name) => `bn1.${name}`)];
      assert.deepEqual(Object.keys(block.stateDict()), expected);
      assert.equal(block.stateDict()['conv1.weight'], block.conv1.weight, 'the tensors themselves');
    },
  );

  withModule(
    'of layers without parameters, bias or scale',
    () => new Sequential(new AvgPool2d(2), new Flatten(), new BatchNorm1d(2, { affine: false })),
    (net) => {
      assert.deepEqual(
        Object.keys(net.stateDict()),
        buffers.map((name) => `2.${name}`),
      );
    },
  );

  test('of a module that is used twice: parameters once, the state under both', () => {
    const before = liveCount();
    const shared = new Linear(2, 2, { bias: false });
    const net = new Sequential(shared, new ReLU(), shared);
    assert.deepEqual(
      net.namedParameters().map(([name]) => name),
      ['0.weight'],
    );
    assert.deepEqual(Object.keys(net.stateDict()), ['0.weight', '2.weight']);
    const copy = net.clone();
    assert.equal(copy[0], copy[2], 'the copy shares as the original does');
    copy.to({ dtype: 'float64' });
    assert.equal(copy.stateDict()['0.weight'], copy.stateDict()['2.weight']);
    assert.equal(copy.parameters()[0]?.dtype, 'float64');
    for (const module of [net, copy]) module.dispose();
    assert.equal(liveCount(), before);
  });
});

describe('loadStateDict', () => {
  const snapshot = (net: nn.Module) => Object.values(net.stateDict()).map((x) => x.toArray());

  withModule(
    'copies every value, of other dtypes too',
    () => new Net(),
    (net) => {
      const state = Object.fromEntries(
        Object.entries(net.stateDict()).map(([name, x], i) => [name, x.detach().to('float64').fill_(i)]),
      );
      const held = net.stateDict();
      net.loadStateDict(state);
      assert.ok(Object.values(net.stateDict()).every((x, i) => x.sum().item() === i * x.numel));
      assert.ok(
        Object.entries(net.stateDict()).every(([name, x]) => x === held[name]),
        'in place',
      );
      assert.ok(net.parameters().every((x) => x.requiresGrad));
      assert.equal(net.stateDict()['layer1.0.bn1.num_batches_tracked']?.dtype, 'int64');
    },
  );

  withModule(
    'takes a state without a prototype',
    () => new Block(),
    (net) => {
      const copy = net.clone();
      net.loadStateDict(Object.assign(Object.create(null), copy.stateDict()));
      copy.dispose();
    },
  );

  withModule(
    'that misfits names what is wrong and changes nothing',
    () => new Block(),
    (net) => {
      const before = snapshot(net);
      const fresh = () =>
        Object.fromEntries(Object.entries(net.stateDict()).map(([name, x]) => [name, x.detach().clone().fill_(5)]));
      const refuses = (change: (state: Record<string, unknown>) => void, ...parts: string[]) => {
        const state = fresh();
        change(state);
        assertThrowsLine(() => net.loadStateDict(state), 'loadStateDict', ...parts);
        assert.deepEqual(snapshot(net), before);
      };
      refuses((state) => delete state['bn1.bias'], 'missing bn1.bias');
      refuses((state) => Object.assign(state, { extra: ones([1]) }), 'unexpected extra');
      refuses((state) => Object.assign(state, { 'bn1.bias': ones([3]) }), 'bn1.bias is float32[3], not float32[2]');
      refuses((state) => Object.assign(state, { 'bn1.num_batches_tracked': ones([1]) }), 'float32[1], not int64[]');
      for (const wrong of [null, undefined, 5, [1, 2]]) {
        refuses((state) => Object.assign(state, { 'bn1.running_var': wrong }), 'bn1.running_var', 'expected a Tensor');
      }
      const freed = ones([2]);
      assert.deepEqual(freed.shape, [2]);
      freed.dispose();
      refuses((state) => Object.assign(state, { 'bn1.running_var': freed }), 'bn1.running_var', 'has been freed');
      const many = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`x${i}`, ones([1])]));
      refuses((state) => Object.assign(state, many), 'unexpected x0, x1, x2, x3 and 5 more');
    },
  );
});

describe('train and eval', () => {
  withModule(
    'reach every module below, in arrays too',
    () => new Net(),
    (net) => {
      assert.ok(net.modules().every((module) => module.training));
      assert.equal(net.modules().length, 1 + 1 + 2 * 3 + 3);
      assert.equal(net.eval(), net);
      assert.ok(net.modules().every((module) => !module.training));
      net.headLayers[1]?.train();
      assert.deepEqual([net.headLayers[1]?.training, net.training], [true, false]);
      net.train();
      assert.ok(net.modules().every((module) => module.training));
      net.train(false);
      assert.equal(net.layer1.layers[0]?.training, false);
    },
  );

  withModule(
    'decide whether batch norm learns its statistics',
    () => new BatchNorm1d(1),
    (bn) => {
      const x = tensor([[1], [3]]);
      bn.eval().forward(x);
      assert.deepEqual([bn.runningMean.item(), bn.numBatchesTracked.item()], [0, 0]);
      bn.train().forward(x);
      assert.ok(Math.abs(bn.runningMean.item() - 0.2) < 1e-6);
      assert.equal(bn.numBatchesTracked.item(), 1);
      assertThrowsLine(() => bn.forward(ones([1])), 'BatchNorm1d: expected 2 or 3 dimensions, got Tensor(float32[1])');
    },
  );
});

describe('clone', () => {
  withModule(
    'has the same names and values in tensors of its own',
    () => new Net(),
    (net) => {
      net.eval();
      net.headLayers[0]?.requiresGrad(false);
      const copy = net.clone();
      assert.ok(copy instanceof Net && copy !== net);
      assert.deepEqual(
        copy.namedParameters().map(([name]) => name),
        names,
      );
      const [own, other] = [net.stateDict(), copy.stateDict()];
      assert.deepEqual(Object.keys(other), Object.keys(own));
      for (const [name, x] of Object.entries(other)) {
        assert.notEqual(x, own[name]);
        assert.deepEqual(x.toArray(), own[name]?.toArray());
        assert.deepEqual([x.requiresGrad, x.isLeaf], [own[name]?.requiresGrad, true]);
      }
      assert.ok(copy.modules().every((module) => !module.training));
      noGrad(() => copy.scaleFactor.fill_(9));
      assert.equal(net.scaleFactor.item(), 1);
      copy.train();
      assert.equal(net.training, false);
      copy
        .forward(ones([2, 2, 4, 4]))
        .sum()
        .backward();
      assert.ok(copy.scaleFactor.grad);
      assert.equal(net.scaleFactor.grad, null);
      copy.dispose();
      assert.ok(net.parameters().every((x) => x.live));
    },
  );

  withModule(
    'can be cloned again, and moved',
    () => new Block(),
    (net) => {
      const first = net.clone();
      const copy = first.clone().to({ dtype: 'float64' }).requiresGrad(false);
      first.dispose();
      assert.ok(copy.parameters().every((x) => x.dtype === 'float64' && !x.requiresGrad));
      assert.ok(net.parameters().every((x) => x.dtype === 'float32' && x.requiresGrad));
      copy.dispose();
    },
  );
});

describe('to', () => {
  withModule(
    'changes floating-point tensors only, and keeps what is frozen frozen',
    () => new Net(),
    (net) => {
      net.layer1.requiresGrad(false);
      assert.equal(net.to({ dtype: 'float64' }), net);
      const state = net.stateDict();
      assert.equal(state['layer1.0.bn1.num_batches_tracked']?.dtype, 'int64');
      assert.equal(state['layer1.0.bn1.running_var']?.dtype, 'float64');
      assert.ok(net.parameters().every((x) => x.dtype === 'float64' && x.isLeaf));
      assert.ok(net.layer1.parameters().every((x) => !x.requiresGrad));
      assert.ok(net.headLayers.every((layer) => layer.parameters().every((x) => x.requiresGrad)));
      assert.equal(net.forward(ones([2, 2, 4, 4], { dtype: 'float64' })).dtype, 'float64');
    },
  );

  withModule(
    'changes the memory format of 4-dimensional tensors',
    () => new Block(),
    (net) => {
      const value = net.conv1.weight.toArray();
      net.to({ memoryFormat: 'channelsLast' });
      assert.ok(net.conv1.weight.isContiguous('channelsLast') && !net.conv1.weight.isContiguous());
      assert.deepEqual(net.conv1.weight.toArray(), value);
      assert.ok(net.bn1.runningMean.isContiguous());
    },
  );

  withModule(
    'that changes nothing leaves the same values',
    () => new Block(),
    (net) => {
      const value = net.conv1.weight.toArray();
      net.to({}).to({ device: 'cpu' }).to({ dtype: 'float32' });
      assert.deepEqual(net.conv1.weight.toArray(), value);
      assert.equal(net.parameters().length, 3);
    },
  );

  withModule(
    'inside a scope leaves owners',
    () => new Block(),
    (net) => {
      scope(() => void net.to({ dtype: 'bfloat16' }));
      assert.ok(Object.values(net.stateDict()).every((x) => x.live));
    },
  );

  withModule(
    'that fails leaves a usable module',
    () => new Block(),
    (net) => {
      assertThrowsLine(() => net.to({ device: 'nowhere' }), "'nowhere'");
      assert.ok(Object.values(net.stateDict()).every((x) => x.live));
    },
  );
});

describe('ownership', () => {
  test('dispose frees everything, and may be called twice', () => {
    const before = liveCount();
    const net = new Block();
    scope(() =>
      net
        .forward(ones([1, 2, 4, 4]))
        .sum()
        .backward(),
    );
    assert.equal(liveCount(), before + 6);
    net.dispose();
    net.dispose();
    assert.equal(liveCount(), before);
    scope(() => assertThrowsLine(() => net.forward(ones([1, 2, 4, 4])), 'conv2d', 'has been freed'));
  });

  withModule(
    'requiresGrad freezes and unfreezes',
    () => new Net(),
    (net) => {
      assert.equal(net.requiresGrad(false), net);
      assert.ok(net.parameters().every((x) => !x.requiresGrad));
      assert.equal(net.forward(ones([2, 2, 4, 4])).requiresGrad, false);
      net.requiresGrad(true);
      assert.ok(net.parameters().every((x) => x.requiresGrad));
      assert.ok(net.namedBuffers().every(([, x]) => !x.requiresGrad));
    },
  );
});

describe('Sequential', () => {
  withModule(
    'runs its modules in order',
    () => new Sequential(new Linear(1, 1), new ReLU(), new Linear(1, 1)),
    (net) => {
      const [first, , last] = net.layers as [nn.Linear, nn.ReLU, nn.Linear];
      noGrad(() => {
        first.weight.fill_(2);
        first.bias?.fill_(-1);
        last.weight.fill_(3);
        last.bias?.fill_(0.5);
      });
      assert.deepEqual(net.forward(tensor([[1], [0]])).toArray(), [[3.5], [0.5]]);
      assert.equal(net[1], net.layers[1]);
      assert.deepEqual(Object.keys(net.stateDict()), ['0.weight', '0.bias', '2.weight', '2.bias']);
    },
  );

  withModule(
    'of many modules keeps their order',
    () => new Sequential(...Array.from({ length: 12 }, () => new Linear(1, 1, { bias: false }))),
    (net) => {
      assert.deepEqual(
        Object.keys(net.stateDict()),
        Array.from({ length: 12 }, (_, i) => `${i}.weight`),
      );
    },
  );

  test('of nothing is the identity', () => {
    scope(() => {
      const x = ones([1]);
      assert.equal(new Sequential().forward(x), x);
    });
  });
});

test('convolutions check their groups', () => {
  assertThrowsLine(
    () => new Conv2d(3, 4, 3, { groups: 2 }),
    'Conv2d: 3 inputs and 4 outputs must divide into 2 groups',
  );
});
