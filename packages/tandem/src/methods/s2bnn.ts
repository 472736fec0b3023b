import type { Tensor } from 'tandem-torch';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { distillationLoss } from '../losses/index.js';
import { l2Normalize } from '../math.js';
import { checkBackbone } from '../networks/index.js';
import type { View } from '../views/index.js';
import type { NewMethod, OneView, TwoViews, ViewCount } from './method.js';
import { newStudent, studentHead } from './options/imitation.js';
import {
  checkQueue,
  checkSplits,
  ema,
  queueSize,
  type RunFacts,
  splitBatchNorm,
  temperature,
} from './options/shared.js';
import { type CoTrainedOptions, coTrainedTeacher } from './parts/co-trained.js';
import { momentumContrast } from './parts/momentum-contrast.js';

/** Options of S2-BNN. */
export const s2bnnOptions = z.strictObject({
  strategy: z
    .enum(['contrastive', 'both', 'distillation'])
    .default('distillation')
    .describe("what is learned from: MoCo's contrast, a teacher, or the sum of both"),
  ...studentHead,
  ...temperature(0.2),
  ...queueSize,
  ...ema('constant'),
  ...splitBatchNorm,
  coTrained: z
    .string()
    .min(1)
    .optional()
    .describe('backbone of a teacher that learns beside the student by MoCo, instead of one that is trained'),
  coTrainedWidth: z.int().min(4).max(4096).optional().describe("its width; defaults to the backbone's own"),
  coTrainedWeightDecay: z.number().min(0).optional().describe("its weight decay; defaults to the run's"),
  coTrainedLr: z.number().positive().optional().describe("its learning rate before decay; defaults to the run's"),
});

type S2bnnOptions = z.infer<typeof s2bnnOptions>;

/**
 * S2-BNN, made for binary networks: the student's projection, as a distribution over its
 * coordinates, is to be the teacher's of the same view (`distillation`); or it finds keys as in
 * MoCo v2 (`contrastive`, the baseline); or both (Shen et al., 2021; szq0214/S2-BNN). The teacher's
 * head gives each coordinate its meaning, so it belongs to it.
 */
export const s2bnn: NewMethod<S2bnnOptions, OneView | TwoViews> = (newEncoder, views, o, trained) => {
  const contrasts = o.strategy !== 'distillation';
  const splits = contrasts ? o.bnSplits : 1; // only a contrast has an answer to give away
  // first: with any teacher it begins the same
  const student = newStudent(newEncoder({ splits }), { ...o, splits }, trained);
  const [view] = views as [View];
  const online = isOnline(o)
    ? coTrainedTeacher(newEncoder, view, { ...o, projDim: student.head.outputWidth })
    : undefined;
  const teacher = o.strategy === 'contrastive' ? undefined : (online ?? trained);
  const contrast = contrasts ? momentumContrast(student, o) : undefined;
  const temperatures = { student: o.temperature, teacher: o.temperature };
  return {
    name: 's2bnn',
    student,
    ...(contrast && { teacher: contrast.teacher, metrics: contrast.metrics }),
    ...(online && { auxiliary: online.auxiliary }),
    result: 'student',
    state: { ...contrast?.state, ...online?.state },
    views,
    loss([a, b], ctx) {
      const target = teacher && l2Normalize(teacher.project([a])[0]); // no gradient
      const projected = student.forward(a);
      return {
        ...(contrast && { contrast: contrast.loss([{ queries: () => projected, images: b as Tensor }], ctx) }),
        ...(target && distillationLoss(l2Normalize(projected), target, temperatures)),
        ...(online && { coTrained: online.loss(a, b as Tensor, ctx) }),
      };
    },
    afterStep(ctx) {
      contrast?.afterStep(ctx);
      online?.afterStep(ctx);
    },
  };
};

function isOnline(o: S2bnnOptions): o is S2bnnOptions & Pick<CoTrainedOptions, 'coTrained'> {
  return o.coTrained !== undefined;
}

/** Keys come from a second view; a teacher that is trained needs none. */
export function viewsOfS2bnn({ strategy, coTrained }: S2bnnOptions): ViewCount {
  const count = strategy === 'distillation' && coTrained === undefined ? 1 : 2;
  return { least: count, most: count };
}

/**
 * @throws UserError for a strategy without its teacher or a teacher without use, and as MoCo where
 * there is a contrast.
 */
export function checkS2bnn(o: S2bnnOptions, { batch, teacher }: RunFacts): void {
  const { strategy, coTrained, coTrainedWidth, coTrainedLr, coTrainedWeightDecay } = o;
  const isContrastive = strategy === 'contrastive';
  if (isContrastive && (teacher !== undefined || coTrained !== undefined)) {
    throw new UserError('strategy=contrastive has no teacher; strategy=both imitates one too');
  }
  if (teacher !== undefined && coTrained !== undefined) {
    throw new UserError('a teacher is trained already (--teacher) or learns beside the student (coTrained); give one');
  }
  if (!isContrastive && teacher === undefined && coTrained === undefined) {
    throw new UserError(
      `strategy=${strategy} imitates a teacher: give the run folder or file of a trained network as --teacher, or coTrained=resnet18`,
    );
  }
  for (const [name, value] of Object.entries({ coTrainedWidth, coTrainedLr, coTrainedWeightDecay })) {
    if (value === undefined || coTrained !== undefined) continue;
    const why = teacher === undefined ? 'there is none' : 'the one given is frozen: nothing in it changes';
    throw new UserError(`${name} is of a teacher that learns beside the student (coTrained); ${why}`);
  }
  if (coTrained !== undefined) checkBackbone(coTrained, coTrainedWidth === undefined ? {} : { width: coTrainedWidth });
  if (strategy === 'distillation' && coTrained === undefined) return;
  checkQueue(o.bank, batch);
  checkSplits(o.bnSplits, batch);
}
