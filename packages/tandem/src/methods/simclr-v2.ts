import type { Tensor } from 'tandem-torch';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { classCrossEntropy, distillationLoss } from '../losses/index.js';
import { Branch, Head } from '../networks/index.js';
import type { NewMethod, OneView } from './method.js';
import { temperature } from './options/shared.js';

/** Options of SimCLR v2's distillation. */
export const simclrV2Options = z.strictObject({
  ...temperature(1),
  labels: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('share of the labels of each class that are learned from beside the teacher; SimCLR v2 uses none'),
  distillOn: z
    .enum(['all', 'labelled'])
    .default('all')
    .describe('images that are learned from: all, or those alone whose labels are learned from too'),
  alpha: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('weight of the teacher where labels are learned from too, which have the rest'),
});

/**
 * @throws UserError for a weight where there is nothing to weigh, and for labelled images of no
 * labels
 */
export function checkSimclrV2({ labels, alpha, distillOn }: z.infer<typeof simclrV2Options>): void {
  if (labels > 0) return;
  if (distillOn === 'labelled') {
    throw new UserError('distillOn=labelled: no labels are learned from, so no image is one; give labels=0.1');
  }
  if (alpha === simclrV2Options.shape.alpha.parse(undefined)) return;
  throw new UserError(`alpha=${alpha} weighs the teacher against labels, and none are learned from; give labels=0.1`);
}

/**
 * The last stage of SimCLR v2: a new network, as large as the teacher or smaller, learns the
 * classes that a fine-tuned one gives to images without labels. Both see the same view; the loss is
 * temperature^2 times the cross-entropy of their distributions (Chen et al., 2020;
 * google-research/simclr).
 */
export const simclrV2: NewMethod<z.infer<typeof simclrV2Options>, OneView> = (
  newEncoder,
  views,
  o,
  teacher,
  supervision,
) => {
  if (!teacher?.classes) {
    throw new UserError(
      'simclr-v2 learns from a teacher that tells classes apart; fine-tune this one first: tandem finetune <run> <images> --labels 10%',
    );
  }
  const { classes, project, width } = teacher;
  if (supervision && String(supervision.classes) !== String(classes)) {
    throw new UserError(
      `the teacher tells ${shownNames(classes)} apart, the labels ${shownNames(supervision.classes)}; give labels=0`,
    );
  }
  const encoder = newEncoder();
  const student = new Branch(encoder, new Head({ widths: [encoder.featureWidth, width], norm: false }));
  const temperatures = { student: o.temperature, teacher: o.temperature };
  const weight = (o.labels > 0 ? o.alpha : 1) * o.temperature ** 2;
  return {
    name: 'simclr-v2',
    student,
    result: 'student',
    views,
    classes,
    loss([x], { labels, gather }) {
      const [known] = project([x]);
      const scores = student.forward(x);
      const { divergence, teacherEntropy } = distillationLoss(scores, known, temperatures);
      return {
        divergence: divergence.mul(weight),
        teacherEntropy: teacherEntropy.mul(weight),
        ...(o.labels > 0 && { labelled: classCrossEntropy(gather(scores), gather(labels as Tensor)).mul(1 - o.alpha) }),
      };
    },
  };
};

function shownNames(names: readonly string[]): string {
  return names.slice(0, 3).join(', ') + (names.length > 3 ? ` and ${names.length - 3} more` : '');
}
