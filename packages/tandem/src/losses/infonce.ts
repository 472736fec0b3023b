import { arange, cat, eye, type Tensor } from 'tandem-torch';
import { l2Normalize } from '../math.js';
import { inFloat32 } from './float32.js';

/** Which teacher projections an anchor is contrasted with. */
export type Negatives = 'opposite-view' | 'all-others';

/**
 * InfoNCE between a student and a teacher, both of which saw both views. The positive of a
 * student's view is the teacher's other view of the same image; the negatives are all teacher
 * projections but the same view of the same image (`all-others`: 2n - 1 logits, SimCLR's formula
 * with teacher columns), or the teacher's opposite views alone (`opposite-view`: n logits, as in
 * MoCo v3). Mean over the 2n anchors, in float32.
 * @param student projections of the two views, [n, d] each
 * @param teacher likewise, without gradient
 * @returns one number, 0 or more; ln(2n - 1) or ln(n) when all projections are equal (van den Oord
 * et al., 2018; Chen, Ji, Yuan, 2022)
 * @example
 * ```ts
 * import { ones, scope } from 'tandem-torch';
 * import { infoNce } from 'tandem-vision';
 *
 * const loss = scope(() => {
 *   const same = ones([4, 8]);
 *   const options = { temperature: 0.2, negatives: 'all-others' } as const;
 *   return infoNce([same, same], [same, same], options).item();
 * });
 * console.log(loss.toFixed(4), Math.log(2 * 4 - 1).toFixed(4)); // 1.9459 1.9459
 * ```
 */
export function infoNce(
  student: readonly [Tensor, Tensor],
  teacher: readonly [Tensor, Tensor],
  { temperature, negatives }: { temperature: number; negatives: Negatives },
): Tensor {
  return inFloat32(student[0], () => {
    const [v1, v2] = student.map(l2Normalize) as [Tensor, Tensor];
    const [w1, w2] = teacher.map(l2Normalize) as [Tensor, Tensor];
    const n = v1.shape[0] as number;
    const same = arange(n, { dtype: 'int64', device: v1.device });
    if (negatives === 'opposite-view') {
      const oneWay = (v: Tensor, w: Tensor) => v.mm(w.t()).div(temperature).crossEntropyLoss(same);
      return oneWay(v1, w2).add(oneWay(v2, w1)).div(2);
    }
    const logits = cat([v1, v2])
      .mm(cat([w1, w2]).t())
      .div(temperature);
    const itself = eye(2 * n, { dtype: 'bool', device: v1.device });
    const positives = cat([same.add(n), same]);
    return logits.maskedFill(itself, Number.NEGATIVE_INFINITY).crossEntropyLoss(positives);
  });
}

/**
 * NT-Xent, SimCLR's loss: InfoNCE of a network with itself, all others being negatives, with
 * gradients through both sides. Mean over the 2n anchors; the authors' TensorFlow code adds the
 * means of the two views, which is twice as much.
 * @param z projections of the two views, [n, d] each
 * @returns one number, 0 or more; ln(2n - 1) when all projections are equal (Chen et al., 2020;
 * google-research/simclr)
 */
export function ntXent(z: readonly [Tensor, Tensor], { temperature }: { temperature: number }): Tensor {
  return infoNce(z, z, { temperature, negatives: 'all-others' });
}
