import { scope, type Tensor } from 'tandem-torch';
import { z } from 'zod';
import { UserError } from '../errors.js';
import {
  type Architecture,
  buildEncoder,
  type Encoder,
  isOwnBackbone,
  mlpKinds,
  poolings,
  positionKinds,
  qkvBiases,
  resamplings,
} from '../networks/index.js';
import type { EncoderCard } from './card.js';
import { key, loadWeights, named, saveWeights } from './file.js';
import { assume, publicWeights } from './public/assume.js';

const cardSchema = z
  .object({
    architecture: z.object({
      backbone: z.string(),
      width: z.int().positive().max(4096),
      features: z.int().positive().max(65536).optional(),
      pool: z.int().positive().max(16).optional(),
      embedding: z.int().positive().max(65536).optional(),
      stem: z.enum(['small', 'strided', 'standard']).optional(),
      channels: z.int().positive().max(16),
      resnetD: z.boolean().optional(),
      sk: z.boolean().optional(),
      zeroGain: z.boolean().optional(),
      binary: z.enum(['both', 'activations']).optional(),
      depth: z.int().positive().max(64).optional(),
      patch: z.int().positive().max(64).optional(),
      size: z.int().positive().max(1024).optional(),
      heads: z.int().positive().max(256).optional(),
      mlp: z.enum(mlpKinds).optional(),
      mlpWidth: z.int().positive().max(65536).optional(),
      layerScale: z.number().positive().optional(),
      registers: z.int().positive().max(64).optional(),
      classToken: z.boolean().optional(),
      pooling: z.enum(poolings).optional(),
      positions: z.enum(positionKinds).optional(),
      resample: z.enum(resamplings).optional(),
      normEps: z.number().positive().optional(),
      qkvBias: z.enum(qkvBiases).optional(),
    }),
    size: z.int().positive(),
    mean: z.array(z.number()),
    std: z.array(z.number().positive()),
    range: z.tuple([z.number(), z.number()]).optional(),
    bits: z.literal(16).optional(),
  })
  .refine(({ architecture: { channels }, mean, std }) => mean.length === channels && std.length === channels);

/** Of the card; a later one may mean something else by the same words. */
const format = 1;

/**
 * Writes one safetensors file: weights under the names of torchvision (ViTs: timm), and the card as
 * metadata.
 * @example
 * ```ts
 * import { buildEncoder, loadEncoder, saveEncoder } from 'tandem-vision';
 *
 * const architecture = { backbone: 'resnet10', width: 8, stem: 'small', channels: 3 } as const;
 * const encoder = buildEncoder(architecture);
 * const [mean, std] = [[0.5, 0.5, 0.5], [0.2, 0.2, 0.2]]; // of the images that it learned from
 * saveEncoder('encoder.safetensors', encoder, { architecture, size: 32, mean, std });
 * const { encoder: again, card } = loadEncoder('encoder.safetensors');
 * console.log(card.size, again.featureWidth); // 32 64
 * ```
 */
export function saveEncoder(path: string, encoder: Encoder, card: EncoderCard): void {
  // A mask token is of training alone.
  const { mask_token: _, ...weights } = encoder.stateDict();
  saveWeights(path, weights, JSON.stringify({ format, ...card }));
}

/** An encoder and how to feed it. */
export interface LoadedEncoder {
  /** In training mode, on the CPU; the caller disposes it. */
  readonly encoder: Encoder;
  /** How to feed it. */
  readonly card: EncoderCard;
  /** What was taken for granted, where the file does not say how to feed it. */
  readonly note?: string;
}

/**
 * Reads such a file, or one without a card that has another library's names (see `assume`).
 * @throws UserError when it is neither, or is damaged, or holds NaN or infinity, naming the file
 * and what is wrong
 */
export function loadEncoder(path: string): LoadedEncoder {
  const { tensors: inFile, about } = loadWeights(path);
  try {
    return scope(() => {
      const assumed = about === undefined ? assume(path, inFile) : undefined;
      const card = assumed?.card ?? parseCard(path, about);
      const encoder = encoderOf(card, assumed?.tensors ?? inFile);
      return { encoder, card, ...(assumed && { note: `${path}: ${assumed.note}` }) };
    });
  } catch (error) {
    throw new UserError(named(path, error));
  } finally {
    for (const tensor of Object.values(inFile)) tensor.dispose();
  }
}

function encoderOf({ architecture }: EncoderCard, tensors: Readonly<Record<string, Tensor>>): Encoder {
  checkSizes(architecture, tensors);
  const encoder = buildEncoder(architecture);
  try {
    encoder.loadStateDict(tensors);
    return encoder;
  } catch (error) {
    encoder.dispose();
    throw error;
  }
}

/** Asked before building, so that a wrong width cannot take all memory. */
function checkSizes(architecture: Architecture, tensors: Readonly<Record<string, Tensor>>): void {
  const { backbone, width, features = width, patch, size, positions, classToken = true } = architecture;
  for (const outputs of isOwnBackbone(backbone) ? [] : [width, features]) {
    const some = Object.values(tensors).some(({ shape }) => shape[0] === outputs);
    if (!some) throw new Error(`its weights are not those of width ${outputs}`);
  }
  if (!patch || !size || positions === 'rotary') return;
  if (tensors.pos_embed?.shape[1] !== (size / patch) ** 2 + (classToken ? 1 : 0)) {
    throw new Error(`its weights are not those of patches of ${patch} pixels at ${size}`);
  }
}

/**
 * The architecture of a file's network, from its card or read off its shapes.
 * @throws UserError as `loadEncoder` does
 */
export function architectureIn(path: string): Architecture {
  const { tensors, about } = loadWeights(path);
  try {
    const found = about === undefined ? scope(() => publicWeights(path, tensors)?.architecture) : undefined;
    return found ?? parseCard(path, about).architecture;
  } catch (error) {
    throw new UserError(named(path, error));
  } finally {
    for (const tensor of Object.values(tensors)) tensor.dispose();
  }
}

function parseCard(path: string, text: string | undefined): EncoderCard {
  if (text === undefined) {
    throw new UserError(
      `${path}: has no '${key}' entry in its metadata; only encoders saved by Tandem, and networks under the names of torchvision, timm, transformers or their authors, can be read`,
    );
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {}
  const { format: written = format } = (parsed ?? {}) as { format?: unknown };
  if (written !== format) {
    throw new UserError(
      `${path}: was saved by another version of Tandem (format ${JSON.stringify(written)}; this one reads ${format})`,
    );
  }
  const { success, data } = cardSchema.safeParse(parsed);
  if (!success) throw new UserError(`${path}: its '${key}' metadata is damaged`);
  return data;
}
