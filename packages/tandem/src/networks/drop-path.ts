import { nn, rand, type Tensor } from 'tandem-torch';

/**
 * In training, each image's rows become 0 with probability `rate` and are divided by 1 - rate
 * otherwise; in evaluation x itself. On a layer beside a shortcut: stochastic depth (Huang et al.,
 * 2016). Draws from the default generator.
 */
export class DropPath extends nn.Module {
  /** Which images of each batch are here, where other processes have the rest; null for all. */
  share: { readonly from: number; readonly count: number; readonly batch: number } | null = null;

  constructor(public rate: number) {
    super();
    if (!(rate >= 0 && rate < 1))
      throw new RangeError(`DropPath: the rate must be at least 0 and below 1, got ${rate}`);
  }

  /** [n, ...] to the same. */
  forward(x: Tensor): Tensor {
    if (!this.training || this.rate === 0) return x;
    const each = [x.shape[0] as number, ...x.shape.slice(1).map(() => 1)];
    const kept = drawn(x, this.share).view(each).ge(this.rate).to(x.dtype);
    return x.mul(kept.div(1 - this.rate));
  }
}

/** A number from 0 to 1 for each row; every process draws those of the whole batch. */
function drawn({ shape, device }: Tensor, share: DropPath['share']): Tensor {
  const [n] = shape as [number];
  if (!share) return rand([n], { device });
  const { from, count, batch } = share; // rows may be those of several views
  return rand([n / count, batch], { device })
    .narrow(1, from, count)
    .reshape([n]);
}
