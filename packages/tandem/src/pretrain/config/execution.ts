import { z } from 'zod';

/** What `log` may be, and why no more. */
const loggers =
  'tensorboard (of mlflow and wandb no maintained package writes the offline format from Node.js; metrics.jsonl is for scripts)';

/** How a run is carried out: its randomness, where it computes, when it saves and evaluates. */
export const executionOptions = z.object({
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
  accumulate: z
    .int()
    .min(1)
    .default(1)
    .describe(
      'parts of a batch that go through the network one after another, in the memory of one; the gradients are those of the whole batch, for a third more time; not with batch norm in the network',
    ),
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
  keepEvery: z
    .int()
    .min(0)
    .default(0)
    .describe('keeps the encoders of every so many epochs, beside those of the last; 0 for none'),
  keepBest: z
    .enum(['knn'])
    .optional()
    .describe('keeps the encoder of the epoch with the best k-NN too, as encoder/best.safetensors; needs labels'),
  log: z
    .string()
    .refine((name) => name === 'tensorboard', loggers)
    .optional()
    .describe("tensorboard: writes TensorBoard's event files into the run too; metrics.jsonl is written anyway"),
  onlineProbe: z
    .boolean()
    .default(false)
    .describe("a linear classifier learns beside, on the student's features, for a curve; labels are for it alone"),
  syncBatchNorm: z
    .boolean()
    .default(true)
    .describe('several processes normalise over the whole batch, as one would; off by the share of each'),
  compressGradients: z
    .boolean()
    .default(false)
    .describe('several processes send gradients as bfloat16: half the bytes, and other last digits'),
  knnEvery: z.int().min(0).default(1).describe('k-NN of both encoders every so many epochs; 0 only at the end'),
});

/** Where a run computes, and how often it evaluates and saves. */
export type ExecutionSettings = Readonly<z.infer<typeof executionOptions>>;
