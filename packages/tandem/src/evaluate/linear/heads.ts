import { noGrad, oneHot, scope, type Tensor, zeros } from 'tandem-torch';

/** Gradients of a head's parameters. */
export interface HeadGradients {
  /** [heads, classes, width] */
  readonly weight: Tensor;
  /** [heads, classes] */
  readonly bias: Tensor;
}

/** A linear classifier's parameters, on the host. */
export interface LinearClassifier {
  /** [classes, width], row by row. */
  readonly weight: Float32Array;
  /** [classes] */
  readonly bias: Float32Array;
}

/**
 * Linear classifiers on the same features, side by side in one matrix: what one costs, all do. They
 * begin at zero; the problem is convex, so where it begins matters little.
 */
export class LinearHeads {
  /** [heads, classes, width] */
  readonly weight: Tensor;
  /** [heads, classes] */
  readonly bias: Tensor;

  constructor(
    readonly heads: number,
    readonly classes: number,
    readonly width: number,
    device: string,
  ) {
    this.weight = zeros([heads, classes, width], { device }).keep();
    this.bias = zeros([heads, classes], { device }).keep();
  }

  /** @param x features [n, width] @returns [n, heads, classes] */
  logits(x: Tensor): Tensor {
    const flat = this.weight.view([this.heads * this.classes, this.width]);
    return x
      .mm(flat.t())
      .add(this.bias.view([1, this.heads * this.classes]))
      .view([x.shape[0] as number, this.heads, this.classes]);
  }

  /**
   * Of each head's own mean cross-entropy: (softmax - target)' x / n.
   * @param x features [n, width] @param labels int64 [n]
   */
  gradients(x: Tensor, labels: Tensor): HeadGradients {
    const n = x.shape[0] as number;
    const target = oneHot(labels, { numClasses: this.classes }).unsqueeze(1);
    const error = this.logits(x).softmax(2).sub(target).div_(n);
    const weight = error
      .view([n, this.heads * this.classes])
      .t()
      .mm(x);
    return { weight: weight.view([this.heads, this.classes, this.width]), bias: error.sum([0]) };
  }

  /** The classes of each row, likeliest first: [n, best] for one head. */
  ranked(x: Tensor, head: number, best: number): Int32Array {
    return scope(() =>
      noGrad(() => {
        const [, classes] = this.logits(x).select(1, head).topk(Math.min(best, this.classes), { dim: 1 });
        return Int32Array.from(classes.data() as BigInt64Array, Number);
      }),
    );
  }

  /** The scores of each row: [n, classes] for one head, row by row. */
  scores(x: Tensor, head: number): Float32Array {
    return scope(() => noGrad(() => Float32Array.from(this.logits(x).select(1, head).contiguous().data(), Number)));
  }

  /** One head's parameters, on the host. */
  classifier(head: number): LinearClassifier {
    const part = (x: Tensor) => scope(() => Float32Array.from(x.select(0, head).contiguous().data(), Number));
    return { weight: part(this.weight), bias: part(this.bias) };
  }

  /** Whether a head's parameters are numbers still. */
  isFinite(head: number): boolean {
    return scope(() =>
      noGrad(() => [this.weight, this.bias].every((x) => x.select(0, head).isfinite().all().item() === 1)),
    );
  }

  dispose(): void {
    this.weight.dispose();
    this.bias.dispose();
  }
}
