import { cat, divideBy, noGrad, scope, type Tensor } from 'tandem-torch';
import { z } from 'zod';
import { cropDistillationLoss } from '../losses/index.js';
import { Branch, dinoHead, PrototypeHead } from '../networks/index.js';
import { RunningMean, type StepContext } from '../step/index.js';
import { emaTeacher } from '../teachers/index.js';
import type { NewMethod } from './method.js';
import { prototypeOptions, temperatureSchedule } from './options/prototypes.js';
import { ema } from './options/shared.js';

/** Options of DINO. */
export const dinoOptions = z.strictObject({
  ...prototypeOptions,
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

/** exp(entropy): to how many equal shares it comes. @param shares of any sum above 0 */
function perplexity(shares: Tensor): number {
  return scope(() =>
    noGrad(() => {
      const p = shares.div(shares.sum().clampMin(1e-12));
      return Math.exp(-p.mul(p.clampMin(1e-12).log()).sum().item());
    }),
  );
}
