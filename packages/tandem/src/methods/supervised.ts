import type { Tensor } from 'tandem-torch';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { classCrossEntropy } from '../losses/index.js';
import { Branch, classifierHead, Head } from '../networks/index.js';
import type { NewMethod, OneView } from './method.js';
import type { RunFacts } from './options/shared.js';

/** Options of supervised learning. */
export const supervisedOptions = z.strictObject({
  labels: z
    .number()
    .positive()
    .max(1)
    .default(1)
    .describe('share of the labels of each class; images without one are not learned from'),
  from: z
    .string()
    .min(1)
    .optional()
    .describe("run folder or encoder file whose network is fine-tuned; backbone and its settings are that one's"),
  of: z.enum(['kept', 'student', 'teacher', 'average']).default('kept').describe('which encoder of that run'),
  fromHeadLayer: z
    .int()
    .min(0)
    .default(0)
    .describe('layers of the head of that run that stay under the classifier; SimCLR v2 keeps 1, others none'),
  fromScratch: z.boolean().default(false).describe('the same network from random weights, for comparison'),
});

type Options = z.infer<typeof supervisedOptions>;

/** @throws UserError for options that exclude each other, or that need a network to start from. */
export function checkSupervised({ from, of, fromHeadLayer, fromScratch }: Options, { initFrom }: RunFacts): void {
  if (from !== undefined && initFrom !== undefined) {
    throw new UserError('from and --init both name a network to start from; give one');
  }
  if (from === undefined && (fromHeadLayer > 0 || fromScratch || of !== 'kept')) {
    throw new UserError('of, fromHeadLayer and fromScratch are about the network to start from: give it as from=<run>');
  }
  if (of !== 'kept' && fromHeadLayer > 0) {
    throw new UserError(`fromHeadLayer=${fromHeadLayer} needs of=kept: a run keeps the head of that encoder alone`);
  }
}

/**
 * Cross-entropy of a classifier that begins at zero, on the features or inside the head that the
 * encoder was trained with. All of it learns, and batch norms see batches: fine-tuning as in SimCLR
 * v2 (Chen et al., 2020), or, from scratch, plain supervised learning.
 */
export const supervised: NewMethod<Options, OneView> = (newEncoder, views, o, _teacher, supervision) => {
  const { classes, head: trained } = supervision ?? { classes: [] };
  const encoder = newEncoder();
  const start = trained ?? new Head({ widths: [encoder.featureWidth], norm: false });
  checkLayers(o, start.layers.length, trained !== undefined);
  const head = classifierHead(start, { layers: o.fromHeadLayer, classes: classes.length, fresh: o.fromScratch });
  const student = new Branch(encoder, head);
  return {
    name: 'supervised',
    student,
    result: 'student',
    views,
    classes,
    loss: ([x], { labels, gather }) => classCrossEntropy(gather(student.forward(x)), gather(labels as Tensor)),
  };
};

function checkLayers({ fromHeadLayer, from }: Options, layers: number, hasHead: boolean): void {
  if (fromHeadLayer <= layers) return;
  const why = hasHead
    ? `its head has ${layers}; give 0 to ${layers}`
    : 'it has no head; give 0, or a run folder with one';
  throw new UserError(`cannot start from layer ${fromHeadLayer} of the head of ${from}: ${why}`);
}
