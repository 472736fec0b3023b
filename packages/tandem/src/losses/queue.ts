import { cat, type Tensor, zeros } from 'tandem-torch';
import { atLeastFloat32, l2Normalize } from '../math.js';
import { inFloat32 } from './float32.js';

/**
 * Cosines of each row with its own anchor, in column 0, and with the rows of a queue.
 * @param x [n, d], of any length
 * @param own its anchors [n, d], of any length
 * @param queue [Q, d], rows of length 1
 * @returns [n, 1 + Q]
 */
export function queueScores(x: Tensor, own: Tensor, queue: Tensor): Tensor {
  return inFloat32(x, () => {
    const rows = l2Normalize(x);
    const first = rows.mul(l2Normalize(own.detach())).sum(1, { keepdim: true });
    return cat([first, rows.mm(atLeastFloat32(queue.detach()).t())], { dim: 1 });
  });
}

/**
 * MoCo's loss in one direction: each query should find its key among the rows of a queue. Row i has
 * the 1 + Q logits [q_i . k_i ; q_i . queue] / T, the first being right; cross-entropy, mean
 * over the rows, in float32. Other keys of the same batch are no negatives. Gradients reach the
 * query only; write to the queue after backward, which still needs the old rows.
 * @param query [n, d], of any length
 * @param key [n, d], of any length
 * @param queue [Q, d], rows of length 1
 * @returns one number, 0 or more; ln(1 + Q) when all of them are one vector (He et al., 2020;
 * facebookresearch/moco)
 */
export function queueContrast(
  query: Tensor,
  key: Tensor,
  queue: Tensor,
  { temperature }: { temperature: number },
): Tensor {
  return inFloat32(query, () => {
    const logits = queueScores(query, key, queue).div(temperature);
    const first = zeros([query.shape[0] as number], { dtype: 'int64', device: query.device });
    return logits.crossEntropyLoss(first);
  });
}
