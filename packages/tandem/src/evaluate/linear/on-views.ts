import { type Device, fromBuffer, noGrad, scope, type Tensor, tensor } from 'tandem-torch';
import { UserError } from '../../errors.js';
import { Batches, type ImageSet, subset } from '../../images/index.js';
import { holdOut } from '../../images/set/sampling.js';
import type { Encoder } from '../../networks/index.js';
import { makeView, type View } from '../../views/index.js';
import { fitTemperature } from '../calibration.js';
import type { ProbeResult } from '../class-table.js';
import { features } from '../features.js';
import { classCount, type LabelledSet, labelsOf } from '../labels.js';
import { accuracy } from '../scores.js';
import { HeadSgd } from './head-optimizers.js';
import { type LinearClassifier, LinearHeads } from './heads.js';

/** What decides the outcome of the primary linear protocol. */
export interface LinearViewsSettings {
  /** Passes over the training images. */
  readonly epochs: number;
  /** Images in a step. */
  readonly batch: number;
  /** Learning rates to choose from. */
  readonly rates: readonly number[];
  /** Of SGD. */
  readonly momentum: number;
  /** Of SGD. */
  readonly weightDecay: number;
  /** Of views and order. */
  readonly seed: number;
}

/**
 * The usual values. The best rate varies some 300 times over methods, because feature lengths do:
 * one rate for all would be unfair. Binary encoders trained by Adam want the smallest (S2-BNN).
 */
export const linearViewsDefaults: LinearViewsSettings = {
  epochs: 100,
  batch: 256,
  rates: [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30],
  momentum: 0.9,
  weightDecay: 0,
  seed: 0,
};

/** How the images are shown, and where that is computed. */
export interface ProbeContext {
  /** In training. */
  readonly trainingView: View;
  /** In answering. */
  readonly view: View;
  /** Where the encoder is. */
  readonly device: Device;
  /** How views lie in memory; defaults to `contiguous`. */
  readonly memoryFormat?: 'contiguous' | 'channelsLast';
  /** Called after each batch. */
  readonly onProgress?: ((done: number, total: number, what: string) => void) | undefined;
}

/** What the classifier answers, and how its learning rate was chosen. */
export interface LinearViewsResult extends ProbeResult {
  /** The chosen learning rate. */
  readonly lr: number;
  /** Accuracy of each rate on the held-out tenth of the training images; null where it diverged. */
  readonly validation: readonly { readonly lr: number; readonly accuracy: number | null }[];
  /** The parameters of the classifier that answered. */
  readonly classifier: LinearClassifier;
  /** Fitted on the held-out tenth, to the classifier of the chosen rate that did not see it. */
  readonly temperature: number;
}

/**
 * One linear classifier on a frozen encoder, trained with cross-entropy and SGD on views of the
 * training images while the rate falls along half a cosine. A fixed tenth of each class of the
 * training images decides on the rate; the classifier of that rate that saw all of them answers.
 *
 * All rates are trained side by side, both without and with that tenth, on the same views: the
 * encoder, which takes nearly all of the time, sees each view once. The labels of the queries are
 * never looked at.
 *
 * @throws UserError when every rate diverges, or no class has an image to hold out
 */
export function linearOnViews(
  encoder: Encoder,
  train: LabelledSet,
  queries: ImageSet,
  settings: LinearViewsSettings,
  context: ProbeContext,
): LinearViewsResult {
  const { rates } = settings;
  const { device } = context;
  const held = holdOut(train.labels, 0).queries;
  if (held.length === 0) {
    throw new UserError(
      'linear: no class has more than one training image, so none can be held out to choose the rate; give two or more of a class, or --protocol features',
    );
  }
  const isHeld = new Set(held);
  const make = () => new LinearHeads(rates.length, classCount(train), encoder.featureWidth, device);
  const [choosing, answering] = [make(), make()];
  const [chooser, answerer] = [new HeadSgd(choosing, settings), new HeadSgd(answering, settings)];
  const training = encoder.training;
  encoder.eval();
  try {
    trainHeads(encoder, train, settings, context, (h, indices, falling) => {
      answerer.step(h, tensor(labelsOf(train, indices), { device }), falling);
      const rows = [...indices.keys()].filter((row) => !isHeld.has(indices[row] as number));
      if (rows.length === 0) return;
      const others = h.indexSelect(0, fromBuffer(BigInt64Array.from(rows, BigInt)).to({ device }));
      const labels = labelsOf(
        train,
        rows.map((row) => indices[row] as number),
      );
      chooser.step(others, tensor(labels, { device }), falling);
    });
    const { validation, lr, temperature } = validate(
      choosing,
      encoder,
      subset(train, held) as LabelledSet,
      rates,
      context,
    );
    const best = Math.min(5, answering.classes);
    const chosen = rates.indexOf(lr);
    return scope(() => {
      const x = featuresOf(encoder, queries, context, 'queries');
      const answers = { ranked: answering.ranked(x, chosen, best), best, scores: answering.scores(x, chosen) };
      return { ...answers, lr, validation, classifier: answering.classifier(chosen), temperature };
    });
  } finally {
    encoder.train(training);
    for (const owner of [choosing, answering, chooser, answerer]) owner.dispose();
  }
}

/**
 * Shows the encoder all training views, batch by batch.
 * @param step receives features of a batch, the images they are of, and what rates are multiplied
 * by
 */
function trainHeads(
  encoder: Encoder,
  train: LabelledSet,
  { epochs, batch: size, seed }: LinearViewsSettings,
  { trainingView, device, memoryFormat = 'contiguous', onProgress }: ProbeContext,
  step: (h: Tensor, indices: Uint32Array, falling: number) => void,
): void {
  const batches = new Batches(train, { batch: Math.min(size, train.count), seed });
  const steps = epochs * batches.perEpoch;
  let done = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const batch of batches.epoch(epoch)) {
      const falling = (1 + Math.cos((Math.PI * done) / steps)) / 2;
      scope(() =>
        noGrad(() => {
          const x = makeView(batch, train, trainingView, { seed, draw: epoch, view: 0 }, device);
          step(encoder.forward(x.to({ memoryFormat })), batch.indices, falling);
        }),
      );
      done += 1;
      onProgress?.(done, steps, 'training');
    }
  }
}

function validate(
  heads: LinearHeads,
  encoder: Encoder,
  held: LabelledSet,
  rates: readonly number[],
  context: ProbeContext,
): Pick<LinearViewsResult, 'validation' | 'lr' | 'temperature'> {
  return scope(() => {
    const x = featuresOf(encoder, held, context, 'held-out images');
    const validation = rates.map((lr, head) => ({
      lr,
      accuracy: heads.isFinite(head) ? accuracy(heads.ranked(x, head, 1), held.labels) : null,
    }));
    const lr = choose(validation);
    const scores = heads.scores(x, rates.indexOf(lr));
    return { validation, lr, temperature: fitTemperature(scores, held.labels, heads.classes) };
  });
}

/** The rate that was right most often; of equally good ones the smallest. */
function choose(validation: LinearViewsResult['validation']): number {
  const sound = validation.filter((entry): entry is { lr: number; accuracy: number } => entry.accuracy !== null);
  const [best] = sound.sort((a, b) => b.accuracy - a.accuracy || a.lr - b.lr);
  if (best === undefined) throw new UserError('linear: every learning rate diverged; give smaller ones');
  return best.lr;
}

function featuresOf(encoder: Encoder, set: ImageSet, { onProgress, ...context }: ProbeContext, what: string): Tensor {
  return features(encoder, set, { ...context, onProgress: (done, total) => onProgress?.(done, total, what) });
}
