import { cat, type Tensor } from 'tandem-torch';
import { queueContrast } from '../../losses/index.js';
import { l2Normalize } from '../../math.js';
import type { Branch } from '../../networks/index.js';
import { KeyQueue, projectShuffled, type StepContext } from '../../step/index.js';
import { type EmaOptions, emaTeacher } from '../../teachers/index.js';

/** A moving average as a teacher of keys, and the queue that they stand in. */
export interface MomentumContrastOptions extends EmaOptions {
  /** Keys in the queue. */
  readonly bank: number;
  /** What cosines are divided by. */
  readonly temperature: number;
  /** Whether the teacher sees the batch in another order than the student (ShuffleBN). */
  readonly shuffle: boolean;
}

/**
 * What MoCo adds to a network: a teacher that follows as a moving average makes keys, and a queue
 * remembers them (He et al., 2020; facebookresearch/moco).
 */
export function momentumContrast(student: Branch, o: MomentumContrastOptions) {
  const teacher = emaTeacher(student, o, { counts: 'next' });
  const queue = new KeyQueue(o.bank, student.head.outputWidth, student.placement);
  const [negatives] = queue.tensors as [Tensor];
  const project = (images: Tensor) => teacher.project([images])[0];
  return {
    teacher: teacher.branch,
    state: queue.state,
    /**
     * The mean over `ways` of the contrast of queries with the keys of images. Those keys go into
     * the queue after the step.
     */
    loss(ways: readonly { readonly queries: () => Tensor; readonly images: Tensor }[], ctx: StepContext): Tensor {
      const keys = ways.map(({ images }, i) =>
        l2Normalize(o.shuffle ? projectShuffled(project, images, ctx, i) : project(images)),
      );
      ctx.stash.put(
        queue,
        keys.map((x) => ctx.gather(x)),
      );
      const losses = ways.map(({ queries }, i) => queueContrast(queries(), keys[i] as Tensor, negatives, o));
      return losses.reduce((sum, loss) => sum.add(loss)).div(ways.length);
    },
    afterStep(ctx: StepContext): void {
      queue.enqueue(cat(ctx.stash.get(queue)));
      teacher.afterStep(ctx);
    },
    metrics: teacher.metrics,
  };
}
