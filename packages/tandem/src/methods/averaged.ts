import type { Architecture } from '../networks/index.js';
import { slowTeacher } from '../teachers/index.js';
import type { Method } from './method.js';

/** How an average of weights is kept. */
export interface Averaging {
  /** What it keeps of itself at a step, from 0 to below 1. */
  readonly keeps: number;
  /** How the student's encoder is built. */
  readonly architecture: Architecture;
}

/**
 * A method that keeps the moving average of its student's weights (Polyak and Juditsky, 1992; as
 * timm's ModelEma), running statistics of batch norm included. The first steps go further, by (1 +
 * k) / (10 + k) at step k, so that little is left of the weights it began with (TensorFlow's
 * ExponentialMovingAverage). What learns does not change by it.
 */
export function averaged(method: Method, { keeps, architecture }: Averaging): Method {
  const average = slowTeacher(method.student, { statistics: 'averaged' });
  return {
    ...method,
    result: 'average',
    auxiliary: { ...method.auxiliary, average: { branch: average.branch, learns: false, architecture } },
    afterStep(ctx) {
      method.afterStep?.(ctx);
      average.follow(ctx.scalar(({ step, taken = step }) => 1 - Math.min(keeps, (1 + taken) / (10 + taken))));
    },
  };
}

/** The network whose encoder a method keeps. */
export function keptNetwork({ result, student, teacher, auxiliary }: Method): Method['student'] {
  const kept = { student, teacher, average: auxiliary?.average?.branch }[result];
  if (!kept) throw new Error(`the method keeps its ${result}, and has none`);
  return kept;
}
