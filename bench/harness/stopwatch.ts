import { Tensor } from 'tandem-torch';
import type { Method } from 'tandem-vision';

/** What a training step does, in the order of its table. */
export const phases = [
  'views',
  'forward',
  'teacher',
  'loss',
  'backward',
  'optimizer',
  'teacher moves',
  'the rest',
] as const;

export type Phase = (typeof phases)[number];
export type Phases = Record<Phase, number>;

/** Seconds by phase. Time within a phase that is within another counts for the inner one alone. */
export class Stopwatch {
  #spent = empty();
  #now: Phase = 'the rest';
  #since: number;
  readonly #clock: () => number;

  /** @param clock milliseconds */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
    this.#since = clock();
  }

  switchTo(phase: Phase): Phase {
    const at = this.#clock();
    const before = this.#now;
    this.#spent[before] += (at - this.#since) / 1000;
    this.#now = phase;
    this.#since = at;
    return before;
  }

  during<T>(phase: Phase, work: () => T): T {
    const outer = this.switchTo(phase);
    try {
      return work();
    } finally {
      this.switchTo(outer);
    }
  }

  /** What has been spent since the last time it was asked. */
  take(): Phases {
    this.switchTo('the rest');
    const spent = this.#spent;
    this.#spent = empty();
    return spent;
  }
}

function empty(): Phases {
  return Object.fromEntries(phases.map((phase) => [phase, 0])) as Phases;
}

/** Of the step at hand: there is only one at a time. */
export const stopwatch = new Stopwatch();

const { backward } = Tensor.prototype;
Tensor.prototype.backward = function (...given) {
  stopwatch.during('backward', () => backward.apply(this, given));
};

/**
 * Times the parts of a method and its optimizer where they are called, so that the loop is the
 * product's own. What comes before the loss are views: the loop makes nothing else there. The pull
 * towards a teacher counts as the teacher's move.
 */
export function watch(method: Method, optimizer: object): Method {
  for (const [branch, phase] of [[method.student, 'forward'] as const, [method.teacher, 'teacher'] as const]) {
    for (const part of [branch?.encoder, branch?.head, branch?.predictor]) if (part) timed(part, 'forward', phase);
  }
  timed(optimizer, 'step', 'optimizer');
  timed(optimizer, 'zeroGrad', 'optimizer');
  const watched: Record<string, unknown> = { ...method };
  timed(watched, 'loss', 'loss');
  timed(watched, 'beforeStep', 'teacher moves');
  timed(watched, 'afterStep', 'teacher moves');
  const { loss } = watched as { loss: Method['loss'] };
  watched.loss = (...given: Parameters<Method['loss']>) => {
    stopwatch.switchTo('the rest');
    return loss.apply(method, given);
  };
  return watched as unknown as Method;
}

function timed(owner: object, name: string, phase: Phase): void {
  const own = owner as Record<string, ((...given: unknown[]) => unknown) | undefined>;
  const work = own[name];
  if (!work) return;
  own[name] = function (this: unknown, ...given) {
    return stopwatch.during(phase, () => work.apply(this, given));
  };
}
