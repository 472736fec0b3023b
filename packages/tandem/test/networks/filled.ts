import { manualSeed, nn, noGrad, scope, type Tensor } from 'tandem-torch';
import { hashed } from '../support.js';

/** The fixtures' formula for the numbers of the t-th tensor; images are t = 1000. */
export function byFormula(shape: readonly number[], t: number, scale: number, shift: number): Tensor {
  return hashed(shape, t).sub(0.5).mul(scale).add(shift);
}

/** Fills a network in float64 as scripts/fixtures/networks.py does. */
export function filled<Network extends nn.Module>(network: Network): Network {
  network.to({ dtype: 'float64' });
  const floats = Object.entries(network.stateDict()).filter(([, x]) => x.dtype !== 'int64');
  noGrad(() => {
    floats.forEach(([name, x], t) => {
      const [outputs = 1, , height = 1, width = 1] = x.shape;
      const isScale = /(running_var|weight_g)$/.test(name) || (x.ndim === 1 && name.endsWith('weight'));
      const other = x.ndim === 2 ? 1 : 0.4;
      const scale = x.ndim === 4 ? Math.sqrt(24 / (outputs * height * width)) : isScale ? 1 : other;
      scope(() => x.copy_(byFormula(x.shape, t, scale, isScale ? 1 : 0)));
    });
  });
  return network;
}

/** With running statistics, gains and shifts that differ from channel to channel. */
export function worn<Network extends nn.Module>(network: Network): Network {
  manualSeed(3);
  noGrad(() => {
    for (const part of network.modules()) {
      if (!(part instanceof nn.BatchNorm2d)) continue;
      part.runningMean.normal_({ std: 0.5 });
      part.runningVar.uniform_({ from: 0.3, to: 3 });
      part.weight?.uniform_({ from: 0.5, to: 1.5 });
      part.bias?.normal_({ std: 0.3 });
    }
  });
  return network;
}

/**
 * Compares gradients by `backward` with central differences at a few numbers of each of the
 * tensors.
 */
export function largestDifference(tensors: readonly Tensor[], f: () => Tensor, step = 1e-5): number {
  for (const x of tensors) x.grad = null;
  scope(() => f().backward());
  let largest = 0;
  for (const x of tensors) {
    for (const k of [0, Math.floor(x.numel / 2), x.numel - 1]) {
      const at = (offset: number) =>
        scope(() => {
          const one = noGrad(() => x.detach().view([-1]).narrow(0, k, 1));
          const before = one.item();
          noGrad(() => one.fill_(before + offset));
          const value = noGrad(() => f().item());
          noGrad(() => one.fill_(before));
          return value;
        });
      const numeric = (at(step) - at(-step)) / (2 * step);
      const analytic = scope(() => (x.grad as Tensor).reshape([-1]).narrow(0, k, 1).item());
      largest = Math.max(largest, Math.abs(analytic - numeric) / (1 + Math.abs(numeric)));
    }
  }
  return largest;
}
