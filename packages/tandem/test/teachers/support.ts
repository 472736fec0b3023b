import { nn, type Tensor, tensor } from 'tandem-torch';
import { Branch, type Encoder, Head, mlpHead } from '../../src/networks/index.js';
import { normal, TinyEncoder } from '../support.js';

/** One vector as a network: F can be any function of the parameters. */
export class Point extends nn.Module implements Encoder {
  readonly featureWidth = 1;
  readonly at: Tensor;

  constructor(at: readonly number[]) {
    super();
    this.at = nn.parameter(tensor(Float64Array.from(at)));
  }

  forward(): Tensor {
    return this.at;
  }
}

export function point(at: readonly number[]): Branch {
  return new Branch(new Point(at), new Head({ widths: [1], norm: true }));
}

export function branch(dtype: 'float32' | 'float64' = 'float64', predictor = false): Branch {
  const encoder = new TinyEncoder(12, 6).to({ dtype });
  return new Branch(encoder, new Head(mlpHead(6, 2, 5, 4)), predictor ? new Head(mlpHead(4, 2, 5, 4)) : null);
}

export const images = (seed: number, n = 6, dtype: 'float32' | 'float64' = 'float64') =>
  normal([n, 3, 2, 2], seed, dtype);
