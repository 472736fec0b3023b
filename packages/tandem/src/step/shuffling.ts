import type { Tensor } from 'tandem-torch';
import { permutation } from '../random.js';
import type { StepContext, StepInfo } from './context.js';

/** The purpose of a run's seed here, so that orders share no draws with anything else. */
const purpose = 0x7368_7566;

/**
 * Projections [n, d] of images that the network sees in a random order, put back into theirs: the
 * parts of a batch that its batch norm normalises are other ones than the student's (ShuffleBN,
 * facebookresearch/moco). The order is one of all images of the batch.
 * @param project from images [n, c, h, w] to [n, d]
 * @param use tells several projections of one step apart
 */
export function projectShuffled(
  project: (images: Tensor) => Tensor,
  images: Tensor,
  ctx: StepContext,
  use = 0,
): Tensor {
  const all = ctx.gather(images);
  const n = all.shape[0] as number;
  const { device } = images;
  const order = ({ seed, step }: StepInfo) => Int32Array.from(permutation(n, seed, purpose, step, use));
  const shuffled = project(all.indexSelect(0, ctx.own(ctx.indices(order, device))));
  const back = ctx.indices((step) => inverse(order(step)), device);
  return ctx.own(ctx.gather(shuffled).indexSelect(0, back));
}

function inverse(order: Int32Array): Int32Array {
  const back = new Int32Array(order.length);
  order.forEach((from, to) => {
    back[from] = to;
  });
  return back;
}
