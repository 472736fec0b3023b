import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cat, liveCount, type nn, noGrad, scope, type Tensor } from 'tandem-torch';
import {
  BinaryResNet,
  buildEncoder,
  PrototypeHead,
  ReActNet,
  ResNet,
  type ResNetOptions,
  ViT,
} from '../../src/networks/index.js';
import { assertClose, fixture } from '../support.js';
import { byFormula, filled } from './filled.js';

interface Run {
  readonly input: readonly number[];
  readonly eval: readonly number[];
  readonly train: readonly number[];
  readonly inputGrad: readonly number[];
  readonly grads: Readonly<Record<string, readonly number[]>>;
}

interface Case {
  readonly name: string;
  readonly parameterCount: number;
  readonly state: Readonly<Record<string, readonly number[]>>;
  readonly runs: readonly Run[];
}

const { networks } = fixture<{ networks: readonly Case[] }>('networks');

const common = { width: 4, channels: 3 } as const;
const sk = (blocks: ResNetOptions['blocks'], stem: 'small' | 'standard', bottleneck: boolean) => () =>
  new ResNet({ ...common, blocks, stem, bottleneck, sk: true });

/** The same networks, built here. */
const builders: Readonly<Record<string, () => nn.Module>> = {
  vit: () => new ViT({ width: 12, depth: 3, heads: 3, patch: 4, size: 8, channels: 3 }),
  'dino head': () =>
    new PrototypeHead({ widths: [6, 10, 10, 5], norm: false, activation: 'gelu', prototypes: 7, fixedGain: false }),
  'bireal small': () => new BinaryResNet({ ...common, blocks: [2, 2, 2, 2], stem: 'small', shifts: false }),
  'react small': () => new BinaryResNet({ ...common, blocks: [2, 2, 2, 2], stem: 'small', shifts: true }),
  'react standard': () => new BinaryResNet({ ...common, blocks: [4, 4, 4, 4], stem: 'standard', shifts: true }),
  'react activations': () =>
    new BinaryResNet({ ...common, blocks: [2, 2, 2], stem: 'small', shifts: true, binaryWeights: false }),
  'reactnet-a': () => new ReActNet({ ...common, strided: true }),
  'sk small': sk([1, 2, 1], 'small', true),
  'sk standard': sk([1, 1, 1, 1], 'standard', true),
  'sk basic': sk([1, 1, 1, 1], 'small', false),
  resnet50: () => buildEncoder({ backbone: 'resnet50', width: 64, stem: 'standard', channels: 3 }),
};

/** Names that this package chose, in place of the fixture's. */
const ownName = (name: string) =>
  name.replace(/^mlp\.(\d)\.(?=weight$|bias$)/, 'layers.$1.0.').replace(/^last_layer\./, 'prototypes.');

/** Sum, sum of squares and the first numbers. */
function digest(x: Tensor): Tensor {
  return cat([x.sum().reshape([1]), x.square().sum().reshape([1]), x.reshape([-1]).narrow(0, 0, Math.min(4, x.numel))]);
}

describe('networks and the same written in PyTorch, float64', () => {
  for (const { name, parameterCount, state, runs } of networks) {
    test(`${name}: names and shapes, evaluation, training, gradients`, () => {
      const before = liveCount();
      const network = filled((builders[name] as () => nn.Module)());
      const renamed = Object.entries(state).map(([key, shape]) => [name === 'dino head' ? ownName(key) : key, shape]);
      assert.deepEqual(
        Object.entries(network.stateDict()).map(([key, x]) => [key, [...x.shape]]),
        renamed,
      );
      assert.equal(
        network.parameters().reduce((sum, x) => sum + x.numel, 0),
        parameterCount,
      );
      for (const run of runs) {
        scope(() => {
          for (const x of network.parameters()) x.grad = null;
          const x = byFormula(run.input, 1000, 1, run.input.length === 4 ? 0.5 : 0);
          const width = run.eval.length / (run.input[0] as number);
          const first = (y: Tensor) => y.narrow(1, 0, width).contiguous();
          assertClose(first(noGrad(() => network.eval().forward(x))), run.eval, { atol: 3e-9, rtol: 3e-9 });
          x.requiresGrad = true;
          const y = network.train().forward(x);
          assertClose(first(y), run.train, { atol: 3e-9, rtol: 3e-9 });
          y.mul(byFormula(y.shape, 1001, 2, 0))
            .sum()
            .backward();
          // Sums of many numbers of either sign are known less well than the numbers.
          const close = { atol: 1e-6, rtol: 1e-7 };
          assertClose(digest(x.grad as Tensor), run.inputGrad, { ...close, label: 'gradient of the input' });
          const gradients = new Map(network.namedParameters().map(([key, x]) => [key, x.grad as Tensor]));
          for (const [key, values] of Object.entries(run.grads)) {
            const own = name === 'dino head' ? ownName(key) : key;
            assertClose(digest(gradients.get(own) as Tensor), values, { ...close, label: `gradient of ${own}` });
          }
        });
      }
      network.dispose();
      assert.equal(liveCount(), before);
    });
  }
});
