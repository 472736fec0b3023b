import { z } from 'zod';
import { cosineDistance } from '../losses/index.js';
import { newBranch } from '../networks/index.js';
import { emaTeacher } from '../teachers/index.js';
import type { NewMethod } from './method.js';
import { ema, predictor, projector } from './options/shared.js';

/** Options of BYOL. */
export const byolOptions = z.strictObject({ ...projector(), ...predictor(), ...ema('cosine') });

/**
 * BYOL: the student's predictor predicts the teacher's projection of the other view; no negatives.
 * The teacher follows as a moving average, after the step (Grill et al., 2020;
 * deepmind/deepmind-research). The loss is 4 - 2 cos - 2 cos, from 0 to 8.
 */
export const byol: NewMethod<z.infer<typeof byolOptions>> = (newEncoder, views, o) => {
  const student = newBranch(newEncoder(), o); // encoder, projector and predictor
  const teacher = emaTeacher(student, o, { counts: 'step' }); // encoder and projector
  return {
    name: 'byol',
    student,
    teacher: teacher.branch,
    result: 'student',
    views,
    loss([a, b]) {
      const [ta, tb] = teacher.project([a, b]); // no gradient
      const [pa, pb] = [student.predict(student.forward(a)), student.predict(student.forward(b))];
      return cosineDistance(pa, tb).add(cosineDistance(pb, ta));
    },
    afterStep: teacher.afterStep,
    metrics: teacher.metrics,
  };
};
