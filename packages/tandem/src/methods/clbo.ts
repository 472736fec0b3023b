import type { Tensor } from 'tandem-torch';
import { z } from 'zod';
import {
  barlowTwinsLoss,
  cosineDistance,
  covariance,
  infoNce,
  invariance,
  type LossTerms,
  sumOfTerms,
  variance,
} from '../losses/index.js';
import { newBranch } from '../networks/index.js';
import { bilevelTeacher } from '../teachers/index.js';
import type { NewMethod } from './method.js';
import { alsoKnownAs } from './options/aliases.js';
import { bilevel, checkBilevel } from './options/bilevel.js';
import { projector, type RunFacts, temperature } from './options/shared.js';
import { vicRegOptions } from './options/vicreg.js';

type Two = readonly [Tensor, Tensor];

/** Options of CLBO. */
export const clboOptions = z.strictObject({
  ...bilevel,
  ...projector(),
  predictor: z
    .boolean()
    .default(false)
    .describe("a 2-layer predictor, as wide as projHidden, on the student's side; an ablation"),
  loss: z
    .enum(['infonce', 'mse', 'barlow', 'vicreg'])
    .default('infonce')
    .describe('what is minimised between student and teacher'),
  negatives: alsoKnownAs(
    z
      .enum(['opposite-view', 'all-others'])
      .default('all-others')
      .describe('all other teacher views, as in SimCLR, or those of the opposite view alone'),
    { values: { N1: 'opposite-view', N2: 'all-others' } },
  ),
  ...temperature(0.2),
  redundancy: z.number().min(0).default(0.0051).describe('off-diagonal weight of the barlow loss, as its authors'),
  ...vicRegOptions,
});

/** Resolved options of CLBO. */
export type ClboOptions = z.infer<typeof clboOptions>;

/**
 * CLBO: contrastive learning by bilevel optimisation (Chen, Ji, Yuan, 2022). A student contrasts
 * its views with a slow teacher's and is held near it; every K steps the teacher takes one gradient
 * step on the same objective. The teacher's encoder is kept.
 */
export const clbo: NewMethod<ClboOptions> = (newEncoder, views, o) => {
  const student = newBranch(newEncoder(), { ...o, predHidden: o.predictor ? o.projHidden : undefined });
  const teacher = bilevelTeacher(student, o, o.init === 'copy' ? student.twin() : newBranch(newEncoder(), o));
  const objective = objectives[o.loss];
  return {
    name: 'clbo',
    student,
    teacher: teacher.branch,
    result: 'teacher',
    views,
    loss([a, b], { gather }) {
      const [ta, tb] = teacher.project([a, b]); // no gradient
      const [sa, sb] = [student.predict(student.forward(a)), student.predict(student.forward(b))];
      return objective([gather(sa), gather(sb)], [gather(ta), gather(tb)], o); // both directions
    },
    // rounds of K steps; the proximal term before each, the teacher's step after the last; their
    // numbers
    ...teacher.hooks,
  };
};

/** @throws UserError for options that exclude each other. */
export function checkClbo(options: ClboOptions, { epochs }: RunFacts): void {
  checkBilevel(options, epochs);
}

/**
 * Student against teacher, each view against the teacher's other one. Only the student's side
 * carries gradients.
 */
const objectives: Record<ClboOptions['loss'], (student: Two, teacher: Two, o: ClboOptions) => Tensor | LossTerms> = {
  infonce: infoNce,
  mse: (student, teacher) => sumOfTerms(bothWays((s, t) => ({ distance: cosineDistance(s, t) }))(student, teacher)),
  barlow: (student, teacher, o) => bothWays((s, t) => barlowTwinsLoss(s, t, o))(student, teacher),
  // The teacher's terms have no gradient, so variance and covariance are the student's alone, not
  // halved.
  vicreg: (student, teacher, o) =>
    bothWays((s, t) => ({
      invariance: invariance(s, t).mul(o.invarianceWeight),
      variance: variance(s).mul(o.varianceWeight),
      covariance: covariance(s).mul(o.covarianceWeight),
    }))(student, teacher),
};

/** The mean of both directions, term by term. */
function bothWays(oneWay: (student: Tensor, teacher: Tensor) => LossTerms): (student: Two, teacher: Two) => LossTerms {
  return ([s1, s2], [t1, t2]) => {
    const [one, other] = [oneWay(s1, t2), oneWay(s2, t1)];
    return Object.fromEntries(
      Object.entries(one).map(([name, term]) => [name, term.add(other[name] as Tensor).div(2)]),
    );
  };
}
