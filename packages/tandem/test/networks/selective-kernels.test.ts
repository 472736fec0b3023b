import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { autocast, cat, noGrad, ones, scope, type Tensor } from 'tandem-torch';
import { ResNet } from '../../src/networks/index.js';
import { AveragePool, BasicBlock, Bottleneck } from '../../src/networks/residual.js';
import { SelectiveKernels } from '../../src/networks/selective-kernels.js';
import { assertClose, elements, normal } from '../support.js';
import { filled, largestDifference } from './filled.js';

const make = () => filled(new SelectiveKernels(4, 1, 1));

describe('selective kernels', () => {
  test('the two weights of each image and channel lie between 0 and 1 and sum to 1', () =>
    scope(() => {
      const weights = make().attn.forward(normal([5, 4], 1).mul(10));
      assert.deepEqual([...weights.shape], [5, 2, 4]);
      assert.ok(elements(weights).every((w) => w > 0 && w < 1));
      assertClose(
        weights.sum(1),
        Array.from({ length: 20 }, () => 1),
        { atol: 1e-14 },
      );
    }));

  test('without a preference the output is the mean of both', () =>
    scope(() => {
      const layer = make();
      noGrad(() => layer.attn.fcSelect.weight.zero_());
      const x = normal([3, 4, 5, 5], 1);
      const [a, b] = layer.bn.forward(layer.conv.forward(x)).relu().chunk(2, { dim: 1 }) as [Tensor, Tensor];
      assertClose(layer.forward(x), a.add(b).div(2), { atol: 1e-12 });
    }));

  test('exchanging both kernels and their weights changes nothing', () =>
    scope(() => {
      const layer = make();
      const x = normal([3, 4, 5, 5], 1);
      const before = layer.forward(x);
      const halves = [layer.conv.weight, layer.bn.weight, layer.bn.bias, layer.attn.fcSelect.weight] as Tensor[];
      noGrad(() => {
        for (const part of halves) part.copy_(cat(part.chunk(2).reverse()));
      });
      assertClose(layer.forward(x), before, { atol: 1e-12 });
      noGrad(() => layer.conv.weight.copy_(cat(layer.conv.weight.chunk(2).reverse())));
      assert.ok(layer.forward(x).sub(before).abs().max().item() > 1e-3);
    }));

  test('80,192 parameters for 64 channels; the middle of the attention has a sixteenth, at least 32', () => {
    const layer = new SelectiveKernels(64, 1, 1);
    assert.equal(
      layer.parameters().reduce((sum, x) => sum + x.numel, 0),
      80_192,
    );
    assert.deepEqual([...new SelectiveKernels(1024, 1, 1).attn.fcReduce.weight.shape], [64, 1024]);
  });

  test('gradients agree with finite differences', () => {
    const layer = make();
    const x = normal([3, 4, 5, 5], 1);
    x.requiresGrad = true;
    const f = () =>
      layer
        .forward(x)
        .mul(normal([3, 4, 5, 5], 2))
        .sum();
    assert.ok(largestDifference([x, ...layer.parameters()], f) < 1e-6);
  });
});

describe("SimCLR v2's ResNets", () => {
  const options = { blocks: [1, 2, 1], width: 4, channels: 3, stem: 'small' } as const;

  test('every block begins as its shortcut', () =>
    scope(() => {
      for (const form of [{ sk: true }, { zeroGain: true }]) {
        for (const bottleneck of [false, true]) {
          const net = new ResNet({ ...options, ...form, bottleneck });
          const blocks = net.modules().filter((part) => part instanceof BasicBlock || part instanceof Bottleneck);
          assert.equal(blocks.length, 4);
          let y = net.bn1.forward(
            (net.conv1 as typeof net.bn1 & typeof net.conv1).forward(normal([4, 3, 12, 12], 1, 'float32')),
          );
          for (const block of blocks) {
            const carried = (block.downsample ? block.downsample.forward(y) : y).relu();
            y = block.forward(y);
            assertClose(y, carried, { atol: 1e-6 });
          }
        }
      }
    }));

  test('the first block of each stage has a projection, and only with sk the one that could do without', () => {
    const projections = (sk: boolean) =>
      new ResNet({ ...options, sk })
        .modules()
        .flatMap((part) => (part instanceof BasicBlock ? [part.downsample !== null] : []));
    assert.deepEqual(projections(true), [true, true, false, true]);
    assert.deepEqual(projections(false), [false, true, false, true]);
  });

  test('odd maps, channels last, bfloat16', () =>
    scope(() => {
      const net = new ResNet({
        ...options,
        blocks: [1, 1, 1, 1],
        bottleneck: true,
        sk: true,
        stem: 'standard',
        zeroGain: false,
      });
      const x = normal([4, 3, 75, 61], 1, 'float32');
      const plain = net.forward(x);
      assert.deepEqual([...plain.shape], [4, 128]);
      // Norms of few, similar values enlarge what bfloat16 rounds: all outputs' error together.
      const error = autocast({}, () => net.forward(x)).sub(plain);
      assert.ok(error.norm().div(plain.norm()).item() < 0.2);
      net.to({ memoryFormat: 'channelsLast' });
      assertClose(net.forward(x.to({ memoryFormat: 'channelsLast' })), plain, { atol: 1e-4 });
    }));

  test('a strided shortcut counts zeros outside of odd maps, and no others', () =>
    scope(() => {
      const means = (side: number, options?: object) =>
        elements(new AveragePool(2, options).forward(ones([1, 1, side, side])));
      assert.deepEqual(means(3, { countsZeros: true }), [1, 0.5, 0.5, 0.25]);
      assert.deepEqual(means(3), [1, 1, 1, 1]);
      assert.deepEqual(means(4, { countsZeros: true }), [1, 1, 1, 1]);
      const shortcut = new ResNet({ ...options, sk: true }).modules().filter((part) => part instanceof AveragePool);
      assert.deepEqual(
        shortcut.map(({ countsZeros }) => countsZeros),
        [false, true, true],
      );
    }));
});
