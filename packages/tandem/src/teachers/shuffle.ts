import { type Tensor, upload } from '@tandem/torch';
import { permutation } from '../random.js';
import type { Moment } from './moment.js';
import type { SlowTeacher } from './slow.js';

/** The purpose of a run's seed here, so that orders share no draws with anything else. */
const SHUFFLE = 0x7368_7566;

/**
 * Projections [n, d] of images that the teacher sees in a random order, put back into theirs: the parts of a batch that its batch norm
 * normalises are other ones than the student's (ShuffleBN, facebookresearch/moco).
 * @param use tells several projections of one step apart
 */
export function projectShuffled(teacher: SlowTeacher, images: Tensor, { seed, step }: Moment, use = 0): Tensor {
  const n = images.shape[0] as number;
  const order = permutation(n, seed, SHUFFLE, step, use);
  const back = new Int32Array(n);
  order.forEach((from, to) => {
    back[from] = to;
  });
  const index = (at: Int32Array) => upload(at, [n], images.device);
  const [shuffled] = teacher.project([images.indexSelect(0, index(Int32Array.from(order)))]);
  return shuffled.indexSelect(0, index(back));
}
