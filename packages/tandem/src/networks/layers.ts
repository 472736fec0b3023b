import { UserError } from '../errors.js';
import { ConvNeXt } from './convnext.js';
import type { Encoder } from './encoder.js';
import { ResNet } from './resnet.js';
import { ViT } from './vit/vit.js';

/** The layers of an encoder from images to features, for what treats early ones otherwise. */
export interface Layers {
  /** From 1, the last block or stage included; layer 0 is what turns images into its input. */
  readonly count: number;
  /** The layer of a parameter by its name; `count + 1` for what stands after the blocks. */
  of(name: string): number;
}

/**
 * The layers of an encoder: the patches, their positions and tokens of a ViT, or the stem, are
 * layer 0, and each block of a ViT, or stage of a ResNet or ConvNeXt, is one more.
 * @throws UserError for a network whose layers have no such order
 */
export function layersOf(encoder: Encoder): Layers {
  if (encoder instanceof ViT) return numbered(/^blocks\.(\d+)\./, 0, encoder.blocks.length, /^norm\./);
  if (encoder instanceof ConvNeXt) return numbered(/^stages\.(\d+)\./, 0, encoder.stages.length, /^head\./);
  if (encoder instanceof ResNet) {
    return numbered(/^layer(\d+)\./, 1, encoder.layer4 ? 4 : 3, /^embedding\./);
  }
  throw new UserError('freeze and layerDecay know the layers of resnet, vit and convnext networks alone');
}

function numbered(block: RegExp, first: number, count: number, after: RegExp): Layers {
  return {
    count,
    of(name) {
      const found = block.exec(name);
      if (found) return Number(found[1]) - first + 1;
      return after.test(name) ? count + 1 : 0;
    },
  };
}

/**
 * Keeps the first layers of an encoder as they are: they get no gradient. Batch norms among them
 * go on normalising by the batch and counting.
 * @param count 1 for layer 0 alone
 * @throws UserError where it has no layers to leave, or none that are left
 */
export function freezeFirst(encoder: Encoder, count: number): void {
  const layers = layersOf(encoder);
  if (count > layers.count) {
    throw new UserError(
      `freeze=${count} leaves nothing to learn: the network has ${layers.count} layers after the first`,
    );
  }
  for (const [name, x] of encoder.namedParameters()) if (layers.of(name) < count) x.requiresGrad = false;
}
