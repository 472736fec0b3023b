import { nn, type Tensor } from '@tandem/torch';
import type { Encoder } from './encoder.js';
import type { Head } from './head.js';

/** Heads are made on the CPU, the encoder may live elsewhere. What is in place keeps its tensors: others may hold them. */
function place(head: Head, { device, dtype }: Tensor): void {
  if (head.parameters().some((x) => x.device !== device || x.dtype !== dtype)) head.to({ device, dtype });
}

/** Encoder, projector and, on a student's side of some methods, predictor: what one of the two networks consists of. */
export class Branch extends nn.Module {
  constructor(
    readonly encoder: Encoder,
    readonly head: Head,
    readonly predictor: Head | null = null,
  ) {
    super();
    const [first] = encoder.parameters();
    for (const part of [head, predictor]) if (part && first) place(part, first);
  }

  /** A copy with tensors of its own, without the predictor: what a teacher is made of. */
  twin(): Branch {
    return new Branch(this.encoder.clone(), this.head.clone());
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
