import { didYouMean, shownName, UserError } from '../errors.js';
import type { Encoder, TrainingForm } from './encoder.js';
import { ResNet, type ResNetOptions, type Stem } from './resnet.js';

/** What names an encoder completely: enough to build it again and load its weights. */
export interface Architecture {
  readonly backbone: string;
  readonly width: number;
  readonly features?: number | undefined;
  readonly stem: Stem;
  readonly channels: number;
}

const blocks: Readonly<Record<string, ResNetOptions['blocks']>> = {
  resnet8: [1, 1, 1],
  resnet10: [1, 1, 1, 1],
  resnet18: [2, 2, 2, 2],
  resnet34: [3, 4, 6, 3],
};

/** The names `buildEncoder` knows. */
export const backbones: readonly string[] = Object.keys(blocks);

/** The backbone whose stages have so many blocks, if there is one. */
export function backboneOf(stages: readonly number[]): string | undefined {
  return backbones.find((name) => String(blocks[name]) === String(stages));
}

/** The stem for images of this side: full resolution below 64 pixels, torchvision's own from there on. */
export function stemFor(side: number): Stem {
  return side < 64 ? 'small' : 'standard';
}

/** Builds an encoder with fresh weights from the default generator. @throws UserError for an unknown backbone. */
export function buildEncoder({ backbone, ...options }: Architecture, form: TrainingForm = {}): Encoder {
  const layout = Object.hasOwn(blocks, backbone) ? blocks[backbone] : undefined;
  if (!layout) {
    throw new UserError(
      `unknown backbone ${shownName(backbone)}; there is ${backbones.join(', ')}.${didYouMean(backbone, backbones)}`,
    );
  }
  return new ResNet({ blocks: layout, ...options, ...form });
}
