import { z } from 'zod';
import { backbones, knownBackbones } from '../../networks/index.js';

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
    .describe("start from the weights in a .safetensors file with torchvision's or Hugging Face's names, or of a run"),
  teacher: z
    .string()
    .min(1)
    .optional()
    .describe(
      'run folder, of pretraining or fine-tuning, or encoder file whose network the student is to imitate; it stays as it is',
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
