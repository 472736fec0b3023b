import { cat, type Device, inferenceMode, type nn, scope, type Tensor } from '@tandem/torch';
import { type ImageSet, inOrder } from '../images/index.js';
import { makeView, type View } from '../views/index.js';

/** How features are computed. */
export interface FeatureOptions {
  readonly view: View;
  readonly device: Device;
  readonly memoryFormat?: 'contiguous' | 'channelsLast';
  readonly chunk?: number;
  /** Told after each chunk. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * What a network gives for every image of a set, un-augmented and in evaluation mode: [count, width] on the device.
 * The network's own mode is put back.
 */
export function features(network: nn.Module, set: ImageSet, options: FeatureOptions): Tensor {
  const { view, device, memoryFormat = 'contiguous', chunk = 500, onProgress } = options;
  const training = network.training;
  network.eval();
  try {
    return scope(() => {
      const parts: Tensor[] = [];
      for (const { bytes, indices } of inOrder(set, chunk)) {
        parts.push(
          scope(() =>
            inferenceMode(() => {
              const x = makeView({ bytes, indices }, set, view, null, device);
              return network.forward(memoryFormat === 'channelsLast' ? x.to({ memoryFormat }) : x);
            }),
          ),
        );
        onProgress?.(Math.min(set.count, parts.length * chunk), set.count);
      }
      return cat(parts);
    });
  } finally {
    network.train(training);
  }
}
