import { crossEntropyLoss, nn, noGrad, optim, scope, tensor } from '@tandem/torch';
import { UserError } from '../errors.js';
import { Batches, type ImageSet } from '../images/index.js';
import type { Encoder } from '../networks/index.js';
import { permutation } from '../random.js';
import { makeView } from '../views/index.js';
import { features } from './features.js';
import { classCount, type LabelledSet, labelsOf } from './labelled.js';
import type { ProbeLook, ProbeResult } from './linear-views.js';

/** What decides the outcome of fine-tuning. */
export interface FineTuneSettings {
  readonly epochs: number;
  readonly batch: number;
  /** Falls along half a cosine. */
  readonly lr: number;
  readonly momentum: number;
  readonly weightDecay: number;
  readonly seed: number;
}

/** For small images; the fewer the labels, the more often each is seen. SimCLR v2's settings for ImageNet, brought to this size. */
export function fineTuneDefaults(share: number): FineTuneSettings {
  const few = share <= 0.02;
  const epochs = few ? 200 : share <= 0.2 ? 60 : 30;
  return { epochs, batch: few ? 64 : 128, lr: 0.05, momentum: 0.9, weightDecay: 0, seed: 0 };
}

/** What the seed of a subset is spent on. */
const SUBSET = 0x6665_7720;

/**
 * A share of each class at random, at least one image; ascending. A smaller share of the same seed is part of a larger one.
 * @param share from above 0 to 1
 */
export function labelledShare(labels: Int32Array, share: number, seed: number): number[] {
  const sizes = new Map<number, number>();
  for (const label of labels) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  const due = new Map([...sizes].map(([label, size]) => [label, Math.max(1, Math.round(share * size))]));
  const chosen = Array.from(permutation(labels.length, seed, SUBSET)).filter((i) => {
    const label = labels[i] as number;
    const left = due.get(label) as number;
    due.set(label, left - 1);
    return left > 0;
  });
  return chosen.sort((a, b) => a - b);
}

export interface FineTuned extends ProbeResult {
  /** The classifier on top; the caller's to dispose. */
  readonly head: nn.Linear;
  /** Mean loss of each epoch. */
  readonly losses: readonly number[];
}

/**
 * Trains an encoder, in place, together with a linear classifier that begins at zero, with cross-entropy and SGD with Nesterov's momentum on views of the
 * training images; batch norms go on learning. The labels of the queries are never looked at.
 * @param encoder anything that gives features will do, so also an encoder with the first layers of its projection head
 * @throws UserError when the loss is not a number any more
 */
export function fineTune(
  encoder: Encoder,
  train: LabelledSet,
  queries: ImageSet,
  settings: FineTuneSettings,
  look: ProbeLook,
): FineTuned {
  const { epochs, seed, lr, momentum, weightDecay } = settings;
  const { device, memoryFormat, onProgress } = look;
  const head = new nn.Linear(encoder.featureWidth, classCount(train));
  noGrad(() => head.parameters().forEach((x) => void x.zero_()));
  head.to({ device });
  const all = [...encoder.parameters(), ...head.parameters()];
  const sgd = new optim.SGD(all, { lr, momentum, weightDecay, nesterov: momentum > 0 });
  const batches = new Batches(train, { batch: Math.min(settings.batch, train.count), seed });
  const steps = epochs * batches.perEpoch;
  const losses: number[] = [];
  try {
    encoder.train();
    for (let epoch = 0, step = 0; epoch < epochs; epoch++) {
      let sum = 0;
      for (const batch of batches.epoch(epoch)) {
        const rate = (lr * (1 + Math.cos((Math.PI * step++) / steps))) / 2;
        sum += scope(() => {
          const x = noGrad(() => makeView(batch, train, look.trainingView, { seed, draw: epoch, view: 0 }, device));
          const features = encoder.forward(memoryFormat === 'channelsLast' ? x.to({ memoryFormat }) : x);
          const loss = crossEntropyLoss(head.forward(features), tensor(labelsOf(train, batch.indices), { device }));
          const value = loss.item();
          if (!Number.isFinite(value)) throw new UserError(`the loss became ${value} at step ${step}; lower --lr`);
          sgd.zeroGrad();
          loss.backward();
          sgd.step({ lr: rate });
          return value;
        });
        onProgress?.(step, steps, 'fine-tuning');
      }
      losses.push(sum / batches.perEpoch);
    }
    sgd.zeroGrad();
    encoder.eval();
    return { ...answers(encoder, head, queries, look), head, losses };
  } catch (error) {
    head.dispose();
    throw error;
  } finally {
    sgd.dispose();
  }
}

function answers(
  encoder: Encoder,
  head: nn.Linear,
  queries: ImageSet,
  { onProgress, ...look }: ProbeLook,
): ProbeResult {
  const best = Math.min(5, head.weight.shape[0] as number);
  return scope(() => {
    const x = features(encoder, queries, {
      ...look,
      onProgress: (done, total) => onProgress?.(done, total, 'queries'),
    });
    const [, classes] = noGrad(() => head.forward(x).topk(best, { dim: 1 }));
    return { ranked: Int32Array.from(classes.data() as BigInt64Array, Number), best };
  });
}
