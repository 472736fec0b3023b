import type { Tensor } from '@tandem/torch';

/** Tensors that a loss leaves for the end of its step. They outlive scopes: a replayed step writes them anew without calling the loss. */
export class Left {
  #tensors: readonly Tensor[] = [];

  get tensors(): readonly Tensor[] {
    return this.#tensors;
  }

  /** In place of those of the step before. */
  set tensors(tensors: readonly Tensor[]) {
    for (const x of this.#tensors) x.dispose();
    this.#tensors = tensors.map((x) => x.keep());
  }
}
