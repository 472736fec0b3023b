/**
 * Learning rates over the steps (or epochs) of a run, counted from 0. A schedule is a function
 * without memory, so that going on after an end needs nothing but the step:
 * `optimizer.step({ lr: schedule(t) })`.
 */
export type Schedule = (step: number) => number;

/** One number for ever. */
export function constant(lr: number): Schedule {
  return () => lr;
}

/** lr gamma^floor(t / every): PyTorch's StepLR. */
export function stepwise(lr: number, { every, gamma = 0.1 }: { every: number; gamma?: number }): Schedule {
  return (t) => lr * gamma ** Math.floor(t / every);
}

/** Times gamma at each of the milestones, steps in any order: PyTorch's MultiStepLR. */
export function atMilestones(lr: number, milestones: readonly number[], gamma = 0.1): Schedule {
  return (t) => lr * gamma ** milestones.filter((milestone) => milestone <= t).length;
}

/** lr gamma^t: PyTorch's ExponentialLR. */
export function exponential(lr: number, gamma: number): Schedule {
  return (t) => lr * gamma ** t;
}

/**
 * Half a cosine from lr to `end` in so many steps, then `end`: PyTorch's CosineAnnealingLR, which
 * would rise again.
 */
export function cosine(lr: number, steps: number, end = 0): Schedule {
  return (t) => end + ((lr - end) * (1 + Math.cos((Math.PI * Math.min(t, steps)) / steps))) / 2;
}

/** A line from `from` to `to` in so many steps, and `to` from then on: PyTorch's LinearLR. */
export function linear(from: number, to: number, steps: number): Schedule {
  return (t) => from + (to - from) * Math.min(1, t / steps);
}

/** lr (1 - t / steps)^power: PyTorch's PolynomialLR. */
export function polynomial(lr: number, steps: number, power = 1): Schedule {
  return (t) => lr * (1 - Math.min(t, steps) / steps) ** power;
}

/**
 * One schedule after another, each counting from its own beginning: PyTorch's SequentialLR.
 * @param parts each with the steps it lasts; the last one lasts for ever
 */
export function sequence(...parts: readonly { schedule: Schedule; steps?: number }[]): Schedule {
  if (parts.length === 0) throw new RangeError('sequence: there are no schedules');
  return (t) => {
    let begun = 0;
    for (const { schedule, steps = Number.POSITIVE_INFINITY } of parts) {
      if (t < begun + steps) return schedule(t - begun);
      begun += steps;
    }
    const last = parts.at(-1) as { schedule: Schedule; steps: number };
    return last.schedule(t - begun + last.steps);
  };
}

/** A line up to the schedule's first value, lr (t + 1) / steps (no step is at 0), and then it. */
export function warmup(steps: number, schedule: Schedule): Schedule {
  return (t) => (t < steps ? (schedule(0) * (t + 1)) / steps : schedule(t - steps));
}

/** What `Plateau` remembers. */
export interface PlateauMemory {
  readonly lr: number;
  readonly best: number;
  readonly waited: number;
}

/**
 * Times `factor` when a loss has not fallen for more than `patience` reports: PyTorch's
 * ReduceLROnPlateau, with its relative threshold.
 */
export class Plateau {
  #state: PlateauMemory;
  readonly #factor: number;
  readonly #patience: number;
  readonly #threshold: number;
  readonly #least: number;

  /** @param options factor 0.1, patience 10, threshold 1e-4, least rate 0, as PyTorch has them */
  constructor(lr: number, options: { factor?: number; patience?: number; threshold?: number; least?: number } = {}) {
    const { factor = 0.1, patience = 10, threshold = 1e-4, least = 0 } = options;
    if (!(factor > 0 && factor < 1)) throw new RangeError(`Plateau: factor must lie in (0, 1), got ${factor}`);
    this.#state = { lr, best: Number.POSITIVE_INFINITY, waited: 0 };
    this.#factor = factor;
    this.#patience = patience;
    this.#threshold = threshold;
    this.#least = least;
  }

  /** Of the next step. */
  get lr(): number {
    return this.#state.lr;
  }

  /** Takes the loss of an epoch, the lower the better. @returns the rate from now on */
  observe(loss: number): number {
    const { lr, best, waited } = this.#state;
    if (loss < best * (1 - this.#threshold)) this.#state = { lr, best: loss, waited: 0 };
    else if (waited < this.#patience) this.#state = { lr, best, waited: waited + 1 };
    else this.#state = { lr: Math.max(lr * this.#factor, this.#least), best, waited: 0 };
    return this.lr;
  }

  /** What a checkpoint must hold. */
  state(): PlateauMemory {
    return this.#state;
  }

  /** Goes on from there. */
  load(state: PlateauMemory): void {
    this.#state = { ...state };
  }
}
