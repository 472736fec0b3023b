import { scope, type Tensor, tensor } from 'tandem-torch';
import type { LinearHeads } from './heads.js';

/** Of SGD for several heads side by side. */
export interface HeadSgdSettings {
  /** One for each head. */
  readonly rates: readonly number[];
  /** Of all heads. */
  readonly momentum: number;
  /** Of all heads. */
  readonly weightDecay: number;
}

/** SGD with momentum, each head at a rate of its own. */
export class HeadSgd {
  /** What decides the next steps, beside the heads. */
  readonly velocity: { readonly weight: Tensor; readonly bias: Tensor };
  readonly #rates: Tensor;

  constructor(
    readonly heads: LinearHeads,
    readonly settings: HeadSgdSettings,
  ) {
    const { weight, bias } = heads;
    this.velocity = scope(() => ({ weight: weight.zerosLike().keep(), bias: bias.zerosLike().keep() }));
    this.#rates = tensor(Float32Array.from(settings.rates), { device: weight.device }).keep();
  }

  /** @param falling what each rate is multiplied by */
  step(x: Tensor, labels: Tensor, falling: number): void {
    const { momentum, weightDecay, rates } = this.settings;
    const gradients = this.heads.gradients(x, labels);
    for (const name of ['weight', 'bias'] as const) {
      const theta = this.heads[name];
      const velocity = this.velocity[name].mul_(momentum).add_(gradients[name]);
      if (weightDecay > 0) velocity.add_(theta, { alpha: weightDecay });
      const rate = this.#rates.view(name === 'weight' ? [rates.length, 1, 1] : [rates.length, 1]);
      theta.addcmul_(velocity, rate, { value: -falling });
    }
  }

  dispose(): void {
    for (const x of [this.velocity.weight, this.velocity.bias, this.#rates]) x.dispose();
  }
}

/** Of Adam (Kingma and Ba, 2015). */
const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];

/** Adam with weight decay in the gradient, as PyTorch's `Adam` has it. */
export class HeadAdam {
  readonly #moments: Readonly<Record<'weight' | 'bias', readonly [first: Tensor, second: Tensor]>>;
  #steps = 0;

  constructor(
    readonly heads: LinearHeads,
    readonly weightDecay: number,
  ) {
    const pair = (like: Tensor) => [like.zerosLike().keep(), like.zerosLike().keep()] as const;
    this.#moments = scope(() => ({ weight: pair(heads.weight), bias: pair(heads.bias) }));
  }

  step(x: Tensor, labels: Tensor, lr: number): void {
    const gradients = this.heads.gradients(x, labels);
    this.#steps += 1;
    for (const name of ['weight', 'bias'] as const) {
      const theta = this.heads[name];
      const gradient = gradients[name].add_(theta, { alpha: this.weightDecay });
      const [first, second] = this.#moments[name];
      first.lerp_(gradient, 1 - beta1);
      second.mul_(beta2).addcmul_(gradient, gradient, { value: 1 - beta2 });
      const spread = second
        .div(1 - beta2 ** this.#steps)
        .sqrt_()
        .add_(epsilon);
      theta.addcdiv_(first, spread, { value: -lr / (1 - beta1 ** this.#steps) });
    }
  }

  dispose(): void {
    for (const x of Object.values(this.#moments).flat()) x.dispose();
  }
}
