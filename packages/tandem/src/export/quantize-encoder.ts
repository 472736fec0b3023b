import { type Device, scope, type Tensor } from 'tandem-torch';
import { defined } from '../defined.js';
import { UserError } from '../errors.js';
import { accuracy, features, type JobHooks, type KnnSplit, knn, knnSplit, type Opening } from '../evaluate/index.js';
import { cropMargin, type DataSet, type ImageSet, limit, openImages } from '../images/index.js';
import { l2Normalize, percent } from '../math.js';
import type { Encoder } from '../networks/index.js';
import type { OwnImages } from '../runs/index.js';
import { checkChannels, type EncoderCard, encoderView, pixelsOf } from '../weights/index.js';
import type { Export } from './folder.js';
import { type Graph, GraphNetwork, graphOf, observe, quantized, unquantizable } from './onnx/index.js';
import { publicName } from './provenance.js';

/** Enough that the ranges hardly change with more. */
const calibrationImages = 256;
/** Of k-NN accuracy, as a share. */
const largestLoss = 0.02;
/**
 * Of the mean cosine where accuracy cannot be measured. Sound networks stay above 0.99, and 0.95 is
 * an angle of 18 degrees: beyond it neighbours change places.
 */
const smallestCosine = 0.95;

/** What a quantized encoder is calibrated and measured with, and when it is kept. */
export interface QuantizeOptions extends Opening {
  /** To calibrate and measure with; defaults to the run's own. */
  readonly images?: string | undefined;
  /** The images of its run, where it has one. */
  readonly own: OwnImages | undefined;
  /** To measure on. */
  readonly device: Device;
  /** Whether a quantized encoder is wanted. */
  readonly quantized: boolean;
  /**
   * Whether it is kept where it loses more than 2 points of accuracy, or without labels differs
   * much.
   */
  readonly allowLoss: boolean;
}

/**
 * The encoder in 8 bits, with what it is worth beside the encoder itself. That the run's own images
 * cannot be opened is no error.
 * @returns why there is none, where there is none: no network that can be written, not wanted, no
 * images, or too great a loss
 * @throws UserError where the images that were asked for cannot be used
 */
export async function quantizeEncoder(
  encoder: Encoder,
  card: EncoderCard,
  options: QuantizeOptions,
  hooks: JobHooks = {},
): Promise<Export['quantized']> {
  const plain = graphOf(encoder, { size: card.size, channels: card.architecture.channels });
  if (typeof plain === 'string') return plain;
  const without = unquantizable(plain);
  if (without !== undefined) return without;
  if (!options.quantized) return 'it was left out by --no-quantized';
  const { own, dataRoot, limit, maxSkippedShare, cache } = options;
  const asked = options.images !== undefined;
  const images = options.images ?? own?.images;
  if (images === undefined) return 'there are no images to calibrate it with; name some with --images';
  hooks.onNote?.(`calibrating and measuring the quantized model with ${images}`);
  let data: DataSet;
  try {
    const opening = { ...(asked ? {} : own?.opening), ...defined({ dataRoot, limit, maxSkippedShare, cache }) };
    const { onProgress, signal } = hooks;
    data = await openImages(images, {
      ...{ ...opening, ...pixelsOf(card), size: card.size, margin: cropMargin },
      ...{ signal, onProgress },
    });
    checkChannels(images, data.train.channels, card);
  } catch (error) {
    if (asked || !(error instanceof UserError)) throw error;
    return `the run's images cannot be opened (${error.message}); name others with --images`;
  }
  return scope(() => calibrated(plain, card, publicName(images), data, options, hooks));
}

/** The graph in 8 bits, calibrated and measured, or why it is not kept. */
function calibrated(
  plain: Graph,
  card: EncoderCard,
  images: string,
  data: DataSet,
  { device, allowLoss }: QuantizeOptions,
  { onProgress }: JobHooks,
): Export['quantized'] {
  const view = encoderView(card);
  const few = limit(data.train, calibrationImages);
  const embed = (network: Parameters<typeof features>[0], set: ImageSet, what: string) =>
    features(network, set, { view, device, chunk: 64, onProgress: (done, total) => onProgress?.(done, total, what) });
  const float = new GraphNetwork(plain).to({ device });
  const ranges = observe(float.graph, (network) => void embed(network.to({ device }), few, 'calibrating'));
  const graph = quantized(float.graph, ranges);
  const eight = new GraphNetwork(graph).to({ device });
  try {
    const split = knnSplit(data);
    const queries = split?.queries ?? few;
    const both = [embed(float, queries, 'float32'), embed(eight, queries, 'quantized')] as const;
    const cosine = l2Normalize(both[0]).mul(l2Normalize(both[1])).sum(1).mean().item() as number;
    const made = { calibrated: few.count, images, cosine };
    if (!split) {
      // In this direction NaN is too little, too.
      if (cosine >= smallestCosine || allowLoss) return { graph, made };
      return `its features differ too much from the float32 model's (mean cosine ${cosine.toFixed(2)}, at least ${smallestCosine} is wanted; there are no labels to measure accuracy); --allow-loss keeps it`;
    }
    const full = nearestAccuracy(embed(float, split.reference, 'float32, reference set'), both[0], split);
    const less = nearestAccuracy(embed(eight, split.reference, 'quantized, reference set'), both[1], split);
    if (full - less > largestLoss && !allowLoss) {
      return `it loses more than 2 points of accuracy (nearest neighbour: ${percent(full)}, quantized ${percent(less)}); --allow-loss keeps it`;
    }
    const counts = { bank: split.reference.count, queries: split.queries.count };
    return { graph, made: { ...made, accuracy: { float32: full, quantized: less, ...counts } } };
  } finally {
    float.dispose();
    eight.dispose();
  }
}

function nearestAccuracy(known: Tensor, asked: Tensor, { reference, queries }: KnnSplit): number {
  return accuracy(knn(known, reference.labels, asked), queries.labels);
}
