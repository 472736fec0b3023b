import type { ImageSet } from '../../../src/images/index.js';
import { buildEncoder } from '../../../src/networks/index.js';
import type { EvaluationContext } from '../../../src/pretrain/evaluation/context.js';
import type { InParts } from '../../../src/pretrain/evaluation/in-parts.js';
import { stream } from '../../../src/random.js';
import { evaluationView } from '../../../src/views/index.js';

export const side = 8;

export function noise(count: number, seed: number): ImageSet & { labels: Int32Array } {
  const random = stream(seed);
  const pixels = Uint8Array.from({ length: count * side * side }, () => random.below(256));
  const labels = Int32Array.from({ length: count }, () => random.below(3));
  return { name: 'noise', count, channels: 1, height: side, width: side, pixels, labels };
}

export const newEncoder = () => buildEncoder({ backbone: 'resnet10', width: 4, stem: 'small', channels: 1 });
/** Of the smallest images and networks that evaluation takes. */
export const context: EvaluationContext = {
  view: evaluationView({ size: side, channels: 1, mean: [0.5], std: [0.25] }),
  device: 'cpu',
  memoryFormat: 'contiguous',
};

/** Runs an evaluation; its result, and how far it was after each part. */
export function through<T>(evaluation: InParts<T>): { result: T; seen: number[] } {
  const seen: number[] = [];
  for (;;) {
    const { done, value } = evaluation.next();
    if (done) return { result: value, seen };
    seen.push(value.done);
  }
}
