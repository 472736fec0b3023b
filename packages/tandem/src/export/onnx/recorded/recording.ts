import { identityOf, Tensor } from 'tandem-torch';
import { Draft } from '../draft.js';

/** What is computed of images, by its name in the graph. */
export class Recording {
  readonly draft = new Draft();
  readonly #names = new Map<string, string>();
  #count = 0;
  /** The last maps of features: what has height and width. */
  map: { readonly name: string; readonly shape: readonly number[] } | undefined;

  /** Whether a value depends on the images; all others are constants. */
  depends(x: unknown): boolean {
    return x instanceof Tensor && this.#names.has(identityOf(x));
  }

  /** The name of a value, or of a constant with what it holds now. */
  name(x: Tensor): string {
    return this.#names.get(identityOf(x)) ?? this.constant(x);
  }

  constant(x: Tensor): string {
    return this.draft.put(this.fresh('constant'), x.clone());
  }

  fresh(what: string): string {
    this.#count += 1;
    return `${what}.${this.#count}`;
  }

  /** From now on `x` is the value of that name. */
  set(x: Tensor, name: string): void {
    this.#names.set(identityOf(x), name);
    if (x.ndim === 4) this.map = { name, shape: x.shape };
  }
}
