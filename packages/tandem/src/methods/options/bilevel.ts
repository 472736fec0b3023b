import { z } from 'zod';
import { UserError } from '../../errors.js';
import { type BilevelRates, bilevelSchedule } from '../../teachers/index.js';
import { alsoKnownAs } from './aliases.js';
import { etaAliases } from './shared.js';

/**
 * Options of the bilevel update. What the CLBO paper leaves open is an option, with the reason for
 * its default.
 */
export const bilevel = {
  lookahead: z.int().min(1).default(2).describe('student steps per teacher step (K); 2 in the paper'),
  eta: alsoKnownAs(
    z
      .number()
      .min(0)
      .lt(1)
      .default(0.99)
      .describe('1 - tau*lambda, what the teacher keeps of itself; not in the paper, .99 as usual at this scale'),
    etaAliases,
  ),
  lambda0: z
    .number()
    .positive()
    .default(1e-4)
    .describe('proximal strength of epoch 1; not in the paper, 1e-4 keeps the pull near the weight decay'),
  tau0: z
    .number()
    .positive()
    .optional()
    .describe(
      'teacher learning rate of epoch 1, instead of eta; defaults to (1 - eta)/lambda0, to 1/lambda0 with tauSchedule=base-lambda',
    ),
  lambdaSchedule: alsoKnownAs(
    z.enum(['linear', 'constant']).default('linear').describe('lambda_e = lambda0 * e as in the paper, or constant'),
    { values: { const: 'constant' } },
  ),
  tauSchedule: alsoKnownAs(
    z
      .enum(['inverse', 'constant', 'base-lambda'])
      .default('inverse')
      .describe(
        'tau_e = tau0 / e as in the paper, or constant; base-lambda, another reading, moves the teacher by tau_e * lambda0',
      ),
    { values: { const: 'constant', s2: 'base-lambda' } },
  ),
  prox: z
    .boolean()
    .default(true)
    .describe('the pull of the student to the teacher; off leaves the teacher step as it is'),
  proxMode: z
    .enum(['coupled', 'decoupled'])
    .default('coupled')
    .describe('through the gradient and its momentum as the paper writes the loss, or after the step'),
  teacherRule: z.enum(['sgd', 'ema']).default('sgd').describe('teacher moves by tau_e*lambda_e, or always by 1 - eta'),
  studentStart: z
    .enum(['carry', 'restart'])
    .default('carry')
    .describe('after a teacher step the student continues, which the paper implies, or restarts at the teacher'),
  momentumAcrossRounds: z
    .enum(['keep', 'reset'])
    .default('keep')
    .describe('momentum at a teacher step; kept, since the student continues'),
  init: z
    .enum(['copy', 'independent'])
    .default('copy')
    .describe('teacher starts as the student, so that the pull starts at 0, or by itself'),
  epochMode: alsoKnownAs(
    z
      .enum(['k-passes', 'k-steps', 'one-pass'])
      .default('k-passes')
      .describe(
        'an epoch is K passes over the data, as the paper samples, one pass with K steps on each batch, or one pass, for equal compute',
      ),
    { values: { E1a: 'k-passes', E1b: 'k-steps', E2: 'one-pass' } },
  ),
  teacherBn: alsoKnownAs(
    z
      .enum(['own', 'averaged', 'student', 'reestimated'])
      .default('own')
      .describe(
        "teacher's batch-norm statistics: its own, as all official code has them, averages of the student's, the student's, or re-estimated before each evaluation",
      ),
    { values: { B1: 'own', B2: 'averaged', B3: 'student', B4: 'reestimated' } },
  ),
};

/**
 * @throws UserError when the teacher would overshoot the student or not move in some epoch, or
 * options exclude each other.
 */
export function checkBilevel(
  options: BilevelRates & { momentumAcrossRounds: string; studentStart: string },
  epochs: number,
): void {
  if (options.momentumAcrossRounds === 'reset' && options.studentStart === 'carry') {
    throw new UserError(
      'momentumAcrossRounds=reset goes with studentStart=restart: a student that continues keeps its momentum',
    );
  }
  if (options.teacherRule === 'ema' && options.tau0 !== undefined) {
    throw new UserError('teacherRule=ema moves the teacher by 1 - eta, whatever tau0 is; give eta instead of tau0');
  }
  const schedule = bilevelSchedule(options);
  for (const epoch of [1, epochs]) {
    const rate = schedule.teacherRate(epoch);
    if (rate > 0 && rate <= 1 + 1e-12) continue; // tau * lambda is rounded
    throw new UserError(
      `tau*lambda must be in (0, 1], but is ${rate} in epoch ${epoch}; lower tau0 or lambda0, or give eta instead`,
    );
  }
}
