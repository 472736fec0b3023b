import type { Tensor } from '@tandem/torch';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { barlowTwins, cosineDistance, covariance, infoNce, invariance, variance } from '../losses/index.js';
import { Branch, type Encoder, Head, mlpHead } from '../networks/index.js';
import {
  addProximalPull,
  bilevelSchedule,
  moveTowards,
  reestimateStatistics,
  slowTeacher,
  squaredDistance,
  squaredNorm,
} from '../teachers/index.js';
import type { View } from '../views/index.js';
import type { Method } from './method.js';

type Views = readonly [Tensor, Tensor];

/** The options of CLBO. What the paper leaves open is an option, with the reason for its default. */
export const clboOptions = z.strictObject({
  lookahead: z.int().min(1).default(2).describe('student steps per teacher step (K); 2 in the paper'),
  eta: z
    .number()
    .min(0)
    .lt(1)
    .default(0.99)
    .describe('1 - tau*lambda, what the teacher keeps of itself; not in the paper, .99 as usual at this scale'),
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
      'teacher learning rate of epoch 1, instead of eta; (1 - eta)/lambda0 unless given, 1/lambda0 with tauSchedule=s2',
    ),
  lambdaSchedule: z
    .enum(['linear', 'const'])
    .default('linear')
    .describe('lambda_e = lambda0 * e as in the paper, or constant'),
  tauSchedule: z
    .enum(['inverse', 'const', 's2'])
    .default('inverse')
    .describe('tau_e = tau0 / e as in the paper; s2 moves the teacher by tau_e * lambda0, another reading'),
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
    .describe('after a teacher step the student goes on, which the paper implies, or restarts at the teacher'),
  momentumAcrossRounds: z
    .enum(['keep', 'reset'])
    .default('keep')
    .describe('momentum at a teacher step; kept, since the student goes on'),
  init: z
    .enum(['copy', 'independent'])
    .default('copy')
    .describe('teacher starts as the student, so that the pull starts at 0, or by itself'),
  negatives: z
    .enum(['N1', 'N2'])
    .default('N2')
    .describe('all other teacher views as in SimCLR (N2), or opposite views only (N1)'),
  temperature: z.number().positive().default(0.2).describe('of InfoNCE; not in the paper, .2 as in MoCo v2'),
  epochMode: z
    .enum(['E1a', 'E1b', 'E2'])
    .default('E1a')
    .describe(
      'an epoch is K passes (E1a, as the paper samples), K steps a batch (E1b), or one pass (E2, equal compute)',
    ),
  teacherBn: z
    .enum(['B1', 'B2', 'B3', 'B4'])
    .default('B1')
    .describe(
      "teacher's batch-norm statistics: own (B1, as all official code), averaged (B2), student's (B3), re-estimated (B4)",
    ),
  loss: z
    .enum(['infonce', 'mse', 'barlow', 'vicreg'])
    .default('infonce')
    .describe('what is minimised between student and teacher'),
  projLayers: z.int().min(0).max(3).default(2).describe('layers of the projector; 2 in the paper'),
  projHidden: z.int().positive().default(512).describe('hidden width of projector and predictor'),
  projDim: z.int().positive().default(512).describe('width of the projection; 512 in the paper'),
  predictor: z.boolean().default(false).describe("a 2-layer predictor on the student's side; an ablation"),
  redundancy: z.number().min(0).default(0.0051).describe('off-diagonal weight of the barlow loss, as its authors'),
});

export type ClboOptions = z.infer<typeof clboOptions>;

/**
 * CLBO: contrastive learning by bilevel optimisation (Chen, Ji, Yuan, 2022). A student contrasts its views with a slow teacher's and is
 * held near it; every K steps the teacher takes one gradient step on the same objective. The teacher's encoder is kept.
 * @param newEncoder makes a fresh encoder @param views two
 */
export function clbo(newEncoder: () => Encoder, views: readonly [View, View], options: ClboOptions): Method {
  const o = options;
  const schedule = bilevelSchedule(o);
  const branch = (hasPredictor: boolean): Branch => {
    const encoder = newEncoder();
    const head = new Head(mlpHead(encoder.featureWidth, o.projLayers, o.projHidden, o.projDim));
    const width = head.outputWidth;
    return new Branch(encoder, head, hasPredictor ? new Head(mlpHead(width, 2, o.projHidden, width)) : null);
  };
  const student = branch(o.predictor);
  const teacher = slowTeacher(student, {
    statistics: ({ B1: 'own', B2: 'ema', B3: 'student', B4: 'own' } as const)[o.teacherBn],
    branch: o.init === 'independent' ? branch(false) : student.twin(),
  });
  const theta = teacher.pairs.map((pair) => pair.theta);
  const xi = teacher.pairs.map((pair) => pair.xi);
  const objective = objectives[o.loss];
  return {
    name: 'clbo',
    learns: student,
    teacher: teacher.branch,
    keeps: 'teacher',
    views,
    rounds: {
      passes: o.epochMode === 'E1a' ? o.lookahead : 1,
      repeats: o.epochMode === 'E1b' ? o.lookahead : 1,
    },
    loss([a, b]) {
      const [ta, tb] = teacher.project([a as Tensor, b as Tensor]) as [Tensor, Tensor]; // no gradient
      const [sa, sb] = [student.predict(a as Tensor), student.predict(b as Tensor)];
      return objective([sa, sb], [ta, tb], o); // both directions
    },
    beforeStep({ epoch }) {
      if (o.prox && o.proxMode === 'coupled') addProximalPull(teacher.pairs, schedule.lambda(epoch));
    },
    afterStep({ step, epoch, lr, resetMomentum }) {
      if (o.prox && o.proxMode === 'decoupled') moveTowards(theta, xi, lr * schedule.lambda(epoch));
      if ((step + 1) % o.lookahead !== 0) return;
      teacher.follow(schedule.teacherRate(epoch));
      if (o.studentStart === 'restart') moveTowards(theta, xi, 1);
      if (o.momentumAcrossRounds === 'reset') resetMomentum();
    },
    numbers({ epoch }) {
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
      if (o.teacherBn === 'B4') reestimateStatistics(teacher.branch, batches);
    },
  };
}

/** @throws UserError when the teacher would overshoot the student or not move in some epoch, or options exclude each other. */
export function checkClbo(options: ClboOptions, epochs: number): void {
  if (options.momentumAcrossRounds === 'reset' && options.studentStart === 'carry') {
    throw new UserError(
      'momentumAcrossRounds=reset goes with studentStart=restart: a student that goes on keeps its momentum',
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

/** Student against teacher, each view against the teacher's other one. Only the student's side carries gradients. */
const objectives: Record<ClboOptions['loss'], (student: Views, teacher: Views, o: ClboOptions) => Tensor> = {
  infonce: infoNce,
  mse: bothWays(cosineDistance),
  barlow: (student, teacher, o) => bothWays((s, t) => barlowTwins(s, t, o))(student, teacher),
  // The teacher's terms have no gradient, so variance and covariance are the student's alone, not halved.
  vicreg: bothWays((s, t) => invariance(s, t).mul(25).add(variance(s), { alpha: 25 }).add(covariance(s))),
};

function bothWays(oneWay: (student: Tensor, teacher: Tensor) => Tensor): (student: Views, teacher: Views) => Tensor {
  return ([s1, s2], [t1, t2]) => oneWay(s1, t2).add(oneWay(s2, t1)).div(2);
}
