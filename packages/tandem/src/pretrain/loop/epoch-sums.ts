import type { StepReport } from '../../train/loop.js';
import type { EpochMetrics } from '../events.js';
import { type Progress, start } from './progress.js';

/** Loss, its terms and rate of an epoch's training steps; evaluation is not in the rate. */
export class EpochSums {
  /** By a clock that only goes forward, whatever is done to the machine's. */
  readonly #begun = performance.now();
  readonly #losses: Record<string, number>;
  readonly #seconds: number;
  #steps: number;
  #read: number;
  #skipped: number;

  constructor({ steps, read, skipped, seconds, losses }: Progress['sums'] = start.sums) {
    this.#steps = steps;
    this.#read = read;
    this.#skipped = skipped;
    this.#seconds = seconds;
    this.#losses = { ...losses };
  }

  add({ loss, terms, skipped }: Pick<StepReport, 'loss' | 'terms' | 'skipped'>): void {
    this.#steps += 1;
    if (skipped !== undefined) this.#skipped += 1;
    if (loss === undefined) return;
    this.#read += 1;
    for (const [name, value] of Object.entries({ loss, ...terms })) {
      this.#losses[name] = (this.#losses[name] ?? 0) + value;
    }
  }

  /** What a checkpoint remembers of them. */
  state(): Progress['sums'] {
    const [steps, read, skipped] = [this.#steps, this.#read, this.#skipped];
    return { steps, read, skipped, seconds: this.#elapsed(), losses: { ...this.#losses } };
  }

  /** Means over the steps whose loss was read. @param batch images in a step */
  averages(batch: number): Pick<EpochMetrics, 'loss' | 'imagesPerSecond' | 'skippedSteps'> {
    const means = Object.entries(this.#losses).map(([name, sum]) => [name, sum / this.#read]);
    return {
      loss: Number.NaN,
      ...Object.fromEntries(means),
      imagesPerSecond: (this.#steps * batch) / this.#elapsed(),
      ...(this.#skipped > 0 && { skippedSteps: this.#skipped }),
    };
  }

  #elapsed(): number {
    return this.#seconds + (performance.now() - this.#begun) / 1000;
  }
}
