import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  add,
  autocast,
  conv2d,
  full,
  grad,
  liveCount,
  manualSeed,
  nn,
  randn,
  relu,
  scope,
  type Tensor,
} from '../src/index.js';
import { assertClose, device, fixture, load, type Stored } from './support.js';

/** How a layer is built: its class with arguments and options, or a list of children. */
type Plan =
  | { type: 'Sequential'; children: Plan[] }
  | { type: string; args: (number | number[])[]; options: Record<string, unknown> };

interface Step {
  training: boolean;
  input: Stored;
  output: Stored;
  cotangent: Stored;
  /** Absent where the input is whole numbers. */
  inputGrad: Stored | null;
  grads: Record<string, Stored>;
  buffers: Record<string, Stored>;
}

interface Case {
  name: string;
  layer: Plan;
  state: Record<string, Stored>;
  steps: Step[];
}

/** The residual block of torchvision's ResNet-18, written as a user would. */
class BasicBlock extends nn.Module {
  conv1: nn.Conv2d;
  bn1: nn.BatchNorm2d;
  conv2: nn.Conv2d;
  bn2: nn.BatchNorm2d;
  downsample: nn.Module | null;

  constructor(inputs: number, outputs: number, { stride = 1 }: { stride?: number } = {}) {
    super();
    this.conv1 = new nn.Conv2d(inputs, outputs, 3, { stride, padding: 1, bias: false });
    this.bn1 = new nn.BatchNorm2d(outputs);
    this.conv2 = new nn.Conv2d(outputs, outputs, 3, { padding: 1, bias: false });
    this.bn2 = new nn.BatchNorm2d(outputs);
    this.downsample =
      stride === 1 && inputs === outputs
        ? null
        : new nn.Sequential(new nn.Conv2d(inputs, outputs, 1, { stride, bias: false }), new nn.BatchNorm2d(outputs));
  }

  forward(x: Tensor): Tensor {
    const y = this.bn2.forward(this.conv2.forward(relu(this.bn1.forward(this.conv1.forward(x)))));
    return relu(add(y, this.downsample ? this.downsample.forward(x) : x));
  }
}

function build(plan: Plan): nn.Module {
  if ('children' in plan) return new nn.Sequential(...plan.children.map(build));
  const classes = { ...nn, BasicBlock } as unknown as Record<string, new (...args: unknown[]) => nn.Module>;
  const Layer = classes[plan.type];
  assert.ok(Layer, `nn.${plan.type} is not exported`);
  const given = Object.keys(plan.options).length > 0 ? [plan.options] : [];
  return new Layer(...plan.args, ...given);
}

function run(layer: nn.Module, step: Step, dtype: 'float32' | 'float64', label: string): void {
  layer.train(step.training);
  for (const parameter of layer.parameters()) parameter.grad = null;
  const x = step.inputGrad ? load(step.input, { dtype, requiresGrad: true }) : load(step.input);
  const y = layer.forward(x);
  assert.equal(y.dtype, dtype);
  assertClose(y, step.output, `${label}: output`);
  y.backward(load(step.cotangent, { dtype }));
  if (step.inputGrad) assertClose(x.grad as Tensor, step.inputGrad, `${label}: gradient of the input`);
  const parameters = layer.namedParameters();
  assert.deepEqual(
    parameters.map(([name]) => name),
    Object.keys(step.grads),
  );
  for (const [name, parameter] of parameters) {
    assertClose(parameter.grad as Tensor, step.grads[name] as Stored, `${label}: gradient of ${name}`);
  }
  for (const [name, buffer] of layer.namedBuffers()) {
    assertClose(buffer, step.buffers[name] as Stored, `${label}: ${name} afterwards`);
  }
}

describe('layers compute, learn and count as in PyTorch', () => {
  for (const one of fixture<{ cases: Case[] }>('layers').cases) {
    for (const dtype of ['float64', 'float32'] as const) {
      test(`${one.name}, ${dtype}`, () => {
        const before = liveCount();
        const layer = build(one.layer).to({ dtype, device });
        scope(() => {
          assert.deepEqual(Object.keys(layer.stateDict()), Object.keys(one.state));
          layer.loadStateDict(
            Object.fromEntries(Object.entries(one.state).map(([name, stored]) => [name, load(stored)])),
          );
          one.steps.forEach((step, i) => {
            scope(() => run(layer, step, dtype, `${one.name}, step ${i}`));
          });
        });
        layer.dispose();
        assert.equal(liveCount(), before, 'live tensors');
      });
    }
  }
});

function assertEqual(a: Tensor, b: Tensor): void {
  assert.ok(a.sub(b).abs().max().item() < 1e-12);
}

test('a 1x1 kernel with a stride is what the operator says, values and gradients, odd sizes too', () => {
  scope(() => {
    for (const options of [{ stride: 2 }, { stride: [2, 3] as const, bias: false }, { stride: 2, groups: 2 }]) {
      manualSeed(3);
      const layer = new nn.Conv2d(4, 6, 1, options).to({ dtype: 'float64' });
      const x = randn([2, 4, 7, 8], { dtype: 'float64' });
      x.requiresGrad = true;
      const inputs = [x, ...layer.parameters()];
      const direct = conv2d(x, layer.weight, { bias: layer.bias, ...layer.options });
      const ours = layer.forward(x);
      assert.deepEqual(ours.shape, direct.shape);
      assertEqual(ours, direct);
      const [a, b] = [ours, direct].map((y) => grad(y.square().sum(), inputs));
      a?.forEach((g, i) => {
        assertEqual(g as Tensor, b?.[i] as Tensor);
      });
      layer.dispose();
    }
  });
});

test('in bfloat16 one pixel under a 3x3 kernel with a stride has the gradients of float32', () => {
  scope(() => {
    for (const memoryFormat of ['contiguous', 'channelsLast'] as const) {
      manualSeed(3);
      const layer = new nn.Conv2d(8, 16, 3, { stride: 2, padding: 1 }).to({ memoryFormat });
      const x = randn([24, 8, 1, 1]).to({ memoryFormat }).detach();
      x.requiresGrad = true;
      const inputs = [x, ...layer.parameters()];
      const gradients = (y: Tensor) => grad(y.to({ dtype: 'float32' }).square().sum(), inputs);
      const exact = gradients(layer.forward(x));
      for (let i = 0; i < 20; i++) {
        // Memory that is handed out again is not zero.
        scope(() => void Array.from({ length: 20 }, (_, k) => full([64 + 900 * k], Number.NaN)));
        const rounded = gradients(autocast({ dtype: 'bfloat16' }, () => layer.forward(x)));
        rounded.forEach((g, j) => {
          const reference = exact[j] as Tensor;
          const error = (g as Tensor).sub(reference).abs().max().item();
          assert.ok(error < 0.03 * reference.abs().max().item(), `${memoryFormat}, input ${j}: off by ${error}`);
        });
      }
      layer.dispose();
    }
  });
});
