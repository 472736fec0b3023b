import { type Tensor, zeros } from 'tandem-torch';
import { backboneOf, backbones } from '../../networks/index.js';
import type { Recognised } from './recognise.js';
import type { ReadOff } from './vit.js';

type Tensors = Readonly<Record<string, Tensor>>;

/**
 * Reads off the shapes which ResNet has these weights, under torchvision's names. Of the stem only
 * its kernel shows in the weights: 7x7 is torchvision's, 3x3 the one of small images.
 * @throws Error where they are of a network that is not known here
 */
export function readOffResNet({ tensors: all }: Recognised): ReadOff {
  const first = all['conv1.weight']?.shape;
  if (first?.length !== 4) throw new Error('it has no conv1.weight: it is damaged, or a ResNet with another stem');
  const kind = all['layer1.0.conv3.weight'] ? 'bottleneck' : 'basic';
  const [width, channels, kernel] = first as [number, number, number];
  const stages = [1, 2, 3, 4].map((stage) => blocksOf(all, stage)).filter((blocks) => blocks > 0);
  const backbone = backboneOf(stages, kind);
  if (backbone === undefined) {
    const resnets = backbones.filter((name) => name.startsWith('resnet'));
    throw new Error(`its stages have ${stages.join(', ')} blocks; there is ${resnets.join(', ')}`);
  }
  if ((kernel !== 7 && kernel !== 3) || (channels !== 1 && channels !== 3)) {
    throw new Error(`conv1.weight is ${all['conv1.weight']}; expected 7x7 or 3x3 kernels over 1 or 3 channels`);
  }
  const last = kind === 'basic' ? 'conv2' : 'conv3';
  const features = all[`layer${stages.length}.0.${last}.weight`]?.shape[0] as number;
  const small = kernel === 3;
  const tensors = { ...all };
  // Older exports lack the counters of batches, which evaluation never reads.
  for (const name of Object.keys(tensors)) {
    const counter = name.replace(/running_mean$/, 'num_batches_tracked');
    if (counter !== name) tensors[counter] ??= zeros([], { dtype: 'int64' });
  }
  return {
    architecture: { backbone, width, features, stem: small ? 'small' : 'standard', channels },
    tensors,
    assumed: small ? ['a stem of stride 1'] : [],
  };
}

function blocksOf(all: Tensors, stage: number): number {
  let blocks = 0;
  while (all[`layer${stage}.${blocks}.conv1.weight`]) blocks += 1;
  return blocks;
}
