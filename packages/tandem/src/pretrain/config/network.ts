import { z } from 'zod';
import {
  backbones,
  knownBackbones,
  mlpKinds,
  poolings,
  positionKinds,
  qkvBiases,
  resamplings,
} from '../../networks/index.js';

/** What vision transformers have beside the first ones' parts. */
const transformerOptions = {
  heads: z
    .int()
    .min(1)
    .max(256)
    .optional()
    .describe("heads of a vit's attention; defaults to its name's width of a head"),
  mlp: z.enum(mlpKinds).optional().describe("between the layers of a vit's perceptrons; defaults to gelu"),
  mlpWidth: z
    .int()
    .min(1)
    .max(65536)
    .optional()
    .describe("inner width of a vit's perceptrons; defaults to 4 times width"),
  layerScale: z
    .number()
    .positive()
    .optional()
    .describe("what factors of a vit's layers begin at; defaults to no factors"),
  registers: z.int().min(1).max(64).optional().describe('tokens of a vit beside class and patches; defaults to none'),
  classToken: z.boolean().optional().describe('whether a vit has a class token; defaults to true'),
  pooling: z
    .enum(poolings)
    .optional()
    .describe("a vit's features: its class token, or the mean of its patches after the last norm, or before it"),
  positions: z.enum(positionKinds).optional().describe("a vit's positions; defaults to learned"),
  resample: z
    .enum(resamplings)
    .optional()
    .describe("how a vit's positions come to another size: plain as transformers, antialias as timm, offset as DINO"),
  normEps: z.number().positive().optional().describe("added to variances in a vit's norms; defaults to 1e-6"),
  qkvBias: z.enum(qkvBiases).optional().describe('which of queries, keys and values have biases; defaults to all'),
};

/** The student's network, and the trained networks that it starts from or imitates. */
export const networkOptions = z.object({
  backbone: z.enum(backbones).default('resnet18').describe('network'),
  width: z
    .int()
    .min(4)
    .max(4096)
    .optional()
    .describe('channels of the first stage, 64 by default; of reactnet-a 32; of a vit its tokens'),
  features: z
    .int()
    .min(4)
    .max(16384)
    .optional()
    .describe('channels of the last stage, and so of the features; defaults to what doubling width gives'),
  pool: z
    .int()
    .min(1)
    .max(16)
    .optional()
    .describe(
      'cells along each side of the last map that a resnet averages each by itself: features that say where things are, pool^2 times as many; defaults to 1',
    ),
  embedding: z
    .int()
    .min(4)
    .max(16384)
    .optional()
    .describe('outputs of a linear layer after the pooling of a resnet, which are then its features; defaults to none'),
  stem: z
    .enum(['small', 'strided', 'standard'])
    .optional()
    .describe(
      'small keeps the resolution, strided halves it, standard quarters it; defaults to small below 64 pixels, else to standard',
    ),
  initFrom: z
    .string()
    .min(1)
    .optional()
    .describe(
      'start from the weights of a run, or of a .safetensors file of torchvision, timm, transformers, DINO, DINOv2 or MoCo',
    ),
  teacher: z
    .string()
    .min(1)
    .optional()
    .describe(
      'run folder, of pretraining or fine-tuning, or encoder file whose network the student is to imitate; it stays as it is',
    ),
  resnetD: z
    .boolean()
    .optional()
    .describe(
      'a resnet of the form D: three convolutions before its stages, means in its shortcuts; of timm resnet50d',
    ),
  sk: z
    .boolean()
    .optional()
    .describe("a resnet in SimCLR v2's form: selective kernels in bottlenecks, ResNet-D's stem and shortcuts"),
  zeroGain: z
    .boolean()
    .optional()
    .describe('the last norm of each block of a resnet begins at gain 0; by default with sk alone'),
  binary: z
    .enum(['both', 'activations'])
    .optional()
    .describe('what is binary in a bireal or react network: weights too, or, first of two steps, activations alone'),
  patch: z
    .int()
    .min(1)
    .max(64)
    .optional()
    .describe("side of a vit's patches; defaults to 4 below 64 pixels, 8 below 160, else 16"),
  ...transformerOptions,
  depth: z.int().min(1).max(64).optional().describe("blocks of a vit; defaults to its name's"),
  dropPath: z
    .number()
    .min(0)
    .lt(1)
    .optional()
    .describe('share of images that skip the last block of a vit in training, less in those before; defaults to 0'),
});

/** The same with the backbones that are known now, those of one's own among them. */
export function knownNetworkOptions() {
  const { backbone } = networkOptions.shape;
  const description = backbone.description ?? '';
  return networkOptions.extend({ backbone: z.enum(knownBackbones()).default('resnet18').describe(description) });
}

/** The encoder of a run, and the networks that it begins with or follows. */
export type NetworkSettings = Readonly<z.infer<typeof networkOptions>>;
