import { crossEntropyLoss, type Tensor } from 'tandem-torch';
import { atLeastFloat32 } from '../math.js';
import { inFloat32 } from './float32.js';

/**
 * Cross-entropy of scores of classes with labels, mean over the rows that have one, in float32; 0
 * where none has.
 * @param scores [n, classes] @param labels int64 [n], -1 for none
 */
export function classCrossEntropy(scores: Tensor, labels: Tensor): Tensor {
  return inFloat32(scores, () => {
    const sum = crossEntropyLoss(atLeastFloat32(scores), labels, { ignoreIndex: -1, reduction: 2 });
    return sum.div(labels.ne(-1).sum().clampMin(1));
  });
}
