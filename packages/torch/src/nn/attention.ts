import * as ops from '../ops.generated.js';
import { refuseUnknown } from '../options.js';
import type { Tensor } from '../tensor.js';
import * as init from './init.js';
import { Linear } from './linear.js';
import { Module, parameter } from './module.js';

/** What attention looks at, where it is not the input itself. */
export interface AttentionInputs {
  /** [n, k, features]; the input by default. */
  readonly key?: Tensor;
  /** [n, k, features]; the key by default. */
  readonly value?: Tensor;
  /**
   * Added to the scores [n, heads, q, k], to which it broadcasts; minus infinity where nothing is
   * to be seen.
   */
  readonly mask?: Tensor;
}

/**
 * Attention of several heads (Vaswani et al., 2017): softmax(q k' / sqrt(features / heads)) v in
 * each head, and a projection of all. Parameters are named and begin as PyTorch's
 * `MultiheadAttention(..., batch_first=True)`.
 */
export class MultiheadAttention extends Module {
  /** Projections to queries, keys and values: [3 features, features]. */
  inProjWeight: Tensor;
  /** [3 features], or null without. */
  inProjBias: Tensor | null;
  readonly outProj: Linear;
  readonly heads: number;
  /** Share of attention weights that training sets to 0. */
  readonly dropout: number;

  /**
   * @param options no dropout and with biases by default
   * @throws RangeError when the features do not divide into the heads
   */
  constructor(features: number, heads: number, options: { dropout?: number; bias?: boolean } = {}) {
    super();
    refuseUnknown('MultiheadAttention', options, ['dropout', 'bias']);
    if (features % heads !== 0) {
      throw new RangeError(`MultiheadAttention: ${features} features do not divide into ${heads} heads`);
    }
    const { dropout = 0, bias = true } = options;
    this.heads = heads;
    this.dropout = dropout;
    this.inProjWeight = parameter(init.xavierUniform(ops.empty([3 * features, features])));
    this.inProjBias = bias ? parameter(ops.zeros([3 * features])) : null;
    this.outProj = new Linear(features, features, { bias });
    if (this.outProj.bias) init.constant(this.outProj.bias, 0);
  }

  /** @param x queries [n, q, features]; gives the same shape */
  forward(x: Tensor, { key = x, value = key, mask }: AttentionInputs = {}): Tensor {
    const [n, , features] = x.shape as [number, number, number];
    const { heads } = this;
    const [q, k, v] = [x, key, value].map((each, i) => {
      const weight = this.inProjWeight.narrow(0, i * features, features);
      const bias = this.inProjBias?.narrow(0, i * features, features) ?? null;
      const rows = ops.linear(each, weight, { bias });
      return rows.reshape([n, -1, heads, features / heads]).transpose(1, 2);
    }) as [Tensor, Tensor, Tensor];
    const scores = q.matmul(k.transpose(-2, -1)).mul(1 / Math.sqrt(features / heads));
    const weights = (mask ? scores.add(mask) : scores).softmax(-1);
    const kept = this.training && this.dropout > 0 ? ops.dropout(weights, this.dropout, true) : weights;
    return this.outProj.forward(kept.matmul(v).transpose(1, 2).reshape([n, -1, features]));
  }
}
