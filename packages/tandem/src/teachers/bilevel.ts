import type { Tensor } from 'tandem-torch';
import type { Branch } from '../networks/index.js';
import type { Position, StepContext } from '../step/context.js';
import { type BilevelRates, bilevelSchedule } from './bilevel-schedule.js';
import { addProximalPull, moveTowards, squaredDistance, squaredNorm } from './pairs.js';
import { type SlowTeacher, slowTeacher } from './slow.js';
import { reestimateStatistics } from './statistics.js';

/** How student and teacher move together; what each means is explained with the options of CLBO. */
export interface BilevelOptions extends BilevelRates {
  /** Student steps per teacher step (K), at least 1. */
  readonly lookahead: number;
  /** Whether the student is pulled to the teacher. */
  readonly prox: boolean;
  /**
   * Whether the pull goes through the gradient and the optimizer's momentum, or follows the step.
   */
  readonly proxMode: 'coupled' | 'decoupled';
  /** Whether the student continues after a teacher step, or restarts at the teacher. */
  readonly studentStart: 'carry' | 'restart';
  /** What becomes of the optimizer's momentum at a teacher step. */
  readonly momentumAcrossRounds: 'keep' | 'reset';
  /** The teacher's batch-norm statistics: own, averaged, the student's, or re-estimated. */
  readonly teacherBn: 'own' | 'averaged' | 'student' | 'reestimated';
  /** An epoch: K passes over the data, K steps on each batch, or one pass. */
  readonly epochMode: 'k-passes' | 'k-steps' | 'one-pass';
}

/** What the update does to a step of any method that takes it. */
export interface BilevelHooks {
  /** An epoch has `passes` through the data and `repeats` steps on each batch. */
  readonly rounds: { readonly passes: number; readonly repeats: number };
  /** Adds the pull towards the teacher to the student's gradients, where it goes through them. */
  beforeStep(ctx: StepContext): void;
  /** Moves the teacher after every `lookahead` steps of the student. */
  afterStep(ctx: StepContext): void;
  /** `lambda`, `tau`, `teacherRate`, `prox`, and the `distance` of student and teacher. */
  metrics(position: Position): Record<string, number>;
  /** Re-estimates the teacher's batch-norm statistics, where that is asked for. */
  beforeEvaluation(batches: Iterable<Tensor>): void;
}

/**
 * The bilevel update: the student theta minimises its loss plus lambda/2 |theta - xi|^2, and after
 * every K steps the teacher xi takes one gradient step of rate tau on the same objective, xi += tau
 * lambda (theta - xi).
 * @param start the teacher, where it does not start as a copy of the student
 */
export function bilevelTeacher(
  student: Branch,
  o: BilevelOptions,
  start: Branch = student.twin(),
): SlowTeacher & { readonly hooks: BilevelHooks } {
  const schedule = bilevelSchedule(o);
  const statistics = o.teacherBn === 'reestimated' ? 'own' : o.teacherBn;
  const teacher = slowTeacher(student, { statistics, branch: start });
  const theta = teacher.pairs.map((pair) => pair.theta);
  const xi = teacher.pairs.map((pair) => pair.xi);
  return {
    ...teacher,
    hooks: {
      rounds: {
        passes: o.epochMode === 'k-passes' ? o.lookahead : 1,
        repeats: o.epochMode === 'k-steps' ? o.lookahead : 1,
      },
      beforeStep(ctx) {
        if (!o.prox || o.proxMode !== 'coupled') return;
        const lambda = ctx.scalar(({ epoch }) => schedule.lambda(epoch));
        addProximalPull(teacher.pairs, lambda);
      },
      afterStep(ctx) {
        if (o.prox && o.proxMode === 'decoupled') {
          const part = ctx.scalar(({ epoch, lr }) => lr * schedule.lambda(epoch));
          moveTowards(theta, xi, part);
        }
        if (!ctx.branch(({ step, taken = step }) => (taken + 1) % o.lookahead === 0)) return;
        const rate = ctx.scalar(({ epoch }) => schedule.teacherRate(epoch));
        teacher.follow(rate);
        if (o.studentStart === 'restart') moveTowards(theta, xi, 1);
        if (o.momentumAcrossRounds === 'reset') ctx.resetMomentum();
      },
      metrics({ epoch }) {
        const squared = squaredDistance(teacher.pairs);
        const lambda = schedule.lambda(epoch);
        return {
          lambda,
          tau: schedule.tau(epoch),
          teacherRate: schedule.teacherRate(epoch),
          prox: o.prox ? (lambda / 2) * squared : 0,
          distance: Math.sqrt(squared),
          relativeDistance: Math.sqrt(squared / squaredNorm(xi)),
        };
      },
      beforeEvaluation(batches) {
        if (o.teacherBn === 'reestimated') reestimateStatistics(teacher.branch, batches);
      },
    },
  };
}
