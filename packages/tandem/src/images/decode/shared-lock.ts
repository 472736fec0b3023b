/** A lock within this process: work shares it side by side, or now and then holds it alone. */
export class SharedLock {
  readonly #running = new Set<Promise<unknown>>();
  /** Ends with the last of those that hold it alone or wait to; undefined where there is none. */
  #last: Promise<unknown> | undefined;

  async shared<T>(work: () => Promise<T>): Promise<T> {
    while (this.#last) await this.#last;
    const one = work();
    const ended: Promise<unknown> = one.catch(() => {}).finally(() => this.#running.delete(ended));
    this.#running.add(ended);
    return one;
  }

  /** Begins when what is running has ended; nothing else begins before this has ended. */
  async exclusive<T>(work: () => Promise<T>): Promise<T> {
    const before = Promise.resolve(this.#last);
    const one = before.then(() => Promise.all(this.#running)).then(work);
    const ended = one.catch(() => {});
    this.#last = ended;
    try {
      return await one;
    } finally {
      if (this.#last === ended) this.#last = undefined;
    }
  }
}
