import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { liveCount, manualSeed, nn, noGrad, scope, type Tensor } from 'tandem-torch';
import { families } from '../../src/networks/families.js';
import {
  type BackboneSettings,
  backbones,
  buildEncoder,
  foldBatchNorms,
  newArchitecture,
} from '../../src/networks/index.js';
import { assertClose, elements, hash, normal } from '../support.js';
import { worn } from './filled.js';

const images = { size: 32, channels: 3 };

/** How many batch norms still do anything in evaluation, seen by what comes out of them. */
function normsAtWork(network: nn.Module): number {
  const probe = (norm: nn.BatchNorm2d) => normal([2, norm.runningMean.shape[0] as number, 2, 2], 4, 'float32');
  const norms = network.modules().filter((part) => part instanceof nn.BatchNorm2d);
  return norms.filter((norm) => {
    const x = probe(norm);
    return norm.forward(x) !== x;
  }).length;
}

describe('foldBatchNorms', () => {
  const settings = (backbone: string): BackboneSettings[] => {
    const takes = families[backbone]?.takes ?? [];
    if (takes.includes('depth')) return [{ depth: 2, ...(backbone !== 'vit-micro' && { width: 64 }) }];
    if (!takes.includes('stem')) return [{ width: 4 }];
    return [
      { width: 4, stem: 'small' },
      { width: 4, stem: 'standard' },
      ...(takes.includes('sk') ? [{ width: 4, stem: 'standard', sk: true } as const] : []),
    ];
  };
  for (const backbone of backbones) {
    for (const asked of settings(backbone)) {
      test(`${backbone} ${JSON.stringify(asked)}: the same features, and the network stays as it is`, () =>
        scope(() => {
          manualSeed(1);
          const encoder = worn(buildEncoder(newArchitecture(backbone, asked, images)));
          const state = hash(Object.values(encoder.stateDict()));
          const before = liveCount();
          const folded = foldBatchNorms(encoder);
          assert.equal(folded === undefined, /^(vit|convnext)-/.test(backbone));
          if (folded)
            scope(() => {
              const x = normal([4, 3, 32, 32], 5, 'float32');
              assert.ok(encoder.training);
              const [ours, theirs] = noGrad(() => [folded.forward(x), encoder.eval().forward(x)]) as [Tensor, Tensor];
              const scale = Math.max(...elements(theirs).map(Math.abs));
              assertClose(ours, theirs, { rtol: 1e-4, atol: 1e-4 * scale });
              // Of binary networks the norms behind binary convolutions stay.
              if (/^resnet/.test(backbone)) assert.equal(normsAtWork(folded), 0);
              folded.dispose();
            });
          assert.equal(hash(Object.values(encoder.stateDict())), state);
          assert.equal(liveCount(), before);
          encoder.dispose();
        }));
    }
  }

  test('a convolution with a bias, a norm without gain and shift', () =>
    scope(() => {
      const network = worn(
        new nn.Sequential(new nn.Conv2d(3, 5, 3, { padding: 1 }), new nn.BatchNorm2d(5, { affine: false })),
      );
      const folded = foldBatchNorms(network) as nn.Module;
      const x = normal([2, 3, 6, 6], 6, 'float32');
      assertClose(folded.forward(x), network.eval().forward(x), { rtol: 1e-5, atol: 1e-5 });
      assert.equal(normsAtWork(folded), 0);
    }));

  test('norms of networks of one\u2019s own stay where their order is not known', () =>
    scope(() => {
      // Norms first, as in ResNet v2: after the second convolution a sum comes.
      class Early extends nn.Module {
        readonly conv1 = new nn.Conv2d(3, 3, 3, { padding: 1 });
        readonly conv2 = new nn.Conv2d(3, 3, 3, { padding: 1 });
        readonly last = new nn.BatchNorm2d(3);

        forward(x: Tensor): Tensor {
          return this.last.forward(x.add(this.conv2.forward(this.conv1.forward(x))));
        }
      }
      assert.equal(foldBatchNorms(worn(new Early())), undefined);
    }));

  test('a norm that follows something else stays', () => {
    const network = worn(new nn.Sequential(new nn.Linear(3, 3), new nn.BatchNorm1d(3)));
    assert.equal(foldBatchNorms(network), undefined);
    network.dispose();
  });
});
