import * as ops from '../ops.generated.js';
import { refuseUnknown } from '../options.js';
import type { Tensor } from '../tensor.js';
import * as init from './init.js';
import { Module, parameter } from './module.js';

/** x W' + b: [..., in] to [..., out]. */
export class Linear extends Module {
  /** W, [out, in]. */
  weight: Tensor;
  /** b, [out], or null without. */
  bias: Tensor | null;

  /** Weights and bias begin uniform within +-1/sqrt(in). */
  constructor(inputs: number, outputs: number, options: { bias?: boolean } = {}) {
    super();
    refuseUnknown('Linear', options, ['bias']);
    const { bias = true } = options;
    this.weight = parameter(init.uniformFanIn(ops.empty([outputs, inputs])));
    this.bias = bias ? parameter(init.uniformFanIn(ops.empty([outputs]), this.weight)) : null;
  }

  /** @param x [..., in] */
  forward(x: Tensor): Tensor {
    return ops.affine(x, this.weight, { bias: this.bias });
  }
}
