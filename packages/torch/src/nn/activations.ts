import * as ops from '../ops.generated.js';
import type { Tensor } from '../tensor.js';
import { Module, parameter } from './module.js';

/** max(x, 0). */
export class ReLU extends Module {
  /** @param x of any shape */
  forward(x: Tensor): Tensor {
    return ops.relu(x);
  }
}

/**
 * x P(X <= x) for a standard normal X (Hendrycks and Gimpel, 2016), by the error function, not an
 * approximation.
 */
export class GELU extends Module {
  /** @param x of any shape */
  forward(x: Tensor): Tensor {
    return ops.exactGelu(x);
  }
}

/**
 * x above 0, below it a learned slope for each channel times x: [n, c, ...] to the same. Slopes
 * begin at 0.25.
 */
export class PReLU extends Module {
  /** Slopes [channels]. */
  weight: Tensor;

  /** @param channels 1: one slope for all */
  constructor(channels = 1, initial = 0.25) {
    super();
    this.weight = parameter(ops.full([channels], initial, { dtype: 'float32' }));
  }

  /** @param x [n, channels, ...] */
  forward(x: Tensor): Tensor {
    return ops.prelu(x, this.weight);
  }
}

/** x above 0, `slope` x below. */
export class LeakyReLU extends Module {
  /** @param slope 0.01 as in PyTorch */
  constructor(readonly slope = 0.01) {
    super();
  }

  /** @param x of any shape */
  forward(x: Tensor): Tensor {
    return ops.leakyRelu(x, { negativeSlope: this.slope });
  }
}

/** x / (1 + e^-x). (Elfwing, Uchibe and Doya, 2017) */
export class SiLU extends Module {
  /** @param x of any shape */
  forward(x: Tensor): Tensor {
    return ops.silu(x);
  }
}

/** 1 / (1 + e^-x). */
export class Sigmoid extends Module {
  /** @param x of any shape */
  forward(x: Tensor): Tensor {
    return ops.sigmoid(x);
  }
}

/** The hyperbolic tangent. */
export class Tanh extends Module {
  /** @param x of any shape */
  forward(x: Tensor): Tensor {
    return ops.tanh(x);
  }
}
