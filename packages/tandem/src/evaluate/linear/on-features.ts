import { fromBuffer, noGrad, scope, type Tensor, tensor } from 'tandem-torch';
import { permutation } from '../../random.js';
import type { ProbeResult } from '../class-table.js';
import { HeadAdam } from './head-optimizers.js';
import { type LinearClassifier, LinearHeads } from './heads.js';

/** What decides the outcome of the fast linear protocol. */
export interface LinearFeaturesSettings {
  /** Passes over the features. */
  readonly epochs: number;
  /** Features in a step; all of them where there are fewer. */
  readonly batch: number;
  /** The learning rate falls from the first to the second by the same factor each epoch. */
  readonly lr: readonly [first: number, last: number];
  /** Of Adam, added to the gradient. */
  readonly weightDecay: number;
  /** Of the order of the features. */
  readonly seed: number;
}

/** Those of W-MSE (Ermolov et al., 2021). */
export const linearFeaturesDefaults: LinearFeaturesSettings = {
  epochs: 500,
  batch: 1000,
  lr: [1e-2, 1e-6],
  weightDecay: 5e-6,
  seed: 0,
};

/** What the random order of an epoch is drawn for. */
const orderPurpose = 0x6c69_6e65;

/**
 * One linear classifier on features that were computed once, trained with cross-entropy and Adam.
 * @param x features of the training images [n, d]
 * @param labels n of them
 * @param queries features [q, d]
 */
export function linearOnFeatures(
  x: Tensor,
  labels: Int32Array,
  queries: Tensor,
  classes: number,
  settings: LinearFeaturesSettings,
  onProgress?: (done: number, total: number) => void,
): ProbeResult & { readonly scores: Float32Array; readonly classifier: LinearClassifier } {
  const { epochs, batch, lr, seed } = settings;
  const [n, d] = x.shape as [number, number];
  const { device } = x;
  const heads = new LinearHeads(1, classes, d, device);
  const adam = new HeadAdam(heads, settings.weightDecay);
  const size = Math.min(batch, n);
  const targets = tensor(BigInt64Array.from(labels, BigInt), { device });
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      const rate = lr[0] * (lr[1] / lr[0]) ** (epoch / epochs);
      const order = BigInt64Array.from(permutation(n, seed, orderPurpose, epoch), BigInt);
      for (let from = 0; from + size <= n; from += size) {
        scope(() =>
          noGrad(() => {
            const rows = fromBuffer(order.subarray(from, from + size)).to({ device });
            adam.step(x.indexSelect(0, rows), targets.indexSelect(0, rows), rate);
          }),
        );
      }
      onProgress?.(epoch + 1, epochs);
    }
    const best = Math.min(5, classes);
    const answers = { ranked: heads.ranked(queries, 0, best), best, scores: heads.scores(queries, 0) };
    return { ...answers, classifier: heads.classifier(0) };
  } finally {
    for (const owner of [heads, adam, targets]) owner.dispose();
  }
}
