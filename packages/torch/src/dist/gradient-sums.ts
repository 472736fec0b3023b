import { binding } from '../binding.js';
import { slotOf, type Tensor } from '../tensor.js';

/** How gradients are added up. */
export interface SumOptions {
  /**
   * Whether they go as bfloat16: half the bytes, and three digits of each sum. Defaults to false.
   */
  readonly compress?: boolean;
}

/**
 * Adds up the gradients of parameters over all processes while the backward pass goes on, by c10d's
 * Reducer. Buckets are laid out by the parameters alone, so that a sum has the same bits in every
 * step and on every process.
 */
export class GradientSums {
  readonly #id: number;
  readonly #guarded: (work: () => void) => void;

  /** @internal */
  constructor(id: number, guarded: (work: () => void) => void) {
    this.#id = id;
    this.#guarded = guarded;
  }

  /**
   * Gives each parameter that the loss depends on the sum of the gradients that all processes have
   * for it. They lie in buckets that the next call overwrites. All processes call it, with losses
   * of the same form.
   * @throws LostProcessError; Error after the group's limit, or where parameters differ between
   * processes in size, type or layout
   */
  backward(loss: Tensor): void {
    this.#guarded(() => binding.backwardAndSum(this.#id, slotOf(loss, 'backward')));
  }

  /** Ends it: from then on a backward pass leaves each process its own gradients. */
  dispose(): void {
    binding.closeSums(this.#id);
  }
}
