import { autocastEnabled } from '../autograd.js';
import type { Sizes } from '../dtype.js';
import * as ops from '../ops.generated.js';
import { refuseUnknown } from '../options.js';
import type { Tensor } from '../tensor.js';
import { buffer, Module, parameter } from './module.js';

/** What a batch is normalised with in training. */
export interface BatchStatistics {
  /** Scale [c]. */
  readonly weight: Tensor | null;
  /** Shift [c]. */
  readonly bias: Tensor | null;
  /** [c]; moves. */
  readonly runningMean: Tensor;
  /** [c]; moves. */
  readonly runningVar: Tensor;
  /** Share of the batch in the running statistics. */
  readonly momentum: number;
  /** Added to the variance. */
  readonly eps: number;
}

/** How a training batch is normalised that other processes hold parts of. */
export interface Across {
  /** By the statistics of all parts. */
  normalise(x: Tensor, statistics: BatchStatistics): Tensor;
  /** What an operator of our own gives that measures all parts; each process has it do the same. */
  measuring(operator: () => Tensor, statistics: BatchStatistics): Tensor;
}

/**
 * Batch normalisation over every dimension but the second. In training: by the batch's mean and
 * biased variance, while running = 0.9 running + 0.1 batch (with the unbiased variance); in
 * evaluation: by the running statistics. `affine` gives it a scale and a shift, and `shift: false`
 * takes the latter away again.
 */
class BatchNorm extends Module {
  /** Scale [features], 1 at first; null without `affine`. */
  weight: Tensor | null;
  /** Shift [features], 0 at first; null without `affine` or `shift`. */
  bias: Tensor | null;
  /** [features], 0 at first. */
  runningMean: Tensor;
  /** [features], 1 at first. */
  runningVar: Tensor;
  /** Batches seen in training: int64 []. */
  numBatchesTracked: Tensor;
  /** Share of the batch in the running statistics. */
  momentum: number;
  /** Added to the variance. */
  readonly eps: number;
  /**
   * How a training batch is normalised that other processes hold parts of; null where all of it is
   * here.
   */
  across: Across | null = null;

  /** @param dimensions numbers of dimensions that it takes */
  constructor(
    readonly dimensions: readonly number[],
    features: number,
    options: { affine?: boolean; shift?: boolean; momentum?: number; eps?: number } = {},
  ) {
    super();
    refuseUnknown('BatchNorm', options, ['affine', 'shift', 'momentum', 'eps']);
    const { affine = true, shift = true, momentum = 0.1, eps = 1e-5 } = options;
    this.momentum = momentum;
    this.eps = eps;
    this.weight = affine ? parameter(ops.ones([features])) : null;
    this.bias = affine && shift ? parameter(ops.zeros([features])) : null;
    this.runningMean = buffer(ops.zeros([features]));
    this.runningVar = buffer(ops.ones([features]));
    this.numBatchesTracked = buffer(ops.zeros([], { dtype: 'int64' }));
  }

  /**
   * @param x [n, features, ...]
   * @throws RangeError for other dimensions, and in training for one value per channel
   */
  forward(x: Tensor): Tensor {
    if (!this.dimensions.includes(x.ndim)) {
      throw new RangeError(`${this.constructor.name}: expected ${this.dimensions.join(' or ')} dimensions, got ${x}`);
    }
    const { weight, bias, runningMean, runningVar, training, momentum, eps } = this;
    if (training && !this.across && x.numel === x.shape[1]) {
      throw new RangeError(
        `${this.constructor.name}: training needs more than one value per channel, got ${x}; use a larger batch`,
      );
    }
    if (training) this.numBatchesTracked.add_(1);
    if (training && this.across) return this.across.normalise(x, this);
    return ops.batchNorm(x, weight, bias, runningMean, runningVar, training, momentum, eps, true);
  }
}

/** Batch normalisation of [n, c] or [n, c, l]. */
export class BatchNorm1d extends BatchNorm {
  /** @param options momentum 0.1 and eps 1e-5 by default */
  constructor(features: number, options?: ConstructorParameters<typeof BatchNorm>[2]) {
    super([2, 3], features, options);
  }
}

/**
 * Batch normalisation of [n, c, h, w]. In training on a CPU, in channels-last, its result is not
 * kept for the backward pass but made again there.
 */
