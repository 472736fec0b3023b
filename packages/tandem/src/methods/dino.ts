import { cat, divideBy, noGrad, scope, type Tensor } from 'tandem-torch';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { cropDistillationLoss } from '../losses/index.js';
import { Branch, dinoHead, PrototypeHead } from '../networks/index.js';
import { RunningMean, type StepContext } from '../step/index.js';
import { emaTeacher } from '../teachers/index.js';
import type { NewMethod } from './method.js';
import { ema, temperature } from './options/shared.js';

/** Options of DINO. */
export const dinoOptions = z.strictObject({
  projLayers: z.int().min(1).max(3).default(3).describe('layers of the projector, before the prototypes'),
  projHidden: z.int().positive().default(2048).describe('hidden width of the projector'),
  projDim: z.int().positive().default(256).describe('width in which projections are compared with prototypes'),
  projNorm: z.boolean().default(false).describe('batch norm in the projector; helps ResNets'),
  prototypes: z
    .int()
    .min(2)
    .max(65536)
    .default(4096)
    .describe('directions that projections are compared with; 65536 on ImageNet'),
  fixedGain: z.boolean().default(true).describe('prototypes have length 1; off lets their lengths be learned'),
  freezeLast: z.int().min(0).default(1).describe('first epochs in which the prototypes stand still'),
  ...temperature(0.1),
  teacherTemperature: z
    .number()
    .positive()
    .default(0.04)
    .describe("of the teacher's softmax; above .07 training is unstable, says the paper"),
  teacherTemperatureStart: z.number().positive().default(0.04).describe('of the first epoch, where there is a warm-up'),
  teacherWarmup: z.int().min(0).default(0).describe("epochs in which the teacher's temperature goes from start to end"),
  centreMomentum: z.number().min(0).max(1).default(0.9).describe('what the centre keeps of itself at a step'),
  ...ema('cosine', 0.996),
});

type DinoOptions = z.infer<typeof dinoOptions>;

/**
 * DINO: the student finds for every crop the distribution over prototypes that the teacher, a
 * moving average, finds for the two large ones. The teacher's scores are centred, which pulls
 * towards the uniform distribution, and sharpened by a low temperature, which pulls towards one
 * prototype: both together prevent collapse (Caron et al., 2021; facebookresearch/dino).
 */
export const dino: NewMethod<DinoOptions> = (newEncoder, views, o) => {
  const encoder = newEncoder();
  const { projLayers: layers, projHidden: hidden, projDim: bottleneck, projNorm: norm, fixedGain, prototypes } = o;
  const shape = dinoHead(encoder.featureWidth, prototypes, { layers, hidden, bottleneck, norm, fixedGain });
  const head = new PrototypeHead(shape);
  const student = new Branch(encoder, head);
  const teacher = emaTeacher(student, o, { counts: 'step' });
  const centre = new RunningMean(prototypes, o.centreMomentum, student.placement);
  const targets = new RunningMean(prototypes, 0.99, student.placement); // for the metrics
  const teacherTemperature = temperatureSchedule(o);
  const temperatureOf = (ctx: StepContext) => ctx.scalar(({ epoch }) => teacherTemperature(epoch));
  return {
    name: 'dino',
    student,
    teacher: teacher.branch,
    result: 'teacher',
    state: { centre: centre.mean, targets: targets.mean },
    views,
    loss(crops, ctx) {
      const [scores] = teacher.project([cat(crops.slice(0, 2))]); // no gradient
      ctx.stash.put(centre, [scores]);
      const temperatures = { student: o.temperature, teacher: temperatureOf(ctx) };
      const found = student.forwardAll(crops).chunk(crops.length);
      return cropDistillationLoss(found, scores.sub(centre.mean).chunk(2), temperatures);
    },
    beforeStep(ctx) {
      // None rather than zeros: an optimizer with momentum or weight decay would move them all the
      // same.
      const isFrozen = ctx.branch(({ epoch }) => epoch <= o.freezeLast);
      if (isFrozen) for (const x of head.prototypes.parameters()) x.grad = null;
    },
    afterStep(ctx) {
      const [scores] = ctx.stash.get(centre) as [Tensor];
      const temperature = temperatureOf(ctx);
      targets.update(
        noGrad(() => divideBy(scores.sub(centre.mean), temperature).softmax(1)),
        ctx,
      );
      centre.update(scores, ctx);
      teacher.afterStep(ctx);
    },
    metrics: (position) => ({
      ...teacher.metrics(position),
      teacherTemperature: teacherTemperature(position.epoch),
      prototypesInUse: perplexity(targets.mean),
    }),
  };
};

/**
 * The teacher's temperature in an epoch from 1: in a line from the first to the last of the
 * warm-up, both included.
 */
export function temperatureSchedule(
  o: Pick<DinoOptions, 'teacherTemperature' | 'teacherTemperatureStart' | 'teacherWarmup'>,
): (epoch: number) => number {
  const { teacherTemperature: end, teacherTemperatureStart: start, teacherWarmup: warmup } = o;
  return (epoch) => (epoch > warmup ? end : start + ((end - start) * (epoch - 1)) / Math.max(warmup - 1, 1));
}

/** exp(entropy): to how many equal shares it comes. @param shares of any sum above 0 */
function perplexity(shares: Tensor): number {
  return scope(() =>
    noGrad(() => {
      const p = shares.div(shares.sum().clampMin(1e-12));
      return Math.exp(-p.mul(p.clampMin(1e-12).log()).sum().item());
    }),
  );
}

/** @throws UserError for the start of a warm-up that there is not */
export function checkDino({ teacherTemperatureStart: start, teacherWarmup }: DinoOptions): void {
  if (teacherWarmup > 0 || start === dinoOptions.shape.teacherTemperatureStart.parse(undefined)) return;
  throw new UserError(`teacherTemperatureStart=${start} begins a warm-up, and there is none; give teacherWarmup=10`);
}
