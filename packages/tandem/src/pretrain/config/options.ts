import { z } from 'zod';
import { methods } from '../../methods/index.js';
import { backbones } from '../../networks/index.js';
import { viewOptions } from '../views.js';

/** What every pretraining run is told, whatever its method. */
export const runOptions = z.strictObject({
  images: z.string().min(1).describe('data-set name, folder, tar, zip or shards of images'),
  method: z
    .string()
    .default('clbo')
    .describe(`how to learn [${Object.keys(methods).join(', ')}]`),
  preset: z
    .enum(['paper', 'official'])
    .default('paper')
    .describe("settings to start from: the CLBO study's, or ours where it has none, or those of the method's authors"),
  backbone: z.enum(backbones).default('resnet18').describe('network'),
  width: z
    .int()
    .min(4)
    .max(4096)
    .optional()
    .describe('channels of the first stage, 64 unless given; of reactnet-a 32; of a vit its tokens'),
  features: z
    .int()
    .min(4)
    .max(16384)
    .optional()
    .describe('channels of the last stage, and so of the features; what doubling width gives unless given'),
  stem: z
    .enum(['small', 'strided', 'standard'])
    .optional()
    .describe(
      'small keeps the resolution, strided halves it, standard quarters it; small below 64 pixels unless given',
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
    .describe('the last norm of each block of a resnet begins at gain 0; with sk unless given'),
  binary: z
    .enum(['both', 'activations'])
    .optional()
    .describe('what is binary in a bireal or react network: weights too, or, first of two steps, activations alone'),
  patch: z
    .int()
    .min(1)
    .max(64)
    .optional()
    .describe("side of a vit's patches; 4 below 64 pixels, 8 below 160, else 16 unless given"),
  depth: z.int().min(1).max(64).optional().describe("blocks of a vit; its name's unless given"),
  dropPath: z
    .number()
    .min(0)
    .lt(1)
    .optional()
    .describe('share of images that skip the last block of a vit in training, less in those before; 0 unless given'),
  epochs: z.int().min(1).default(200).describe('outer rounds over the data; the paper trains for several hundred'),
  batch: z.int().min(2).default(256).describe('images in a batch; 256 in the paper'),
  lr: z.number().positive().default(0.06).describe('learning rate before decay and after warm-up; .06 in the paper'),
  scaleLr: z
    .boolean()
    .default(false)
    .describe('times batch / 256; the paper does not say so, also where it varies the batch'),
  scaleLoss: z
    .number()
    .positive()
    .default(1)
    .describe(
      'the loss is minimised times this, which under SGD is like a learning rate; the presets set it for some methods',
    ),
  optimizer: z
    .enum(['sgd', 'lars', 'adam', 'adamw'])
    .default('sgd')
    .describe('sgd in the paper; adam takes weight decay as part of the gradient, adamw apart from it'),
  momentum: z.number().min(0).lt(1).default(0.9).describe('of sgd and lars; .9 in the paper'),
  weightDecay: z.number().min(0).default(5e-4).describe('5e-4 in the paper'),
  weightDecayEnd: z
    .number()
    .min(0)
    .optional()
    .describe(
      'what weight decay comes to by the end of the run, by half a cosine, at each step; it stays unless given',
    ),
  exclude: z
    .enum(['vectors', 'none'])
    .optional()
    .describe(
      'vectors (biases, batch norm) go without weight decay and LARS scaling; none of them with sgd unless given',
    ),
  nesterov: z.boolean().default(false).describe('Nesterov momentum, of sgd'),
  larsTrust: z.number().positive().default(1e-3).describe('step length over parameter length'),
  larsMomentum: z
    .enum(['gradients', 'steps'])
    .default('gradients')
    .describe('what the momentum sums: scaled gradients, or steps as in SimCLR'),
  larsClip: z.boolean().default(false).describe('never scales a gradient up, as in solo-learn'),
  schedule: z
    .enum(['epoch', 'step'])
    .default('epoch')
    .describe('the learning rate moves once an epoch, as in the recipe the paper follows, or at each step'),
  warmup: z.number().min(0).default(0).describe('epochs of linear warm-up before the decay'),
  decay: z
    .enum(['cosine', 'linear', 'constant'])
    .default('cosine')
    .describe('how the learning rate falls: by half a cosine, in a line, or not'),
  lrEnd: z.number().min(0).default(0).describe('where the decay ends; scaleLr leaves it as it is'),
  clip: z.number().min(0).default(0).describe('longest a gradient may be; 0 for any'),
  clipBy: z
    .enum(['global', 'tensor'])
    .default('global')
    .describe('whether clip is for the gradients of all tensors together, or for those of each'),
  size: z
    .int()
    .min(8)
    .max(1024)
    .optional()
    .describe(
      'side of the views in pixels; unless given, small squares of one size keep theirs and all else becomes 96',
    ),
  limit: z.int().min(2).optional().describe('use at most so many images, evenly over the classes'),
  ...viewOptions.shape,
  seed: z.int().min(0).default(0).describe('everything random follows from it'),
  device: z.string().default('auto').describe('auto, cpu, cuda, cuda:1 or mps'),
  precision: z
    .enum(['auto', 'float32', 'bfloat16'])
    .default('auto')
    .describe('of matrix products; auto is bfloat16 where the hardware has it'),
  memoryFormat: z
    .enum(['contiguous', 'channelsLast'])
    .default('channelsLast')
    .describe('order of activations in memory; channelsLast is faster on a CPU'),
  graph: z
    .enum(['auto', 'off'])
    .default('auto')
    .describe('auto replays training steps as CUDA graphs where device and method allow it'),
  saveMinutes: z
    .number()
    .min(0)
    .default(10)
    .describe('a checkpoint every so many minutes too, not only at epochs; 0 for none'),
  saveSteps: z.int().min(0).default(0).describe('and every so many steps; 0 for none'),
  nonFinite: z
    .enum(['stop', 'skip'])
    .default('stop')
    .describe('a loss or gradient that is not finite ends the run, or its step is left out'),
  knnEvery: z.int().min(0).default(1).describe('k-NN of both encoders every so many epochs; 0 only at the end'),
  maxSkipped: z
    .number()
    .min(0)
    .max(1)
    .default(0.05)
    .describe('share of image files that may be unreadable before the run stops; in a small set up to five may'),
  cache: z
    .string()
    .min(1)
    .optional()
    .describe("folder for decoded images that are too many for the memory; in the user's cache unless given"),
  dataRoot: z.string().optional().describe('where named data sets are looked for first'),
});

export type RunOptions = z.infer<typeof runOptions>;

/** A resolved configuration: every setting of the run, and of its method. */
export type RunConfig = RunOptions & Record<string, unknown>;
