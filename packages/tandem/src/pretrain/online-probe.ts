import { noGrad, scope, type Tensor, upload } from 'tandem-torch';
import { UserError } from '../errors.js';
import { classCount, features, type KnnSplit, knnSplit, labelsOf } from '../evaluate/index.js';
import { HeadSgd } from '../evaluate/linear/head-optimizers.js';
import { LinearHeads } from '../evaluate/linear/heads.js';
import type { DataSet, ImageSet } from '../images/index.js';
import { l2Normalize } from '../math.js';
import type { Method } from '../methods/index.js';
import { allRows, type BatchRows } from '../step/index.js';
import type { EvaluationContext } from './evaluation/context.js';
import type { InParts } from './evaluation/in-parts.js';
import { ownOf, partsOf, roundsOf, sumOf } from './evaluation/shared.js';
import type { Compute } from './plan.js';

/** Of its steps, on features of length 1. */
const settings = { rates: [1], momentum: 0.9, weightDecay: 0 };

/**
 * A linear classifier that learns beside a run, on the student's features of the first view, so
 * that every epoch has an accuracy. The features come of a pass of their own in evaluation mode, so
 * that nothing of the run changes by it: neither batch norm nor what is random.
 */
export class OnlineProbe {
  readonly #split: KnnSplit;
  readonly #student: Method['student'];
  readonly #compute: Compute;
  readonly #heads: LinearHeads;
  readonly #sgd: HeadSgd;

  /** @throws UserError where labels of the images that are learned from are not known */
  constructor({ student }: Method, data: DataSet, learned: number, compute: Compute) {
    const split = knnSplit(data);
    if (!split || data.reference !== data.train || learned !== data.train.count) {
      throw new UserError(
        `${data.name}: onlineProbe needs labels of all images that are learned from, and others to ask for: class folders in train and test`,
      );
    }
    this.#split = split;
    this.#student = student;
    this.#compute = compute;
    this.#heads = new LinearHeads(1, classCount(split.reference), student.encoder.featureWidth, compute.device);
    this.#sgd = new HeadSgd(this.#heads, settings);
  }

  /** What a checkpoint must hold for it to resume. */
  get state(): Record<string, Tensor> {
    const { weight, bias } = this.#heads;
    const { velocity } = this.#sgd;
    const all = { weight, bias, velocityOfWeight: velocity.weight, velocityOfBias: velocity.bias };
    return Object.fromEntries(Object.entries(all).map(([name, x]) => [`onlineProbe.${name}`, x]));
  }

  /** One step, on the first of these views. @param images which ones they are of */
  step([view]: readonly Tensor[], images: Uint32Array, { gather }: BatchRows = allRows): void {
    const { encoder } = this.#student;
    const { training } = encoder;
    const { device, memoryFormat } = this.#compute;
    encoder.eval();
    try {
      scope(() =>
        noGrad(() => {
          const labels = gather(upload(labelsOf(this.#split.reference, images), [images.length], device));
          const seen = gather(encoder.forward((view as Tensor).to({ memoryFormat })));
          this.#sgd.step(l2Normalize(seen), labels, 1);
        }),
      );
    } finally {
      encoder.train(training);
    }
  }

  /** In which share of the queries it names their class. */
  *accuracy(context: EvaluationContext): InParts<number> {
    const { queries } = this.#split;
    let [right, done] = [0, 0];
    for (const round of roundsOf(partsOf(queries), context)) {
      const own = ownOf(round, context);
      if (own) right += this.#rightOf(own.images, context);
      done += round.reduce((sum, { count }) => sum + count, 0);
      yield { done, total: queries.count };
    }
    return sumOf(right, context.group) / queries.count;
  }

  #rightOf(part: ImageSet, context: EvaluationContext): number {
    const named = scope(() => this.#heads.ranked(l2Normalize(features(this.#student.encoder, part, context)), 0, 1));
    return named.filter((label, i) => label === part.labels?.[i]).length;
  }
}
