import type { Tensor } from '@tandem/torch';
import { z } from 'zod';
import { queueContrast } from '../losses/index.js';
import { l2Normalize } from '../math.js';
import { newBranch } from '../networks/index.js';
import { Left, MemoryBank } from '../step/index.js';
import { emaTeacher } from '../teachers/index.js';
import type { NewMethod } from './method.js';
import { checkBank, ema, memoryBank, predictor, projector, type RunFacts, temperature } from './options/shared.js';

export const mobyOptions = z.strictObject({
  ...projector(),
  ...predictor(),
  ...temperature(0.2),
  ...memoryBank,
  ...ema('cosine'),
});

type MobyOptions = z.infer<typeof mobyOptions>;

/**
 * MoBY: BYOL's networks with MoCo's loss, in both directions, against a bank of past keys for each
 * view (Xie et al., 2021; SwinTransformer/Transformer-SSL).
 */
export const moby: NewMethod<MobyOptions> = (newEncoder, views, o) => {
  const student = newBranch(newEncoder(), o); // encoder, projector and predictor
  const teacher = emaTeacher(student, o, { counts: 'next' });
  const bank = new MemoryBank(o.bank, student.head.outputWidth, { ...student.placement, banks: 2 });
  const [keysOfA, keysOfB] = bank.banks as [Tensor, Tensor];
  const keys = new Left(); // of this step
  return {
    name: 'moby',
    student,
    teacher: teacher.branch,
    result: 'student',
    state: bank.state,
    views,
    loss([a, b]) {
      const [ka, kb] = teacher.project([a, b]); // no gradient
      const [pa, pb] = [student.predict(student.forward(a)), student.predict(student.forward(b))];
      keys.tensors = [l2Normalize(ka), l2Normalize(kb)];
      return queueContrast(pa, kb, keysOfB, o).add(queueContrast(pb, ka, keysOfA, o));
    },
    afterStep(moment) {
      bank.enqueue(...keys.tensors);
      teacher.afterStep(moment);
    },
    metrics: teacher.metrics,
  };
};

/** @throws UserError when a step's keys do not divide the bank. */
export function checkMoby({ bank }: MobyOptions, { batch }: RunFacts): void {
  checkBank(bank, batch);
}
