import { z } from 'zod';
import { UserError } from '../../errors.js';
import { type Aliases, alsoKnownAs } from './aliases.js';

/** What a run's other settings say that a method's options must go with. */
export interface RunFacts {
  /** Epochs of the whole run. */
  readonly epochs: number;
  /** Images in a batch. */
  readonly batch: number;
  /** The trained network to imitate. */
  readonly teacher?: string | undefined;
  /** The network whose weights the student begins with. */
  readonly initFrom?: string | undefined;
}

/**
 * Options of the projector; the CLBO study gives every method 512 dimensions and two layers, Barlow
 * Twins and VICReg three.
 */
export function projector({ layers = 2, least = 0 }: { layers?: number; least?: number } = {}) {
  return {
    projLayers: z
      .int()
      .min(least)
      .max(4)
      .default(layers)
      .describe(`layers of the projector; ${layers} in the CLBO paper`),
    projHidden: z.int().positive().default(512).describe('hidden width of the projector'),
    projDim: z.int().positive().default(512).describe('width of the projection; 512 in the CLBO paper'),
  };
}

/** Option of a predictor of two layers. */
export function predictor(hidden = 512) {
  return { predHidden: z.int().positive().default(hidden).describe('hidden width of the predictor') };
}

/** Option of a contrastive loss. */
export function temperature(value: number) {
  return { temperature: z.number().positive().default(value).describe('of the softmax') };
}

/** What others call `eta`. */
export const etaAliases: Aliases = { names: ['emaMomentum'] };

/** Options of a teacher that is an exponential moving average. */
export function ema(schedule: 'constant' | 'cosine', eta = 0.99) {
  return {
    eta: alsoKnownAs(
      z
        .number()
        .min(0)
        .max(1)
        .default(eta)
        .describe('momentum coefficient: what the teacher keeps of itself at a step'),
      etaAliases,
    ),
    etaSchedule: z
      .enum(['constant', 'cosine'])
      .default(schedule)
      .describe('eta stays as it is, or rises to 1 over the run by half a cosine'),
  };
}

/** Option of a queue of past keys. */
export const queueSize = {
  bank: alsoKnownAs(
    z.int().positive().default(4096).describe('size of the queue: keys of past batches that serve as negatives'),
    { names: ['queue'] },
  ),
};

/** @throws UserError when the keys of a step do not divide the queue. */
export function checkQueue(bank: number, keysOfStep: number): void {
  if (bank % keysOfStep === 0) return;
  const nearest = Math.max(1, Math.round(bank / keysOfStep)) * keysOfStep;
  throw new UserError(
    `bank must be a multiple of the ${keysOfStep} keys that each step brings, got ${bank}; the nearest is ${nearest}`,
  );
}

/** Options that keep batch norm from giving a contrast's answer away. */
export const splitBatchNorm = {
  bnSplits: z.int().positive().default(8).describe('parts of a batch that batch norm normalises each by itself'),
  shuffle: z.boolean().default(true).describe('the teacher sees the images in another order, so in other parts'),
};

/** @throws UserError when the parts do not divide the batch, or have one image. */
export function checkSplits(bnSplits: number, batch: number): void {
  if (batch % bnSplits === 0 && batch / bnSplits >= 2) return;
  let nearest = Math.min(bnSplits, Math.floor(batch / 2));
  while (batch % nearest !== 0) nearest -= 1;
  throw new UserError(
    `bnSplits must divide the batch of ${batch} into parts of two images or more, got ${bnSplits}; the nearest is ${nearest}`,
  );
}
