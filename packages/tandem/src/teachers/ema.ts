import type { Branch } from '../networks/index.js';
import type { Position, StepContext } from '../step/context.js';
import { type SlowTeacher, slowTeacher } from './slow.js';

/**
 * How much a moving average keeps of itself: `eta` always, or rising from it to 1 over the run by
 * half a cosine.
 */
export interface EmaOptions {
  /** What the average keeps of itself at a step, from 0 to 1. */
  readonly eta: number;
  /** Whether `eta` stays, or rises to 1 over the run. */
  readonly etaSchedule: 'constant' | 'cosine';
}

/** A teacher that is an exponential moving average of the student's parameters. */
export interface EmaTeacher extends SlowTeacher {
  /** Moves it; after the optimizer. */
  afterStep(ctx: StepContext): void;
  /** What it keeps of itself at that position. */
  metrics(position: Position): { eta: number };
}

/**
 * xi = eta xi + (1 - eta) theta after every step. `counts` says which number of the schedule
 * belongs to that: the step's own, as in BYOL, or the next step's, as in MoCo and MoBY, which move
 * before a forward pass instead of after the step before it: the same sequence.
 */
export function emaTeacher(student: Branch, options: EmaOptions, { counts }: { counts: 'step' | 'next' }): EmaTeacher {
  const teacher = slowTeacher(student);
  const eta = emaSchedule(options);
  const later = counts === 'next' ? 1 : 0;
  return {
    ...teacher,
    afterStep(ctx) {
      teacher.follow(ctx.scalar(({ step, steps }) => 1 - eta({ step: step + later, steps })));
    },
    // `step` counts the steps taken: the one before it moved the teacher last.
    metrics: ({ step, steps }) => ({ eta: eta({ step: step - 1 + later, steps }) }),
  };
}

/**
 * `eta` at every step, or eta_k = 1 - (1 - eta)(cos(pi k / K) + 1) / 2 at step k of K
 * (deepmind/deepmind-research). The last step that is taken, K - 1, stays just below 1.
 */
export function emaSchedule({ eta, etaSchedule }: EmaOptions): (at: { step: number; steps: number }) => number {
  if (etaSchedule === 'constant') return () => eta;
  return ({ step, steps }) => 1 - ((1 - eta) * (Math.cos((Math.PI * step) / steps) + 1)) / 2;
}
