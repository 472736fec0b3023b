import { basename } from 'node:path';
import type { Tensor } from 'tandem-torch';
import type { Architecture } from '../../networks/index.js';
import { normalisationOf } from '../../views/index.js';
import type { EncoderCard } from '../card.js';
import type { Family } from '../layouts/index.js';
import { listed } from '../listed.js';
import { readOffConvNeXt } from './convnext.js';
import { type FolderSays, folderSays } from './folder.js';
import { type Recognised, recognise } from './recognise.js';
import { readOffResNet } from './resnet.js';
import { type ReadOff, readOffViT } from './vit.js';

type Tensors = Readonly<Record<string, Tensor>>;

/** Weights under the names here, and what they were found to be. */
export interface PublicWeights extends ReadOff {
  readonly recognised: Recognised;
}

/** A card for weights without one, and what it takes for granted. */
export interface Assumed {
  readonly card: EncoderCard;
  readonly tensors: Record<string, Tensor>;
  readonly note: string;
}

/**
 * Finds the network of another library in a file's tensors, and reads its architecture off their
 * shapes and the files beside.
 * @returns undefined where there is none of a known layout
 * @throws Error where there is one that is not known here
 */
export function publicWeights(path: string, all: Tensors): PublicWeights | undefined {
  const recognised = recognise(all);
  return recognised && { recognised, ...readOff(recognised, folderSays(path)) };
}

const readers: Readonly<Record<Family, (recognised: Recognised, folder: FolderSays) => ReadOff>> = {
  vit: readOffViT,
  resnet: readOffResNet,
  convnext: readOffConvNeXt,
};

function readOff(recognised: Recognised, folder: FolderSays): ReadOff {
  return readers[recognised.family](recognised, folder);
}

/**
 * A card for the network of another library: what heads and other parts the features do not need
 * are left out. How images are prepared shows in no weights: the folder's
 * `preprocessor_config.json` says it, or else ImageNet's constants are assumed, at the size of a
 * transformer's positions, at 224 pixels, or, for the small stem, at 32.
 * @returns undefined where the names are of no known layout
 * @throws Error where they are, but of a network that is not known here
 */
export function assume(path: string, all: Tensors): Assumed | undefined {
  const found = publicWeights(path, all);
  if (!found) return undefined;
  const { architecture, recognised, assumed } = found;
  const folder = folderSays(path);
  const { channels } = architecture;
  const size = folder.size ?? architecture.size ?? (architecture.stem === 'small' ? 32 : 224);
  const { patch = 1 } = architecture;
  if (size % patch !== 0) {
    throw new Error(`the files beside it say images of ${size} pixels, which patches of ${patch} do not divide`);
  }
  const fed = folder.mean?.length === channels && folder.std?.length === channels;
  const { plainPixels } = recognised.layout;
  const each = (value: number) => Array<number>(channels).fill(value);
  const usual = plainPixels ? { mean: each(0), std: each(1) } : normalisationOf(undefined, channels);
  const card = {
    architecture,
    size,
    ...(fed ? { mean: folder.mean, std: folder.std } : usual),
  } as EncoderCard;
  const tensors = Object.fromEntries(Object.entries(found.tensors).filter(([name]) => !isBeside(name)));
  const beside = Object.keys(found.tensors).filter(
    (name) => isBeside(name) && !(recognised.prefix === '' && /^fc\b/.test(name)),
  );
  const taken = recognised.prefix === '' ? '' : `, its '${recognised.prefix}*'`;
  const left = [...beside.map((name) => recognised.prefix + name), ...recognised.elsewhere];
  const parts = [
    `${fed ? '' : 'it does not say how to feed it; '}taken for a ${describe(architecture, recognised)}${taken}`,
    `${size} pixels`,
    fed
      ? "its preprocessor_config.json's mean and std"
      : plainPixels
        ? 'pixels from 0 to 1 as they are'
        : "ImageNet's mean and std",
    ...assumed,
    ...whose(architecture),
    ...padsMaybe(path, recognised),
  ];
  return { card, tensors, note: parts.join(', ') + (left.length > 0 ? `; left: ${listed(left)}` : '') };
}

function describe({ backbone }: Architecture, { family, layout }: Recognised): string {
  return family === 'resnet' ? `${backbone} of torchvision's` : `${backbone} of ${layout.name}`;
}

/** Files of BYOL and SimCLR whose converter gave them torchvision's names look like its own. */
function padsMaybe(path: string, { family, layout }: Recognised): string[] {
  const isTold = layout.name.startsWith('SimCLR');
  if (family !== 'resnet' || isTold || !/byol|simclr|tensorflow/i.test(basename(path))) return [];
  return ["padded as PyTorch does: if its authors' TensorFlow or JAX padded one side, its features are others"];
}

/** By whose numbers positions come to another size. */
function whose({ resample }: Architecture): string[] {
  if (resample === undefined) return [];
  const library = { plain: "transformers'", antialias: "timm's", offset: "DINO's authors'" }[resample];
  return [`positions of other sizes by ${library} way`];
}

/** Heads, and what only training had a use for. */
function isBeside(name: string): boolean {
  return /^(fc|head(?!\.norm\.)|heads|head_dist|classifier|pooler|projector|predictor|projection_head|prototypes|mask_token|masked_embed|embeddings\.mask_token|rope_embed\.periods)(\.|$)/.test(
    name,
  );
}
