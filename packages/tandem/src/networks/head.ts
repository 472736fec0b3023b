import { nn, type Tensor } from '@tandem/torch';
import { batchNorm1d } from './split-batch-norm.js';

/** A multi-layer perceptron as data. */
export interface HeadShape {
  /** Widths from input to output: [512, 512, 512] is two Linear layers; one entry is the identity. */
  readonly widths: readonly number[];
  /** Between the layers; ReLU unless given. */
  readonly activation?: 'relu' | 'gelu' | undefined;
  /** Batch norm between the layers (before the activation); the Linear before a norm has no bias. */
  readonly norm: boolean;
  /** Batch norm after the last layer too: with scale and shift, with scale alone, or with neither. */
  readonly lastNorm?: 'affine' | 'scale' | 'plain' | undefined;
  /** Batch norm normalises so many parts of a training batch each by itself; 1 unless given. */
  readonly splits?: number | undefined;
}

/** A projector or predictor. */
export class Head extends nn.Module {
  readonly layers: nn.Sequential[];
  readonly outputWidth: number;

  constructor(readonly shape: HeadShape) {
    super();
    const { widths, norm, activation = 'relu', lastNorm, splits } = shape;
    this.outputWidth = widths.at(-1) ?? 0;
    this.layers = widths.slice(1).map((width, i) => {
      const last = i === widths.length - 2;
      const normed = last ? lastNorm !== undefined : norm;
      const affine = !last || lastNorm !== 'plain';
      const shift = !last || lastNorm !== 'scale';
      return new nn.Sequential(
        new nn.Linear(widths[i] as number, width, { bias: !normed }),
        ...(normed ? [batchNorm1d(width, splits, { affine, shift })] : []),
        ...(last ? [] : [activation === 'gelu' ? new nn.GELU() : new nn.ReLU()]),
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

  get embeddingWidth(): number {
    return this.outputWidth;
  }

  /** The input and the output of every layer, so that fine-tuning can start inside the head: [n, widths[i]] each. */
  activations(x: Tensor): Tensor[] {
    const all = [x];
    for (const layer of this.layers) all.push(layer.forward(all.at(-1) as Tensor));
    return all;
  }
}

/**
 * The uniform heads of the CLBO study: 0 layers is the identity, 1 a Linear, 2 Linear-BN-ReLU-Linear, 3 one such layer more.
 * @param inputs the encoder's feature width
 */
export function mlpHead(inputs: number, layers: number, hidden: number, output: number): HeadShape {
  const widths = layers === 0 ? [inputs] : [inputs, ...Array<number>(layers - 1).fill(hidden), output];
  return { widths, norm: true };
}
