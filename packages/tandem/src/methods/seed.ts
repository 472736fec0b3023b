import type { Tensor } from 'tandem-torch';
import { z } from 'zod';
import { distillationLoss, queueScores } from '../losses/index.js';
import { l2Normalize } from '../math.js';
import { KeyQueue } from '../step/index.js';
import type { NewMethod, OneView } from './method.js';
import { newStudent, studentHead } from './options/imitation.js';
import { checkQueue, queueSize, type RunFacts, temperature } from './options/shared.js';

/** Options of SEED. */
export const seedOptions = z.strictObject({
  ...studentHead,
  ...temperature(0.2),
  teacherTemperature: z
    .number()
    .positive()
    .default(0.05)
    .describe("of the teacher's softmax; towards 0 this is InfoNCE, and the authors' 1e-4 is as good as that"),
  ...queueSize,
});

type SeedOptions = z.infer<typeof seedOptions>;

/**
 * SEED: the student's view is to be as similar to the images of past batches as the frozen
 * teacher's same view is. Anchors are the teacher's outputs, the image's own first (Fang et al.,
 * 2021; jacobswan1/SEED).
 */
export const seed: NewMethod<SeedOptions, OneView> = (newEncoder, views, o, teacher) => {
  if (!teacher) throw new Error('seed needs a teacher');
  const student = newStudent(newEncoder(), o, teacher);
  const queue = new KeyQueue(o.bank, teacher.width, student.placement);
  const [past] = queue.tensors as [Tensor];
  return {
    name: 'seed',
    student,
    result: 'student',
    state: queue.state,
    views,
    loss([x], { stash, gather }) {
      const own = l2Normalize(teacher.project([x])[0]);
      stash.put(queue, [gather(own)]);
      return distillationLoss(queueScores(student.forward(x), own, past), queueScores(own, own, past), {
        student: o.temperature,
        teacher: o.teacherTemperature,
      });
    },
    afterStep: ({ stash }) => queue.enqueue(...stash.get(queue)),
  };
};

/** @throws UserError when a step's images do not divide the queue. */
export function checkSeed({ bank }: SeedOptions, { batch }: RunFacts): void {
  checkQueue(bank, batch);
}
