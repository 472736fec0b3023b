import type { Tensor } from '@tandem/torch';
import { permutation } from '../random.js';
import { indicesAt, type Moment } from '../step/context.js';
import type { SlowTeacher } from './slow.js';

/** The purpose of a run's seed here, so that orders share no draws with anything else. */
const SHUFFLE = 0x7368_7566;

/**
 * Projections [n, d] of images that the teacher sees in a random order, put back into theirs: the
 * parts of a batch that its batch norm normalises are other ones than the student's (ShuffleBN,
 * facebookresearch/moco).
 * @param use tells several projections of one step apart
 */
export function projectShuffled(teacher: SlowTeacher, images: Tensor, moment: Moment, use = 0): Tensor {
  const n = images.shape[0] as number;
  const order = ({ seed, step }: Moment) => Int32Array.from(permutation(n, seed, SHUFFLE, step, use));
  const { device } = images;
  const [shuffled] = teacher.project([images.indexSelect(0, indicesAt(moment, order, device))]);
  return shuffled.indexSelect(
    0,
    indicesAt(moment, (then) => inverse(order(then)), device),
  );
}

function inverse(order: Int32Array): Int32Array {
  const back = new Int32Array(order.length);
  order.forEach((from, to) => {
    back[from] = to;
  });
  return back;
}
