import { z } from 'zod';
import { negativeCosine } from '../losses/index.js';
import { newBranch } from '../networks/index.js';
import type { NewMethod } from './method.js';
import { predictor, projector } from './options/shared.js';

/** Options of SimSiam. */
export const simsiamOptions = z.strictObject({
  ...projector({ least: 1 }),
  ...predictor(128),
  constantPredictorLr: z
    .boolean()
    .default(true)
    .describe("the predictor's learning rate stays at lr, without warm-up and decay, as in the authors' code"),
});

/**
 * SimSiam: each view's prediction meets the other view's projection, which stands still for that;
 * no teacher, no negatives. The projector ends in batch norm without scale and shift (Chen and He,
 * 2021; facebookresearch/simsiam). The loss is from -1 to 1.
 */
export const simsiam: NewMethod<z.infer<typeof simsiamOptions>> = (newEncoder, views, o) => {
  // encoder, projector and predictor
  const student = newBranch(newEncoder(), { ...o, lastNorm: 'plain' });
  return {
    name: 'simsiam',
    student,
    constantLr: o.constantPredictorLr ? student.predictor?.parameters() : [],
    result: 'student',
    views,
    loss([a, b]) {
      const [za, zb] = [student.forward(a), student.forward(b)];
      const [pa, pb] = [student.predict(za), student.predict(zb)];
      return negativeCosine(pa, zb.detach()).add(negativeCosine(pb, za.detach())).div(2);
    },
  };
};
