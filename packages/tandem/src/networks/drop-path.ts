import { nn, rand, type Tensor } from 'tandem-torch';

/**
 * In training, each image's rows become 0 with probability `rate` and are divided by 1 - rate
 * otherwise; in evaluation x itself. On a layer beside a shortcut: stochastic depth (Huang et al.,
 * 2016). Draws from the default generator.
 */
export class DropPath extends nn.Module {
  constructor(public rate: number) {
    super();
    if (!(rate >= 0 && rate < 1))
      throw new RangeError(`DropPath: the rate must be at least 0 and below 1, got ${rate}`);
  }

  /** [n, ...] to the same. */
  forward(x: Tensor): Tensor {
    if (!this.training || this.rate === 0) return x;
    const each = [x.shape[0] as number, ...x.shape.slice(1).map(() => 1)];
    const kept = rand(each, { device: x.device }).ge(this.rate).to(x.dtype);
    return x.mul(kept.div(1 - this.rate));
  }
}
