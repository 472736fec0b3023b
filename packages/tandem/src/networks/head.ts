import { nn, noGrad, type Tensor } from 'tandem-torch';
import { batchNorm1d } from './split-batch-norm.js';

/** A multi-layer perceptron as data. */
export interface HeadShape {
  /**
   * Widths from input to output: [512, 512, 512] is two Linear layers; one entry is the identity.
   */
  readonly widths: readonly number[];
  /** Between the layers; defaults to ReLU. */
  readonly activation?: 'relu' | 'gelu' | undefined;
  /**
   * Batch norm between the layers (before the activation); the Linear before a norm has no bias.
   */
  readonly norm: boolean;
  /**
   * Batch norm after the last layer too: with scale and shift, with scale alone, or with neither.
   */
  readonly lastNorm?: 'affine' | 'scale' | 'plain' | undefined;
  /** A Linear alone stands after the last layer: a classifier on a head's outputs. */
  readonly classifier?: boolean | undefined;
  /** Batch norm normalises so many parts of a training batch each by itself; defaults to 1. */
  readonly splits?: number | undefined;
}

/** A projector or predictor. */
export class Head extends nn.Module {
  /** Linear layers, each with its norm and activation. */
  readonly layers: nn.Sequential[];
  /** Width of what `forward` gives. */
  readonly outputWidth: number;

  constructor(
    /** What it was built from. */
    readonly shape: HeadShape,
  ) {
    super();
    const { widths, norm, activation = 'relu', lastNorm, classifier = false, splits } = shape;
    const end = widths.length - (classifier ? 3 : 2);
    this.outputWidth = widths.at(-1) ?? 0;
    this.layers = widths.slice(1).map((width, i) => {
      const last = i === end;
      const normed = i > end ? false : last ? lastNorm !== undefined : norm;
      const affine = !last || lastNorm !== 'plain';
      const shift = !last || lastNorm !== 'scale';
      return new nn.Sequential(
        new nn.Linear(widths[i] as number, width, { bias: !normed }),
        ...(normed ? [batchNorm1d(width, splits, { affine, shift })] : []),
        ...(i >= end ? [] : [activation === 'gelu' ? new nn.GELU() : new nn.ReLU()]),
      );
    });
  }

  forward(x: Tensor): Tensor {
    return this.activations(x).at(-1) as Tensor;
  }

  /** What the health of embeddings is judged by: the output. [n, embeddingWidth] */
  embed(x: Tensor): Tensor {
    return this.forward(x);
  }

  /** Width of what `embed` gives. */
  get embeddingWidth(): number {
    return this.outputWidth;
  }

  /**
   * The input and the output of every layer, so that fine-tuning can start inside the head: [n,
   * widths[i]] each.
   */
  activations(x: Tensor): Tensor[] {
    const all = [x];
    for (const layer of this.layers) all.push(layer.forward(all.at(-1) as Tensor));
    return all;
  }
}

/**
 * A classifier that begins at zero on the first layers of a head, as SimCLR v2 fine-tunes: with 0
 * layers on the features themselves.
 * @param head left as it is
 * @param layers of it, copied with their weights where `fresh` is not asked for
 */
export function classifierHead(
  head: Head,
  { layers, classes, fresh = false }: { layers: number; classes: number; fresh?: boolean },
): Head {
  const { widths, activation, norm, lastNorm } = head.shape;
  const whole = layers > 0 && layers === head.layers.length;
  const kept = { widths: [...widths.slice(0, layers + 1), classes], activation, norm };
  const classifier = new Head(whole ? { ...kept, lastNorm, classifier: true } : kept);
  noGrad(() => {
    for (const x of classifier.layers.at(-1)?.parameters() ?? []) x.zero_();
  });
  for (const [i, layer] of fresh ? [] : head.layers.slice(0, layers).entries()) {
    classifier.layers[i]?.loadStateDict(layer.stateDict());
  }
  return classifier;
}

/**
 * The uniform heads of the CLBO study: 0 layers is the identity, 1 a Linear, 2
 * Linear-BN-ReLU-Linear, 3 one such layer more.
 * @param inputs the encoder's feature width
 */
export function mlpHead(inputs: number, layers: number, hidden: number, output: number): HeadShape {
  const widths = layers === 0 ? [inputs] : [inputs, ...Array<number>(layers - 1).fill(hidden), output];
  return { widths, norm: true };
}
