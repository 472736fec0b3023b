import type { Architecture, BackboneSettings, TrainingForm } from './architecture.js';
import { BinaryResNet } from './binary-resnet.js';
import { ConvNeXt, type ConvNeXtStages } from './convnext.js';
import type { Encoder } from './encoder.js';
import { ReActNet } from './reactnet.js';
import { ResNet, type Stages } from './resnet.js';
import { transformerSettings } from './vit/form.js';
import { ViT } from './vit/vit.js';

/** What is known of a backbone by its name. */
export interface Backbone {
  /** Its width unless another is asked for. */
  readonly width: number;
  /** The settings that it has a use for. */
  readonly takes: readonly (keyof BackboneSettings)[];
  /** Its width, and its features, come in multiples of these. */
  readonly multiples?: { readonly width?: number; readonly features?: number };
  /** Blocks of a ViT unless another number is asked for. */
  readonly depth?: number;
  /** Makes it, with fresh weights. */
  readonly build: (architecture: Architecture, form: TrainingForm) => Encoder;
}

function resnet(blocks: Stages, bottleneck: boolean): Backbone {
  return {
    width: 64,
    takes: ['width', 'features', 'pool', 'embedding', 'stem', 'resnetD', 'sk', 'zeroGain'],
    multiples: { features: bottleneck ? 4 : 1 },
    build: ({ stem = 'standard', ...rest }, { splits }) => new ResNet({ blocks, bottleneck, stem, ...rest, splits }),
  };
}

/**
 * Of twice as many units as the real one has blocks: each convolution has a shortcut of its own.
 */
function binaryResnet(blocks: Stages, shifts: boolean): Backbone {
  const units = blocks.map((count) => 2 * (count as number)) as unknown as Stages;
  return {
    width: 64,
    takes: ['width', 'features', 'stem', 'binary'],
    build: ({ stem = 'standard', width, features, channels, binary }, { splits }) => {
      const binaryWeights = binary !== 'activations';
      return new BinaryResNet({ blocks: units, width, features, stem, channels, shifts, binaryWeights, splits });
    },
  };
}

const reactnet: Backbone = {
  width: 32,
  takes: ['width', 'stem', 'binary'],
  build: ({ width, channels, stem, binary }, { splits }) =>
    new ReActNet({ width, channels, strided: stem !== 'small', binaryWeights: binary !== 'activations', splits }),
};

/** A head is as wide in narrower and wider ones. */
function vit(width: number, blocks: number, heads: number): Backbone {
  const headWidth = width / heads;
  return {
    width,
    depth: blocks,
    takes: ['width', 'depth', 'patch', 'dropPath', ...transformerSettings],
    multiples: { width: headWidth },
    build: ({ backbone: _, depth = blocks, patch = 16, size = 224, heads, ...form }, { dropPath, maskToken }) =>
      new ViT({ ...form, depth, heads: heads ?? form.width / headWidth, patch, size, dropPath, maskToken }),
  };
}

/** Blocks in each stage of the ConvNeXts, and channels of the first. */
export const convnexts: Readonly<Record<string, { readonly blocks: ConvNeXtStages; readonly width: number }>> = {
  'convnext-atto': { blocks: [2, 2, 6, 2], width: 40 },
  'convnext-tiny': { blocks: [3, 3, 9, 3], width: 96 },
  'convnext-small': { blocks: [3, 3, 27, 3], width: 96 },
  'convnext-base': { blocks: [3, 3, 27, 3], width: 128 },
  'convnext-large': { blocks: [3, 3, 27, 3], width: 192 },
};

function convnext({ blocks, width }: (typeof convnexts)[string]): Backbone {
  return {
    width,
    takes: ['width', 'stem', 'layerScale', 'normEps', 'dropPath'],
    build: ({ stem = 'standard', ...rest }, { dropPath }) => new ConvNeXt({ ...rest, blocks, stem, dropPath }),
  };
}

/** Blocks in each stage of the ResNets of basic blocks. */
export const basic: Readonly<Record<string, Stages>> = {
  resnet8: [1, 1, 1],
  resnet10: [1, 1, 1, 1],
  resnet18: [2, 2, 2, 2],
  resnet34: [3, 4, 6, 3],
};

/** The same of those of bottlenecks. */
export const bottlenecks: Readonly<Record<string, Stages>> = {
  resnet50: [3, 4, 6, 3],
  resnet101: [3, 4, 23, 3],
  resnet152: [3, 8, 36, 3],
  resnet200: [3, 24, 36, 3],
};

function each(table: typeof basic, prefix: string, make: (blocks: Stages) => Backbone): [string, Backbone][] {
  return Object.entries(table).map(([name, blocks]) => [`${prefix}${name}`, make(blocks)]);
}

/** Every backbone by its name on the command line. */
export const families: Readonly<Record<string, Backbone>> = {
  ...Object.fromEntries([
    ...each(basic, '', (blocks) => resnet(blocks, false)),
    ...each(bottlenecks, '', (blocks) => resnet(blocks, true)),
    ...each(basic, 'bireal-', (blocks) => binaryResnet(blocks, false)),
    ...each(basic, 'react-', (blocks) => binaryResnet(blocks, true)),
  ]),
  'reactnet-a': reactnet,
  ...Object.fromEntries(Object.entries(convnexts).map(([name, form]) => [name, convnext(form)])),
  'vit-micro': vit(64, 4, 2),
  'vit-tiny': vit(192, 12, 3),
  'vit-small': vit(384, 12, 6),
  'vit-base': vit(768, 12, 12),
  'vit-large': vit(1024, 24, 16),
};
