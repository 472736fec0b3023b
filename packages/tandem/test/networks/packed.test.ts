import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { capabilities, inferenceMode, liveCount, manualSeed, type nn, noGrad, scope, type Tensor } from 'tandem-torch';
import {
  type BackboneSettings,
  buildEncoder,
  newArchitecture,
  PackedResNet,
  ResNet,
  workingCopy,
} from '../../src/networks/index.js';
import { assertClose, elements, hash, normal } from '../support.js';
import { worn } from './filled.js';

function encoder(backbone: string, asked: BackboneSettings, channels = 3): nn.Module {
  manualSeed(1);
  return worn(buildEncoder(newArchitecture(backbone, asked, { size: 32, channels })));
}

const wide = capabilities().wideVectors;

describe('a packed ResNet', { skip: wide ? false : 'no wide vectors' }, () => {
  const cases: readonly [string, BackboneSettings, channels?: number][] = [
    ['resnet18', { width: 16, stem: 'small' }],
    ['resnet18', { width: 32, stem: 'standard' }, 1],
    ['resnet10', { width: 16, stem: 'strided', pool: 2 }],
    ['resnet50', { width: 16, stem: 'small' }],
    ['resnet8', { width: 16, stem: 'strided', features: 48 }],
  ];
  for (const [backbone, asked, channels = 3] of cases) {
    test(`gives the features of ${backbone} ${JSON.stringify(asked)}, an image the same bits in every batch`, () =>
      scope(() => {
        const network = encoder(backbone, asked, channels);
        const state = hash(Object.values(network.stateDict()));
        const before = liveCount();
        const packed = workingCopy(network);
        assert.ok(packed instanceof PackedResNet);
        scope(() => {
          const x = normal([19, channels, 32, 32], 5, 'float32').to({ memoryFormat: 'channelsLast' });
          const of = (images: Tensor) => inferenceMode(() => packed.forward(images));
          const ours = of(x);
          const theirs = noGrad(() => network.eval().forward(x));
          const scale = Math.max(...elements(theirs).map(Math.abs));
          assertClose(ours, theirs, { rtol: 1e-4, atol: 1e-4 * scale });
          for (const [from, n] of [
            [0, 1],
            [18, 1],
            [3, 8],
            [2, 17],
          ] as const) {
            assert.ok(of(x.narrow(0, from, n)).equal(ours.narrow(0, from, n)), `${n} from ${from}`);
          }
        });
        assert.equal(workingCopy(packed), undefined);
        packed.dispose();
        assert.equal(hash(Object.values(network.stateDict())), state);
        assert.equal(liveCount(), before);
        network.dispose();
      }));
  }
});

test('a network of one\u2019s own that is made from a ResNet computes as it says', () =>
  scope(() => {
    class Doubled extends ResNet {
      override forward(x: Tensor): Tensor {
        return super.forward(x).mul(2);
      }
    }
    const network = worn(new Doubled({ blocks: [1, 1, 1], width: 16, stem: 'small', channels: 3 }));
    const copy = workingCopy(network) as nn.Module;
    assert.ok(!(copy instanceof PackedResNet));
    const x = normal([2, 3, 16, 16], 5, 'float32');
    assertClose(copy.forward(x), network.eval().forward(x), { rtol: 1e-4, atol: 1e-4 });
    for (const each of [network, copy]) each.dispose();
  }));

test('what there is no packed form of has its batch norms folded, or nothing', () => {
  const cases: readonly [string, BackboneSettings, isFolded: boolean][] = [
    ['resnet18', { width: 4, stem: 'small' }, true],
    ['resnet18', { width: 16, stem: 'small', embedding: 16 }, true],
    ['resnet50', { width: 16, stem: 'standard', sk: true }, true],
    ['resnet18', { width: 16, stem: 'standard', resnetD: true }, true],
    ['vit-micro', { width: 64, depth: 1 }, false],
  ];
  for (const [backbone, asked, isFolded] of cases) {
    const network = encoder(backbone, asked);
    const copy = workingCopy(network);
    assert.equal(copy !== undefined, isFolded, backbone);
    assert.ok(!(copy instanceof PackedResNet));
    for (const each of [network, copy]) each?.dispose();
  }
});
