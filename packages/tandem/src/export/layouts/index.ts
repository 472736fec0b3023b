import { noGrad } from 'tandem-torch';
import { ConvNeXt, type Encoder, ResNet, ViT } from '../../networks/index.js';
import type { EncoderCard } from '../../weights/card.js';
import { convnext, resnet } from './convolutional.js';
import { type LaidOut, type Library, refuse } from './layout.js';
import { vit } from './vit.js';

export { classified } from './classified.js';
export { type ExportLayout, exportLayouts, type LaidOut, type Library, libraryNames } from './layout.js';

/**
 * An encoder as a library has it: its weights under that library's names, and what tells it how to
 * build the network.
 * @returns tensors that belong to the scope
 * @throws UserError where the library has no such network
 */
export function layOut(encoder: Encoder, card: EncoderCard, library: Library): LaidOut {
  return noGrad(() => {
    if (encoder instanceof ResNet) return resnet[library](encoder, card);
    if (encoder instanceof ConvNeXt) return convnext[library](encoder, card);
    if (encoder instanceof ViT) return vit[library](encoder, card);
    return refuse(library, card.architecture.backbone);
  });
}
