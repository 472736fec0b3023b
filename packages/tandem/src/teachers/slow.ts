import { noGrad, type ScalarOrTensor, scope, type Tensor } from 'tandem-torch';
import { type Branch, DropPath } from '../networks/index.js';
import { moveTowards, type Pair, pairs } from './pairs.js';
import { setBatchNormMomentum } from './statistics.js';

/**
 * Where a teacher's batch-norm statistics come from: its own forwards, the average of the
 * student's, or the student's as they are.
 */
export type Statistics = 'own' | 'averaged' | 'student';

/** A teacher that stands still until it is told to move part of the way towards the student. */
export interface SlowTeacher {
  /** The teacher's networks. */
  readonly branch: Branch;
  /** Each of its parameters with the student's. */
  readonly pairs: readonly Pair[];
  /** Projections of each view, in train mode and without gradient: [n, d] each. */
  project<const Views extends readonly Tensor[]>(views: Views): { [View in keyof Views]: Tensor };
  /** xi += rate (theta - xi). `rate` 1 - eta makes an exponential moving average. */
  follow(rate: ScalarOrTensor): void;
}

/**
 * Builds the teacher of `student`: `branch` if given (independent initialisation), else a copy. The
 * teacher takes no part in training: no gradient, no optimizer, no drop path.
 */
export function slowTeacher(
  student: Branch,
  { statistics = 'own', branch = student.twin() }: { statistics?: Statistics; branch?: Branch } = {},
): SlowTeacher {
  branch.requiresGrad(false).train();
  for (const part of branch.modules()) if (part instanceof DropPath) part.rate = 0;
  const paired = pairs(student, branch);
  const followsBuffers = statistics !== 'own';
  // With momentum 0 its own forwards leave the running statistics alone.
  if (followsBuffers) setBatchNormMomentum(branch, 0);
  const theta = paired.map((pair) => pair.theta);
  const xi = paired.map((pair) => pair.xi);
  return {
    branch,
    pairs: paired,
    project: <const Views extends readonly Tensor[]>(views: Views) =>
      noGrad(() => scope(() => views.map((view) => branch.forward(view)))) as { [View in keyof Views]: Tensor },
    follow(rate) {
      moveTowards(xi, theta, rate);
      if (followsBuffers) moveTowards(averages(branch), averages(student), statistics === 'student' ? 1 : rate);
    },
  };
}

/** Running means and variances of encoder and projector, in the order of definition. */
function averages({ encoder, head }: Branch): Tensor[] {
  const buffers = [...encoder.namedBuffers(), ...head.namedBuffers()];
  return buffers.filter(([name]) => !name.endsWith('num_batches_tracked')).map(([, x]) => x);
}
