import { nn, type Tensor } from 'tandem-torch';
import type { PlacedEncoder, Seen } from './encoder.js';

/** A network whose features are the means of its last map. */
export abstract class MeanPooled extends nn.Module implements PlacedEncoder {
  abstract readonly featureWidth: number;

  /** The last map: [n, channels, h, w] to [n, featureWidth, rows, columns]. */
  abstract map(x: Tensor): Tensor;

  get placeWidth(): number {
    return this.featureWidth;
  }

  forward(x: Tensor): Tensor {
    return this.map(x).mean([2, 3]);
  }

  see(x: Tensor): Seen {
    const places = this.map(x);
    return { features: places.mean([2, 3]), places };
  }
}
