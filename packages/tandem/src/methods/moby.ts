import type { Tensor } from 'tandem-torch';
import { z } from 'zod';
import { queueContrast } from '../losses/index.js';
import { l2Normalize } from '../math.js';
import { newBranch } from '../networks/index.js';
import { KeyQueue } from '../step/index.js';
import { emaTeacher } from '../teachers/index.js';
import type { NewMethod } from './method.js';
import { checkQueue, ema, predictor, projector, queueSize, type RunFacts, temperature } from './options/shared.js';

/** Options of MoBY. */
export const mobyOptions = z.strictObject({
  ...projector(),
  ...predictor(),
  ...temperature(0.2),
  ...queueSize,
  ...ema('cosine'),
});

type MobyOptions = z.infer<typeof mobyOptions>;

/**
 * MoBY: BYOL's networks with MoCo's loss, in both directions, against a queue of past keys for each
 * view (Xie et al., 2021; SwinTransformer/Transformer-SSL).
 */
export const moby: NewMethod<MobyOptions> = (newEncoder, views, o) => {
  const student = newBranch(newEncoder(), o); // encoder, projector and predictor
  const teacher = emaTeacher(student, o, { counts: 'next' });
  const queue = new KeyQueue(o.bank, student.head.outputWidth, { ...student.placement, count: 2 });
  const [keysOfA, keysOfB] = queue.tensors as [Tensor, Tensor];
  return {
    name: 'moby',
    student,
    teacher: teacher.branch,
    result: 'student',
    state: queue.state,
    views,
    loss([a, b], { stash, gather }) {
      const [ka, kb] = teacher.project([a, b]); // no gradient
      const [pa, pb] = [student.predict(student.forward(a)), student.predict(student.forward(b))];
      stash.put(queue, [gather(l2Normalize(ka)), gather(l2Normalize(kb))]);
      return queueContrast(pa, kb, keysOfB, o).add(queueContrast(pb, ka, keysOfA, o));
    },
    afterStep(ctx) {
      queue.enqueue(...ctx.stash.get(queue));
      teacher.afterStep(ctx);
    },
    metrics: teacher.metrics,
  };
};

/** @throws UserError when a step's keys do not divide the queue. */
export function checkMoby({ bank }: MobyOptions, { batch }: RunFacts): void {
  checkQueue(bank, batch);
}
