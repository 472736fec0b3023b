/** Seconds that a rate is an average of. */
const lately = 10;

/** Measures how a stream flows. */
export class Meter {
  readonly #begun = performance.now();
  /** Bytes of each of the last seconds. */
  readonly #bySecond = new Map<number, number>();
  #waited = 0;
  #failure = '';

  /** Bytes that came. */
  came(bytes: number): void {
    const second = Math.floor(performance.now() / 1000);
    this.#bySecond.set(second, (this.#bySecond.get(second) ?? 0) + bytes);
    for (const old of this.#bySecond.keys()) if (old < second - lately) this.#bySecond.delete(old);
  }

  /** Something has to be asked for again. */
  failed(reason: string): void {
    this.#failure = reason;
  }

  /** Counts the time until something is there as waiting. */
  async waiting<T>(what: Promise<T>): Promise<T> {
    const begun = performance.now();
    try {
      return await what;
    } finally {
      this.#waited += performance.now() - begun;
    }
  }

  flow(): { readonly bytesPerSecond: number; readonly waited: number } {
    const now = performance.now();
    const seconds = Math.min((now - this.#begun) / 1000, lately);
    const bytes = [...this.#bySecond]
      .filter(([second]) => second > now / 1000 - lately)
      .reduce((sum, [, one]) => sum + one, 0);
    return { bytesPerSecond: bytes / Math.max(seconds, 1), waited: this.#waited / Math.max(now - this.#begun, 1) };
  }

  /** In words, for whoever waits. */
  said(): string {
    const failure = this.#failure === '' ? '' : `, last failure: ${this.#failure}`;
    return `(${(this.flow().bytesPerSecond / 2 ** 20).toFixed(1)} MiB/s${failure})`;
  }
}
