import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { autocast, manualSeed, noGrad, scope, type Tensor } from 'tandem-torch';
import { Branch, dinoHead, PrototypeHead } from '../../src/networks/index.js';
import { assertClose, elements, normal, TinyEncoder } from '../support.js';
import { filled, largestDifference } from './filled.js';

const shape = dinoHead(6, 9, { hidden: 10, bottleneck: 5 });

describe("DINO's head", () => {
  test('three layers of 2048, 2048 and 256 with biases, then prototypes without', () => {
    const head = new PrototypeHead(dinoHead(384, 1000));
    assert.deepEqual(
      head.namedParameters().map(([name, x]) => [name, [...x.shape]]),
      [
        ['layers.0.0.weight', [2048, 384]],
        ['layers.0.0.bias', [2048]],
        ['layers.1.0.weight', [2048, 2048]],
        ['layers.1.0.bias', [2048]],
        ['layers.2.0.weight', [256, 2048]],
        ['layers.2.0.bias', [256]],
        ['prototypes.weight_v', [1000, 256]],
      ],
    );
    assert.equal(head.outputWidth, 1000);
    const deviation = (x: Tensor) => x.square().mean().sqrt().item();
    for (const [name, x] of head.namedParameters()) {
      if (name.endsWith('bias')) assert.ok(elements(x).every((e) => e === 0));
      else if (name.startsWith('layers')) assertClose(deviation(x), 0.02, { rtol: 0.02, label: name });
      // uniform within 1 / sqrt(256)
      else assertClose(deviation(x), 1 / 16 / Math.sqrt(3), { rtol: 0.02, label: name });
    }
    head.dispose();
  });

  test('logits are cosines: within 1, and the lengths of input and prototypes do not matter', () =>
    scope(() => {
      const head = filled(new PrototypeHead(shape));
      noGrad(() => head.prototypes.weightG.fill_(1));
      const x = normal([7, 6], 1).mul(30);
      const logits = head.forward(x);
      assert.deepEqual([...logits.shape], [7, 9]);
      assert.ok(logits.abs().max().item() <= 1 + 1e-12);
      noGrad(() => head.prototypes.weightV.mul_(normal([9, 1], 2).abs().add(0.1)));
      assertClose(head.forward(x), logits, { atol: 1e-12 });
      const z = head.activations(x).at(-2) as Tensor;
      assertClose(head.prototypes.forward(z.mul(7)), logits, { atol: 1e-12 });
    }));

  test('a fixed gain is no parameter; a free one is', () => {
    const names = (fixedGain: boolean) =>
      new PrototypeHead({ ...shape, fixedGain }).namedParameters().map(([name]) => name);
    assert.ok(!names(true).includes('prototypes.weight_g'));
    assert.ok(names(false).includes('prototypes.weight_g'));
    assert.ok('prototypes.weight_g' in new PrototypeHead(shape).stateDict());
  });

  test('activations: the input, each layer, the logits', () =>
    scope(() => {
      const widths = new PrototypeHead(shape).activations(normal([3, 6], 1, 'float32')).map((x) => x.shape[1]);
      assert.deepEqual(widths, [6, 10, 10, 5, 9]);
    }));

  test('gradients agree with finite differences, with batch norm too', () => {
    for (const norm of [false, true]) {
      const head = filled(new PrototypeHead({ ...shape, norm, fixedGain: false }));
      const x = normal([4, 6], 1);
      x.requiresGrad = true;
      const f = () =>
        head
          .forward(x)
          .mul(normal([4, 9], 2))
          .sum();
      assert.ok(largestDifference([x, ...head.parameters()], f) < 1e-6);
    }
  });

  test('under bfloat16 the logits are float32', () =>
    scope(() => {
      manualSeed(1);
      const head = new PrototypeHead(shape);
      const x = normal([4, 6], 1, 'float32');
      const logits = autocast({}, () => head.forward(x));
      assert.equal(logits.dtype, 'float32');
      assertClose(logits, head.forward(x), { atol: 0.05 });
    }));

  test('stands in a branch, and its copy has prototypes of its own', () =>
    scope(() => {
      const branch = new Branch(new TinyEncoder(12, 6), new PrototypeHead(shape));
      const twin = branch.twin();
      const x = normal([4, 3, 2, 2], 1, 'float32');
      assertClose(twin.forward(x), branch.forward(x), {});
      const [a, b] = [branch, twin].map(({ head }) => (head as PrototypeHead).prototypes.weightV) as [Tensor, Tensor];
      noGrad(() => a.mul_(0).add_(1));
      assert.notDeepEqual(elements(a), elements(b));
    }));
});
