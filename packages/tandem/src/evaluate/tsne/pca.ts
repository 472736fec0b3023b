import { linalgEigh, noGrad, scope, type Tensor } from 'tandem-torch';

/**
 * The rows' coordinates along the directions of largest variance, largest first, in float64. Of the
 * two directions of an axis the one is taken whose largest coefficient is positive, so that the
 * result is one and the same in every run.
 * @param x [n, d] @param components at most; there are no more than n or d
 * @returns [n, min(components, n, d)] on the CPU
 */
export function principalComponents(x: Tensor, components: number): Tensor {
  return scope(() =>
    noGrad(() => {
      const wide = x.to({ device: 'cpu', dtype: 'float64' });
      const centred = wide.sub(wide.mean([0], { keepdim: true }));
      const count = Math.min(components, ...x.shape);
      const [, vectors] = linalgEigh(centred.t().mm(centred));
      // In ascending order of variance.
      const axes = (vectors as Tensor).narrow(1, (x.shape[1] as number) - count, count).flip([1]);
      const largest = axes.abs().argmax({ dim: 0, keepdim: true });
      return centred.mm(axes.mul(axes.gather(0, largest).sign()));
    }),
  );
}
