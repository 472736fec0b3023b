/** A number for each step of a run: a learning rate, a weight decay. */
export type Schedule = (step: number) => number;

/** How a learning rate falls after its warm-up; a constant one does not. */
export type Decay = 'cosine' | 'linear' | 'constant';

/** How a number, such as the learning rate, goes over a run. */
export interface DecayOptions {
  /** Its value where it begins to fall. */
  readonly base: number;
  /** What it falls to; defaults to 0. It is met at the end of the run, so by no step. */
  readonly end?: number;
  /** Defaults to `cosine`. */
  readonly decay?: Decay;
  /** Epochs of the whole run, the warm-up included. */
  readonly epochs: number;
  /** Steps in each of them. */
  readonly stepsPerEpoch: number;
  /** Whether it moves once an epoch or at every step. */
  readonly by: 'epoch' | 'step';
  /** Epochs of a line up to `base` before it falls. */
  readonly warmup: number;
}

/** What is left of the way from 1 to 0 at a share of the run. */
const left: Readonly<Record<Decay, (share: number) => number>> = {
  cosine: (share) => (1 + Math.cos(Math.PI * share)) / 2,
  linear: (share) => 1 - share,
  constant: () => 1,
};

/**
 * From `base` to `end` over the epochs that follow the warm-up. By epoch it is lr_e = end + (base -
 * end) left(e / E) with e from 0, as in the recipe that the CLBO paper follows (cosine) and
 * S2-BNN's (linear); by step it suits short runs.
 */
export function decaySchedule(options: DecayOptions): Schedule {
  const { base, end = 0, decay = 'cosine', epochs, stepsPerEpoch, by, warmup } = options;
  return (step) => {
    const exact = step / stepsPerEpoch;
    if (exact < warmup) return (base * (step + 1)) / (warmup * stepsPerEpoch);
    const position = by === 'epoch' ? Math.max(Math.floor(exact), warmup) : exact;
    return end + (base - end) * left[decay]((position - warmup) / (epochs - warmup));
  };
}
