import * as ops from '../ops.generated.js';
import type { Tensor } from '../tensor.js';

/** What becomes of the losses of all elements: their mean (the default), their sum, or neither. */
export interface Reduced {
  readonly reduction?: 'mean' | 'sum' | 'none';
}

/** As libtorch numbers them. */
function numbered({ reduction = 'mean' }: Reduced): { reduction: number } {
  const number = ['none', 'mean', 'sum'].indexOf(reduction);
  if (number < 0) throw new RangeError(`reduction must be mean, sum or none, got '${reduction}'`);
  return { reduction: number };
}

/** Settings of losses over classes. */
export interface ClassLoss extends Reduced {
  /** Of each class: [classes]; the mean is then weighted too. */
  readonly weight?: Tensor;
  /** Targets that do not count; -100 by default. */
  readonly ignoreIndex?: number;
}

/**
 * -log softmax(x) at the target's class.
 * @param x logits [n, classes, ...]
 * @param target classes, int64 [n, ...]; or their probabilities, of the shape of x
 * @param options labelSmoothing: share of the target that is spread over all classes
 * @example
 * ```ts
 * import { nn, scope, tensor, zeros } from 'tandem-torch';
 *
 * scope(() => {
 *   const classes = tensor([0, 3], { dtype: 'int64' });
 *   const loss = nn.losses.crossEntropy(zeros([2, 10]), classes).item(); // nothing is known
 *   console.log(loss.toFixed(4), Math.log(10).toFixed(4)); // 2.3026 2.3026
 * });
 * ```
 */
export function crossEntropy(x: Tensor, target: Tensor, options: ClassLoss & { labelSmoothing?: number } = {}): Tensor {
  return ops.crossEntropyLoss(x, target, { ...options, ...numbered(options) });
}

/**
 * -x at the target's class.
 * @param x logarithms of probabilities [n, classes]
 * @param target classes, int64 [n]
 */
export function negativeLogLikelihood(x: Tensor, target: Tensor, options: ClassLoss = {}): Tensor {
  return ops.nllLoss(x, target, { ...options, ...numbered(options) });
}

/**
 * Cross-entropy of the sigmoid of x, without overflow.
 * @param x logits
 * @param target in [0, 1], of the shape of x
 * @param options posWeight: times the loss of what is 1, broadcast
 */
export function binaryCrossEntropy(x: Tensor, target: Tensor, options: Reduced & { posWeight?: Tensor } = {}): Tensor {
  return ops.binaryCrossEntropyWithLogits(x, target, { ...options, ...numbered(options) });
}

/** (x - target)^2. @param target of the shape of x */
export function meanSquare(x: Tensor, target: Tensor, options: Reduced = {}): Tensor {
  return ops.mseLoss(x, target, numbered(options));
}

/** |x - target|. @param target of the shape of x */
export function absolute(x: Tensor, target: Tensor, options: Reduced = {}): Tensor {
  return ops.l1Loss(x, target, numbered(options));
}

/**
 * d^2 / 2 within `delta` (1), delta (d - delta / 2) beyond, of d = |x - target|. (Huber, 1964)
 * @param target of the shape of x
 */
export function huber(x: Tensor, target: Tensor, options: Reduced & { delta?: number } = {}): Tensor {
  return ops.huberLoss(x, target, { ...options, ...numbered(options) });
}

/**
 * sum of target (log target - x) over all elements, divided by the first size: PyTorch's
 * `batchmean`, the one reduction that is the divergence of Kullback and Leibler.
 * @param x logarithms of probabilities [n, ...]
 * @param target probabilities [n, ...]
 */
export function klDivergence(x: Tensor, target: Tensor): Tensor {
  return ops.klDiv(x, target, numbered({ reduction: 'sum' })).div(x.shape[0] as number);
}
