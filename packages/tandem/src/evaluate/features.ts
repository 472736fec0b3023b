import { cat, type Device, inferenceMode, type nn, scope, type Tensor } from 'tandem-torch';
import { UserError } from '../errors.js';
import { type ImageSet, inOrder } from '../images/index.js';
import { foldBatchNorms, workingCopy } from '../networks/index.js';
import { makeView, type View } from '../views/index.js';
import { alikeSizes, forwardAlike } from './alike.js';

/** How features are computed. */
export interface FeatureOptions {
  /** How images are shown to the network; see `encoderView`. */
  readonly view: View;
  /** Where the network is. */
  readonly device: Device;
  /** Defaults to `channelsLast`, the quicker one at every width. */
  readonly memoryFormat?: 'contiguous' | 'channelsLast';
  /** Images at a time; defaults to 500. */
  readonly chunk?: number;
  /**
   * Whether an image's features are to be the same to the last bit whatever other images there are.
   * Instead of `chunk`.
   */
  readonly alike?: boolean;
  /** Called after each chunk. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * What a network gives for every image of a set, un-augmented and in evaluation mode: [count,
 * width] on the device. A copy computes them where one takes less time (with folded batch norms, or
 * for `alike` see `workingCopy`), else the network itself, whose mode is put back.
 * @throws UserError where a feature is infinite or not a number
 */
export function features(network: nn.Module, set: ImageSet, options: FeatureOptions): Tensor {
  const { view, device, memoryFormat = 'channelsLast', alike = false, onProgress } = options;
  const chunk = alike ? alikeSizes(device).many : (options.chunk ?? 500);
  const { training } = network;
  const copy = alike ? workingCopy(network) : foldBatchNorms(network);
  const shown = copy ?? network.eval();
  try {
    return scope(() => {
      const parts: Tensor[] = [];
      for (const { bytes, indices } of inOrder(set, chunk)) {
        parts.push(
          scope(() =>
            inferenceMode(() => {
              const x = makeView({ bytes, indices }, set, view, null, device);
              return alike ? forwardAlike(network, shown, x, memoryFormat) : shown.forward(x.to({ memoryFormat }));
            }),
          ),
        );
        onProgress?.(Math.min(set.count, parts.length * chunk), set.count);
      }
      const all = cat(parts);
      refuseNotFinite(all, set);
      return all;
    });
  } finally {
    if (copy) copy.dispose();
    else network.train(training);
  }
}

function refuseNotFinite(x: Tensor, { name, files }: ImageSet): void {
  scope(() => {
    const good = x.isfinite().flatten({ startDim: 1 }).all(1);
    if (good.all().item() === 1) return;
    const bad = Array.from(good.data(), Number).flatMap((fine, i) => (fine ? [] : [i]));
    const [first] = bad as [number];
    throw new UserError(
      `the encoder gives features that are infinite or not numbers for ${bad.length} of ${x.shape[0]} images of ${name}, ` +
        `the first being ${files?.[first] ?? `number ${first}`}; has its training diverged?`,
    );
  });
}