export class BatchNorm2d extends BatchNorm {
  /** @param options momentum 0.1 and eps 1e-5 by default */
  constructor(features: number, options?: ConstructorParameters<typeof BatchNorm>[2]) {
    super([4], features, options);
  }

  override forward(x: Tensor): Tensor {
    return this.isRecomputed(x) ? recomputed(x, this, false) : super.forward(x);
  }

  /** relu(norm(x)), or relu(norm(x) + carried). @param x [n, features, h, w], as is `carried` */
  relu(x: Tensor, carried?: Tensor): Tensor {
    if (this.isRecomputed(x) && (!carried || carried.dtype === x.dtype)) return recomputed(x, this, true, carried);
    const y = this.forward(x);
    return (carried ? y.add_(carried) : y).relu_();
  }

  /** @internal Whether it is by the statistics of x, as this class has it, in our own passes. */
  isRecomputed(x: Tensor): boolean {
    const isItself = this.constructor === BatchNorm2d && !Object.hasOwn(this, 'forward');
    return (
      isItself &&
      this.training &&
      this.weight?.dtype === x.dtype &&
      this.bias !== null &&
      x.ndim === 4 &&
      x.shape[1] === this.weight.numel &&
      (this.across !== null || x.numel > this.weight.numel) &&
      x.device === 'cpu' &&
      (x.dtype === 'float32' || x.dtype === 'float64') &&
      x.isContiguous('channelsLast') &&
      !autocastEnabled('cpu')
    );
  }

  /** @internal What an operator gives that measures a batch, its parts on other processes too. */
  measured(operator: () => Tensor): Tensor {
    return this.across === null ? operator() : this.across.measuring(operator, this);
  }
}

function recomputed(x: Tensor, norm: BatchNorm2d, relu: boolean, carried: Tensor | null = null): Tensor {
  const { runningMean, runningVar, momentum, eps } = norm;
  norm.numBatchesTracked.add_(1);
  const [scale, shift] = [norm.weight as Tensor, norm.bias as Tensor];
  return norm.measured(() => ops.batchNormRelu(x, scale, shift, runningMean, runningVar, carried, relu, momentum, eps));
}

/**
 * The last dimensions, one or those of a shape, to mean 0 and biased variance 1, then a scale and a
 * shift: [..., features] to the same.
 */
export class LayerNorm extends Module {
  /** Scale [features], 1 at first. */
  weight: Tensor;
  /** Shift [features], 0 at first. */
  bias: Tensor;
  /** Added to the variance. */
  readonly eps: number;

  /** @param options eps 1e-5 by default */
  constructor(features: Sizes, options: { eps?: number } = {}) {
    super();
    refuseUnknown('LayerNorm', options, ['eps']);
    this.eps = options.eps ?? 1e-5;
    const shape = typeof features === 'number' ? [features] : features;
    this.weight = parameter(ops.ones(shape));
    this.bias = parameter(ops.zeros(shape));
  }

  /** @param x [..., features] */
  forward(x: Tensor): Tensor {
    const { weight, bias, eps } = this;
    return ops.layerNorm(x, weight.shape, { weight, bias, eps });
  }
}

/**
 * Each image's channels, in `groups` of neighbours, to mean 0 and biased variance 1, then a scale
 * and a shift for each channel: [n, channels, ...] to the same. (Wu and He, 2018)
 */
export class GroupNorm extends Module {
  /** Scale [channels], 1 at first. */
  weight: Tensor;
  /** Shift [channels], 0 at first. */
  bias: Tensor;
  readonly groups: number;
  /** Added to the variance. */
  readonly eps: number;

  /**
   * @param options eps 1e-5 by default
   * @throws RangeError when the channels do not divide into the groups
   */
  constructor(groups: number, channels: number, options: { eps?: number } = {}) {
    super();
    refuseUnknown('GroupNorm', options, ['eps']);
    if (channels % groups !== 0) {
      throw new RangeError(`GroupNorm: ${channels} channels do not divide into ${groups} groups`);
    }
    this.groups = groups;
    this.eps = options.eps ?? 1e-5;
    this.weight = parameter(ops.ones([channels]));
    this.bias = parameter(ops.zeros([channels]));
  }

  /** @param x [n, channels, ...] */
  forward(x: Tensor): Tensor {
    const { groups, weight, bias, eps } = this;
    return ops.groupNorm(x, groups, { weight, bias, eps });
  }
}
