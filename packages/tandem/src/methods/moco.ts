import { cat, type Tensor } from '@tandem/torch';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { bankContrast, unit } from '../losses/index.js';
import { newBranch } from '../networks/index.js';
import { emaTeacher, MemoryBank, projectShuffled } from '../teachers/index.js';
import type { NewMethod } from './method.js';
import { checkBank, ema, memoryBank, projector, type RunFacts, temperature } from './options/shared.js';

export const mocoOptions = z.strictObject({
  ...projector(),
  projNorm: z
    .boolean()
    .default(true)
    .describe("batch norm in the projector, as in all methods'; the authors have none"),
  ...temperature(0.1),
  ...memoryBank,
  ...ema('constant'),
  symmetric: z.boolean().default(false).describe('both views are queries, and the keys of both go into the bank'),
  bnSplits: z.int().positive().default(8).describe('parts of a batch that batch norm normalises each by itself'),
  shuffle: z.boolean().default(true).describe('the teacher sees the images in another order, so in other parts'),
});

type MocoOptions = z.infer<typeof mocoOptions>;

/**
 * MoCo v2: a query finds the key of the other view among the keys of past batches; keys come from a teacher that follows as a moving average.
 * Parts of the batch and shuffling keep batch norm from giving the answer away (He et al., 2020; Chen et al., 2020; facebookresearch/moco and
 * its CIFAR-10 demo).
 */
export const moco: NewMethod<MocoOptions> = (newEncoder, views, o) => {
  const student = newBranch(newEncoder({ splits: o.bnSplits }), { ...o, splits: o.bnSplits });
  const teacher = emaTeacher(student, o, { counts: 'next' });
  const bank = new MemoryBank(o.bank, student.head.outputWidth, student.placement);
  const [negatives] = bank.banks as [Tensor];
  let keys: Tensor[] = []; // of this step
  return {
    name: 'moco',
    learns: student,
    teacher: teacher.branch,
    keeps: 'student',
    state: bank.state,
    views,
    loss([a, b], moment) {
      const ways = o.symmetric ? [[b, a] as const, [a, b] as const] : [[a, b] as const]; // query, key
      keys = ways.map(([, x], i) => unit(o.shuffle ? projectShuffled(teacher, x, moment, i) : teacher.project([x])[0]));
      const losses = ways.map(([x], i) => bankContrast(student.forward(x), keys[i] as Tensor, negatives, o));
      return losses.reduce((sum, loss) => sum.add(loss)).div(ways.length);
    },
    afterStep(moment) {
      bank.enqueue(cat(keys));
      teacher.afterStep(moment);
    },
    numbers: teacher.numbers,
  };
};

/** @throws UserError when a step's keys do not divide the bank, or the parts not the batch. */
export function checkMoco({ bank, symmetric, bnSplits }: MocoOptions, { batch }: RunFacts): void {
  checkBank(bank, symmetric ? 2 * batch : batch);
  if (batch % bnSplits === 0 && batch / bnSplits >= 2) return;
  let nearest = Math.min(bnSplits, Math.floor(batch / 2));
  while (batch % nearest !== 0) nearest -= 1;
  throw new UserError(
    `bnSplits must divide the batch of ${batch} into parts of two images or more, got ${bnSplits}; the nearest is ${nearest}`,
  );
}
