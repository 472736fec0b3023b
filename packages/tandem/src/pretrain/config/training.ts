import { z } from 'zod';
import { UsageError } from '../../errors.js';
import { checkContinued, continuedPattern } from './continuation.js';

/** How long and how fast a run learns: the optimizer and its schedules. */
export const trainingOptions = z.object({
  epochs: z.int().min(1).default(200).describe('outer rounds over the data; the paper trains for several hundred'),
  stopAt: z
    .int()
    .min(1)
    .optional()
    .describe(
      'epoch after which the run stops; schedules go on as for all its epochs, so it can be resumed with a later one',
    ),
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
    .describe('what weight decay comes to by the end of the run, by half a cosine, at each step; by default it stays'),
  exclude: z
    .enum(['vectors', 'none'])
    .optional()
    .describe(
      'vectors (biases, batch norm) go without weight decay and LARS scaling; the default, but with sgd it is none',
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
  continued: z
    .string()
    .regex(continuedPattern, 'epochs and how the rate goes on after each, as 200:restart,300:constant')
    .optional()
    .describe(
      'how the learning rate goes on after an epoch: 200:restart, 200:constant or 200:stretch; `tandem resume --epochs` writes it',
    ),
  lrEnd: z.number().min(0).default(0).describe('where the decay ends; scaleLr leaves it as it is'),
  freeze: z
    .int()
    .min(1)
    .optional()
    .describe(
      'first layers of the network that stay as they begin: 1 the patches or the stem, then each block of a vit or stage; defaults to none',
    ),
  layerDecay: z
    .number()
    .positive()
    .max(1)
    .optional()
    .describe(
      'the learning rate of each layer is that of the next times this: .65 to .9 for a trained vit; defaults to 1',
    ),
  averageWeights: z
    .number()
    .min(0)
    .lt(1)
    .optional()
    .describe(
      "keeps the moving average of the student's weights, of which this stays at a step: .999 or so; defaults to none",
    ),
  clip: z.number().min(0).default(0).describe('longest a gradient may be; 0 for any'),
  clipBy: z
    .enum(['global', 'tensor'])
    .default('global')
    .describe('whether clip is for the gradients of all tensors together, or for those of each'),
});

/** How long, how fast and with which optimizer a run learns. */
export type TrainingSettings = Readonly<z.infer<typeof trainingOptions>>;

/** Settings that act with some optimizers alone. */
export const actsWith: readonly (readonly [keyof TrainingSettings, ...TrainingSettings['optimizer'][]])[] = [
  ['momentum', 'sgd', 'lars'],
  ['nesterov', 'sgd'],
  ['larsTrust', 'lars'],
  ['larsMomentum', 'lars'],
  ['larsClip', 'lars'],
];

/**
 * Whether the settings go together.
 * @param asked what was asked for by name, without defaults and presets
 * @throws UsageError where they do not
 */
export function checkTraining(settings: TrainingSettings, asked: Partial<Record<string, unknown>>): void {
  const { epochs, stopAt, warmup, decay, lrEnd, clip, optimizer, nesterov, momentum } = settings;
  if (warmup >= epochs) {
    throw new UsageError(
      `warmup must be shorter than the run: ${warmup} of ${epochs} epochs; give more epochs, or warmup=0`,
    );
  }
  checkContinued(settings);
  if (stopAt !== undefined && stopAt > epochs) {
    throw new UsageError(`stopAt=${stopAt} is past the last epoch, which is ${epochs}; give more epochs`);
  }
  if (decay === 'constant' && lrEnd > 0) {
    throw new UsageError(`lrEnd acts with decay=cosine or linear alone, got ${lrEnd} with decay=constant`);
  }
  if (clip === 0 && asked.clipBy === 'tensor') {
    throw new UsageError('clipBy says how gradients are clipped, and they are not; give clip=3');
  }
  if (optimizer === 'sgd' && nesterov && momentum === 0) {
    throw new UsageError('nesterov needs a momentum above 0, got 0');
  }
  for (const [key, ...optimizers] of actsWith) {
    if (optimizers.includes(optimizer) || asked[key] === undefined) continue;
    // A saved configuration names everything.
    if (trainingOptions.shape[key].parse(undefined) === settings[key]) continue;
    throw new UsageError(`${key} acts with optimizer=${optimizers.join(' or ')} alone, not with ${optimizer}`);
  }
}
