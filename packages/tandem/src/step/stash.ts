import type { Tensor } from 'tandem-torch';

/**
 * What a loss hands to the end of its step: tensors, by the object that they are meant for. A
 * replayed loss writes the same tensors anew, so they stay until the loss is computed again.
 */
export class Stash {
  readonly #tensors = new Map<object, readonly Tensor[]>();

  /** In place of those of the step before. */
  put(owner: object, tensors: readonly Tensor[]): void {
    this.#tensors.set(owner, tensors);
  }

  /** What was put for an object in this step. @throws Error where no loss has put any */
  get(owner: object): readonly Tensor[] {
    const tensors = this.#tensors.get(owner);
    if (tensors === undefined) throw new Error(`the loss has stashed nothing for ${owner.constructor.name}`);
    return tensors;
  }

  /** All that is in it. */
  get tensors(): readonly Tensor[] {
    return [...this.#tensors.values()].flat();
  }
}
