/** A learning rate for each step. */
export type Schedule = (step: number) => number;

/**
 * Half a cosine from `base` to 0. It moves once an epoch, lr_e = base (1 + cos(pi e / E)) / 2 with e from 0, as in the recipe the paper
 * follows, or at every step, which suits short runs. `warmup` epochs rise in a line before it.
 */
export function cosineSchedule(options: {
  base: number;
  epochs: number;
  stepsPerEpoch: number;
  by: 'epoch' | 'step';
  warmup: number;
}): Schedule {
  const { base, epochs, stepsPerEpoch, by, warmup } = options;
  return (step) => {
    const exact = step / stepsPerEpoch;
    if (exact < warmup) return (base * (step + 1)) / (warmup * stepsPerEpoch);
    const position = by === 'epoch' ? Math.max(Math.floor(exact), warmup) : exact;
    return (base * (1 + Math.cos((Math.PI * (position - warmup)) / (epochs - warmup)))) / 2;
  };
}
