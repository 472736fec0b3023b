import { z } from 'zod';
import { UserError } from '../errors.js';
import { infoNce } from '../losses/index.js';
import { Branch, Head, mlpHead, ViT } from '../networks/index.js';
import { emaTeacher } from '../teachers/index.js';
import type { NewMethod } from './method.js';
import { ema, predictor, projector, type RunFacts, temperature } from './options/shared.js';

/** Options of MoCo v3. */
export const mocov3Options = z.strictObject({
  ...projector({ layers: 3, least: 1 }),
  ...predictor(),
  ...temperature(0.2),
  freezePatches: z
    .boolean()
    .default(true)
    .describe("the patches' projection of a vit stays as it begins, which keeps training stable"),
  ...ema('cosine'),
});

type MocoV3Options = z.infer<typeof mocov3Options>;

/**
 * MoCo v3: each view's prediction finds the teacher's projection of the other view among those of
 * the batch, which are negatives enough; the teacher follows as a moving average (Chen, Xie, He,
 * 2021; facebookresearch/moco-v3). The loss is 2 temperature (cross-entropy of the one way + that
 * of the other).
 */
export const mocov3: NewMethod<MocoV3Options> = (newEncoder, views, o) => {
  const encoder = newEncoder();
  if (o.freezePatches && encoder instanceof ViT) encoder.patchEmbed.requiresGrad(false);
  const projection = mlpHead(encoder.featureWidth, o.projLayers, o.projHidden, o.projDim);
  const prediction = mlpHead(o.projDim, 2, o.predHidden, o.projDim);
  // Norms without scale and shift at the end of both.
  const [head, predicts] = [projection, prediction].map((shape) => new Head({ ...shape, lastNorm: 'plain' })) as [
    Head,
    Head,
  ];
  const student = new Branch(encoder, head, predicts);
  const teacher = emaTeacher(student, o, { counts: 'next' });
  return {
    name: 'mocov3',
    student,
    teacher: teacher.branch,
    result: 'student',
    views,
    loss([a, b], { gather }) {
      const keys = teacher.project([a, b]); // no gradient
      const [qa, qb] = [student.predict(student.forward(a)), student.predict(student.forward(b))];
      return infoNce([gather(qa), gather(qb)], [gather(keys[0]), gather(keys[1])], {
        ...o,
        negatives: 'opposite-view',
      }).mul(4 * o.temperature);
    },
    afterStep: teacher.afterStep,
    metrics: teacher.metrics,
  };
};

/** @throws UserError for one image in a batch, which has no others to be told from */
export function checkMocoV3(_: MocoV3Options, { batch }: RunFacts): void {
  if (batch < 2) throw new UserError(`mocov3 tells the images of a batch apart: give batch=2 or more, got ${batch}`);
}
