import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cat, manualSeed, nn, noGrad, randn, scope, type Tensor } from 'tandem-torch';
import { encodeModel, graphOf, halved, observe, quantized } from '../../src/export/onnx/index.js';
import type { Encoder } from '../../src/networks/index.js';
import { assertClose, normal } from '../support.js';
import { cosines, floats, graphIn, least, run } from './exporting.js';

const info = { name: 'test', producerVersion: '1', metadata: {} };
const conv = (from: number, to: number, size: number, options = {}) =>
  new nn.Conv2d(from, to, size, { padding: Math.floor(size / 2), ...options });

/** Norms first (ResNet v2), a shortcut with a stride, groups, and a head of its own. */
class Early extends nn.Module implements Encoder {
  readonly featureWidth = 12;
  readonly stem: nn.Conv2d;
  readonly bn1 = new nn.BatchNorm2d(8);
  readonly conv1 = conv(8, 16, 3, { stride: 2, groups: 4, bias: false });
  readonly bn2 = new nn.BatchNorm2d(16);
  readonly conv2 = conv(16, 16, 3, { padding: 2, dilation: 2 });
  readonly shortcut = conv(8, 16, 1, { stride: 2, bias: false });
  readonly pool = new nn.MaxPool2d(2);
  readonly norm = new nn.LayerNorm(16);
  readonly head = new nn.Linear(16, 12);

  constructor(channels = 3) {
    super();
    this.stem = conv(channels, 8, 3);
  }

  forward(input: Tensor): Tensor {
    const x = this.stem.forward(input);
    const y = this.bn1.forward(x).silu();
    const z = this.conv2.forward(this.bn2.forward(this.conv1.forward(y)).relu_());
    const map = this.pool.forward(z.add(this.shortcut.forward(y)).leakyRelu({ negativeSlope: 0.1 }));
    return this.head.forward(this.norm.forward(map.flatten({ startDim: 2 }).mean([2])));
  }
}

/** Patches, attention, and the mean of the tokens beside their product with a gate. */
class Tokens extends nn.Module implements Encoder {
  readonly featureWidth = 16;
  readonly patches = new nn.Conv2d(3, 8, 8, { stride: 8 });
  readonly attention = new nn.MultiheadAttention(8, 2);
  readonly norm = new nn.LayerNorm(8);
  readonly gate = new nn.Linear(8, 8, { bias: false });
  readonly slopes = new nn.PReLU(8);

  forward(x: Tensor): Tensor {
    const map = this.slopes.forward(this.patches.forward(x));
    const rows = map.reshape([map.shape[0] as number, 8, -1]).transpose(1, 2);
    const mean = rows.add(this.attention.forward(this.norm.forward(rows))).mean([1]);
    return cat([mean.tanh(), mean.mul(this.gate.forward(mean).sigmoid().mul(2).sub(0.5)).gelu()], { dim: 1 });
  }
}

/** In evaluation, with norms that have seen something. */
function seasoned<Network extends nn.Module>(make: () => Network, channels = 3): Network {
  manualSeed(5);
  const network = make();
  scope(() => noGrad(() => void network.forward(randn([8, channels, 32, 32]).mul(2).add(0.5))));
  return network.eval();
}

describe("networks of one's own in ONNX", () => {
  const networks: [string, Encoder, number][] = [
    ['norms first, groups, dilation, a shortcut with a stride', seasoned(() => new Early()), 3],
    ['four channels', seasoned(() => new Early(4), 4), 4],
    ['tokens and attention', seasoned(() => new Tokens()), 3],
  ];
  for (const [name, encoder, channels] of networks) {
    test(`${name}: ONNX Runtime gives what the network gives, of any number of images`, async () => {
      const graph = graphIn(encoder, 32, channels);
      const x = normal([2, channels, 32, 32], 7, 'float32').keep();
      const { map, pooled } = await run(encodeModel(graph, info), floats(x), x.shape);
      const own = scope(() => noGrad(() => floats(encoder.forward(x))));
      assertClose([...(pooled.data as Float32Array)], [...own], { rtol: 1e-4, atol: 1e-5 });
      assert.deepEqual(map.dims, [2, ...graph.map]);
      const half = halved(graph);
      assert.ok(typeof half !== 'string');
      const narrow = await run(encodeModel(half, info), floats(x), x.shape);
      assert.ok(least(cosines(own, narrow.pooled.data as Float32Array, encoder.featureWidth)) > 0.9999);
      x.dispose();
    });
  }

  test('gray images are taken in colour', async () => {
    const encoder = seasoned(() => new Early(1), 1);
    const graph = graphIn(encoder, 32, 1);
    assert.equal(graph.channels, 3);
    const gray = normal([2, 1, 32, 32], 8, 'float32');
    const { pooled } = await run(encodeModel(graph, info), floats(gray.expand([2, 3, 32, 32])), [2, 3, 32, 32]);
    assertClose([...(pooled.data as Float32Array)], [...scope(() => noGrad(() => floats(encoder.forward(gray))))], {
      ...{ rtol: 1e-4, atol: 1e-5 },
    });
  });

  test('in 8 bits too, but for transformers', async () => {
    const [[, encoder]] = networks as [[string, Encoder, number]];
    const graph = graphIn(encoder);
    const x = normal([8, 3, 32, 32], 9, 'float32').keep();
    class Convolutions extends nn.Module implements Encoder {
      readonly featureWidth = 16;
      readonly layers = new nn.Sequential(
        conv(3, 8, 3),
        new nn.BatchNorm2d(8),
        new nn.ReLU(),
        conv(8, 16, 3, { stride: 2 }),
      );
      forward(images: Tensor): Tensor {
        return this.layers.forward(images).mean([2, 3]);
      }
    }
    const plain = seasoned(() => new Convolutions());
    const wide = graphIn(plain);
    const ranges = observe(wide, (network) => scope(() => noGrad(() => void network.forward(x))));
    const { pooled } = await run(encodeModel(quantized(wide, ranges), info), floats(x), x.shape);
    const own = scope(() => noGrad(() => floats(plain.forward(x))));
    assert.ok(least(cosines(own, pooled.data as Float32Array, 16)) > 0.999);
    assert.ok(graph.nodes.some(({ op }) => op === 'MatMul'));
    x.dispose();
  });

  test('what has none is one clear line', () => {
    const of = (forward: (x: Tensor) => Tensor) => {
      class Own extends nn.Module implements Encoder {
        readonly featureWidth = 3;
        readonly forward = forward;
      }
      return graphOf(new Own(), { size: 16, channels: 3 });
    };
    const pool = (x: Tensor) => x.mean([2, 3]);
    const reasons: [(x: Tensor) => Tensor, RegExp | string][] = [
      [(x) => pool(x.cumsum(2)), 'no form in ONNX is known of the operator aten::cumsum'],
      [(x) => pool(x.add(x, { alpha: 2 })), 'no form in ONNX is known of Add with alpha=2'],
      [(x) => pool(x.to('float64')), 'no form in ONNX is known of numbers in float64'],
      [(x) => pool(x).mul(x.shape[0] as number), /^what it computes depends on how many images there are/],
      [(x) => (Number(x.sum().item()) > 0 ? pool(x) : pool(x).neg()), /known of the operator aten::sum/],
      [() => randn([5, 3]), 'its features do not depend on the images'],
    ];
    for (const [forward, reason] of reasons) {
      const found = of(forward);
      if (typeof reason === 'string') assert.equal(found, reason);
      else assert.match(String(found), reason);
    }
    assert.notEqual(typeof of(pool), 'string');
  });
});
