import { cat, type Tensor } from '@tandem/torch';
import { queueContrast } from '../../losses/index.js';
import { l2Normalize } from '../../math.js';
import type { Branch } from '../../networks/index.js';
import { Left, type Moment, Queue } from '../../step/index.js';
import { type EmaOptions, emaTeacher, projectShuffled } from '../../teachers/index.js';

export interface MomentumContrastOptions extends EmaOptions {
  readonly bank: number;
  readonly temperature: number;
  readonly shuffle: boolean;
}

/**
 * What MoCo adds to a network: a teacher that follows as a moving average makes keys, and a queue
 * remembers them (He et al., 2020; facebookresearch/moco).
 */
export function momentumContrast(student: Branch, o: MomentumContrastOptions) {
  const teacher = emaTeacher(student, o, { counts: 'next' });
  const queue = new Queue(o.bank, student.head.outputWidth, student.placement);
  const [negatives] = queue.tensors as [Tensor];
  const keys = new Left(); // of this step
  return {
    teacher: teacher.branch,
    state: queue.state,
    /**
     * The mean over `ways` of the contrast of queries with the keys of images. Those keys go into
     * the queue after the step.
     */
    loss(ways: readonly { readonly queries: () => Tensor; readonly images: Tensor }[], moment: Moment): Tensor {
      keys.tensors = ways.map(({ images }, i) =>
        l2Normalize(o.shuffle ? projectShuffled(teacher, images, moment, i) : teacher.project([images])[0]),
      );
      const losses = ways.map(({ queries }, i) => queueContrast(queries(), keys.tensors[i] as Tensor, negatives, o));
      return losses.reduce((sum, loss) => sum.add(loss)).div(ways.length);
    },
    afterStep(moment: Moment): void {
      queue.enqueue(cat(keys.tensors));
      teacher.afterStep(moment);
    },
    metrics: teacher.metrics,
  };
}
