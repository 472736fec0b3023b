import { z } from 'zod';
import { UserError } from '../errors.js';
import { Head, PrototypeHead } from '../networks/index.js';
import { loadWeights, named, saveWeights } from './file.js';

/** A head and, where its outputs are classes, their names. */
export interface SavedHead {
  /** The head itself. */
  readonly head: Head;
  /** In the order of its outputs. */
  readonly classes?: readonly string[] | undefined;
  /** Of a classifier that was trained on a frozen encoder: SHA-256 of that encoder's file. */
  readonly encoder?: string | undefined;
  /** Of a classifier: what its outputs are divided by, so that their softmax is calibrated. */
  readonly temperature?: number | undefined;
}

const width = z.int().positive().max(65536);

const schema = z.object({
  head: z.object({
    widths: z.array(width).min(1).max(16),
    activation: z.enum(['relu', 'gelu']).optional(),
    norm: z.boolean(),
    lastNorm: z.enum(['affine', 'scale', 'plain']).optional(),
    classifier: z.boolean().optional(),
    prototypes: width.optional(),
    fixedGain: z.boolean().optional(),
  }),
  classes: z.array(z.string()).optional(),
  encoder: z.string().optional(),
  temperature: z.number().positive().optional(),
});

/**
 * Writes one safetensors file: the weights, and as metadata the head's shape and the names of its
 * classes.
 */
export function saveHead(path: string, { head, ...facts }: SavedHead): void {
  const { splits: _, ...shape } = head.shape; // batch norms split batches in training alone
  saveWeights(path, head.stateDict(), JSON.stringify({ head: shape, ...facts }));
}

/**
 * Reads such a file.
 * @throws UserError when it is none, or holds NaN or infinity, naming the file and what is wrong
 */
export function loadHead(path: string): SavedHead {
  try {
    const { tensors, about = '{}' } = loadWeights(path);
    try {
      const { head: shape, ...facts } = schema.parse(JSON.parse(about));
      checkWidths(shape.widths, tensors);
      const { prototypes, ...mlp } = shape;
      const head = prototypes === undefined ? new Head(mlp) : new PrototypeHead({ ...mlp, prototypes });
      try {
        head.loadStateDict(tensors);
      } catch (error) {
        head.dispose();
        throw error;
      }
      return { head, ...facts };
    } finally {
      for (const tensor of Object.values(tensors)) tensor.dispose();
    }
  } catch (error) {
    const isOther = error instanceof z.ZodError || error instanceof SyntaxError;
    throw new UserError(isOther ? `${path}: is no head saved by Tandem` : named(path, error));
  }
}

/** Asked before building, so that a wrong width cannot take all memory. */
function checkWidths(
  widths: readonly number[],
  tensors: Readonly<Record<string, { readonly shape: readonly number[] }>>,
) {
  for (const outputs of widths.slice(1)) {
    const some = Object.values(tensors).some(({ shape }) => shape[0] === outputs);
    if (!some) throw new Error(`its weights are not those of width ${outputs}`);
  }
}
