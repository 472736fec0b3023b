import { nn, type Tensor } from '@tandem/torch';
import type { Encoder } from './encoder.js';
import type { Head } from './head.js';

/** Encoder, projector and, on a student's side of some methods, predictor: what one of the two networks consists of. */
export class Branch extends nn.Module {
  constructor(
    readonly encoder: Encoder,
    readonly head: Head,
    readonly predictor: Head | null = null,
  ) {
    super();
    // Heads are made where the encoder already is.
    const device = encoder.parameters()[0]?.device ?? 'cpu';
    head.to({ device });
    predictor?.to({ device });
  }

  /** Projection g(f(x)): [n, c, h, w] to [n, d]. */
  forward(x: Tensor): Tensor {
    return this.head.forward(this.encoder.forward(x));
  }

  /** Prediction q(g(f(x))), or the projection where there is no predictor. */
  predict(x: Tensor): Tensor {
    const z = this.forward(x);
    return this.predictor ? this.predictor.forward(z) : z;
  }
}
