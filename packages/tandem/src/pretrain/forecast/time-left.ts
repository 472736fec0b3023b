/**
 * How long a run has yet to go, by what its steps and the ends of its epochs took until now; each
 * is told when it is over.
 */
export class TimeLeft {
  readonly #steps: number;
  readonly #stepsPerEpoch: number;
  readonly #now: () => number;
  #last: number;
  #stepSeconds: number[] = [];
  #ends: number[] = [];
  readonly #expectedEnd: number;
  #isFirst = true;

  /**
   * @param run its length in steps, and what the end of an epoch is expected to take in seconds
   * @param now milliseconds of a clock that only goes forward
   */
  constructor(
    run: { readonly steps: number; readonly stepsPerEpoch: number; readonly evaluation?: number | undefined },
    now: () => number = () => performance.now(),
  ) {
    this.#steps = run.steps;
    this.#stepsPerEpoch = run.stepsPerEpoch;
    this.#expectedEnd = run.evaluation ?? 0;
    this.#now = now;
    this.#last = now();
  }

  /** Mean seconds of a step of the last hundred; undefined before the first is over. */
  get secondsPerStep(): number | undefined {
    return this.#stepSeconds.length > 0 ? mean(this.#stepSeconds) : undefined;
  }

  /** A step is over. @param step its number, from 1 @returns the seconds left */
  step(step: number): number {
    const seconds = this.#lap();
    // The first makes ready what the others use.
    if (this.#isFirst && this.#stepSeconds.length === 1) {
      this.#stepSeconds = [];
      this.#isFirst = false;
    }
    this.#stepSeconds = [...this.#stepSeconds.slice(-99), seconds];
    const ends = this.#steps / this.#stepsPerEpoch - Math.floor((step - 1) / this.#stepsPerEpoch);
    const end = this.#ends.length > 0 ? mean(this.#ends) : this.#expectedEnd;
    return (this.#steps - step) * mean(this.#stepSeconds) + ends * end;
  }

  /** The end of an epoch is over, evaluated and saved. */
  epoch(): void {
    const seconds = this.#lap();
    this.#ends = [...this.#ends.slice(-9), seconds];
  }

  #lap(): number {
    const now = this.#now();
    const seconds = (now - this.#last) / 1000;
    this.#last = now;
    return seconds;
  }
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0) / Math.max(numbers.length, 1);
}
