import type { Tensor } from '@tandem/torch';

/** Where there is a recording: what was left while it was made. */
let held: Tensor[] | undefined;

/**
 * Tensors that a loss leaves for the end of its step. Those of a recording outlive the step: later
 * ones write them anew without calling the loss.
 */
export class Left {
  #tensors: readonly Tensor[] = [];

  get tensors(): readonly Tensor[] {
    return this.#tensors;
  }

  /** In place of those of the step before. */
  set tensors(tensors: readonly Tensor[]) {
    this.#tensors = tensors;
    held?.push(...tensors.map((x) => x.keep()));
  }
}

/**
 * Keeps what losses leave while `work` is recorded.
 * @returns it, for the caller to free, beside the work's own result
 */
export function holdLeft<Result>(work: () => Result): { readonly result: Result; readonly left: readonly Tensor[] } {
  const left: Tensor[] = [];
  held = left;
  try {
    return { result: work(), left };
  } finally {
    held = undefined;
  }
}
