import { type Tensor, zeros } from 'tandem-torch';
import { backboneOf, backbones } from '../networks/index.js';
import { normalisationOf } from '../views/index.js';
import type { EncoderCard } from './card.js';

type Tensors = Readonly<Record<string, Tensor>>;

/** A card for weights without one, and what it takes for granted. */
export interface Assumed {
  readonly card: EncoderCard;
  readonly tensors: Record<string, Tensor>;
  readonly note: string;
}

/**
 * Reads off the shapes what ResNet has torchvision's keys and these weights. The classifier
 * (`fc.*`) is left out; of the stem only its kernel shows in the weights: 7x7 is torchvision's, 3x3
 * the one of small images. How images are prepared shows nowhere: ImageNet's constants are assumed,
 * at 224 pixels or, for the small stem, at 32.
 * @returns undefined where the keys are not torchvision's
 * @throws Error where they are, but of a network that is not known here
 */
export function assumeTorchvision(all: Tensors): Assumed | undefined {
  const first = all['conv1.weight']?.shape;
  if (first?.length !== 4 || !all['layer1.0.conv1.weight']) return undefined;
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
  const card: EncoderCard = {
    architecture: { backbone, width, features, stem: small ? 'small' : 'standard', channels },
    size: small ? 32 : 224,
    ...normalisationOf(undefined, channels),
  };
  const tensors = Object.fromEntries(Object.entries(all).filter(([name]) => !name.startsWith('fc.')));
  // Older exports lack the counters of batches, which evaluation never reads.
  for (const name of Object.keys(tensors)) {
    const counter = name.replace(/running_mean$/, 'num_batches_tracked');
    if (counter !== name) tensors[counter] ??= zeros([], { dtype: 'int64' });
  }
  const note =
    `it does not say how to feed it; taken for a ${backbone} of torchvision's, ${card.size} pixels, ImageNet's mean and std` +
    (small ? ', a stem of stride 1' : '');
  return { card, tensors, note };
}

function blocksOf(all: Tensors, stage: number): number {
  let blocks = 0;
  while (all[`layer${stage}.${blocks}.conv1.weight`]) blocks += 1;
  return blocks;
}
