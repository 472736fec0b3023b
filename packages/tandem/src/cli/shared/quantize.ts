import { type Device, scope } from '@tandem/torch';
import { UserError } from '../../errors.js';
import { accuracy, features, knn } from '../../evaluate/index.js';
import {
  type Export,
  type Graph,
  GraphNetwork,
  graphOf,
  observe,
  quantized,
  unquantizable,
} from '../../export/index.js';
import { CROP_MARGIN, type DataSet, type ImageSet, limit, openImages } from '../../images/index.js';
import { l2Normalize } from '../../math.js';
import { type Labelled, labelled } from '../../pretrain/index.js';
import type { Progress } from '../terminal/progress.js';
import type { Subject } from './encoders.js';
import { checkChannels, type EvaluationFlags, given, viewOf } from './evaluation.js';
import { type OwnSettings, publicName } from './provenance.js';
import { percent } from './record.js';

/** Enough that the ranges hardly change with more. */
const calibrationImages = 256;
/** Of k-NN accuracy, as a share. */
const largestLoss = 0.02;

/** What `tandem export` is given. */
export interface ExportFlags extends EvaluationFlags {
  out: string;
  images?: string;
  limit: number;
  /** Switched off by --no-quantized. */
  quantized: boolean;
  allowLoss?: true;
}

/** Images, and how they are opened. */
interface Place extends OwnSettings {
  readonly where: string;
}

interface Around {
  readonly device: Device;
  readonly signal: AbortSignal;
  readonly bar: Progress;
}

/**
 * The encoder in 8 bits, with what it is worth beside the encoder itself.
 * @param own the images of the encoder's run, where it has one; a failure to open them is no error
 * @returns why there is none, where there is none: no network that can be written, not wanted, no
 * images, or too great a loss
 * @throws UserError where the images that were asked for cannot be used
 */
export async function quantize(
  subject: Subject,
  own: Place | undefined,
  flags: ExportFlags,
  { device, signal, bar }: Around,
): Promise<Export['quantized']> {
  const plain = graphOf(subject.encoder);
  if (typeof plain === 'string') return plain;
  const without = unquantizable(plain);
  if (without !== undefined) return without;
  if (!flags.quantized) return 'it was left out by --no-quantized';
  const place = flags.images === undefined ? own : { where: flags.images };
  if (place === undefined) return 'there are no images to calibrate it with; name some with --images';
  const { where, ...found } = place;
  bar.say(`calibrating and measuring the quantized model with ${where}`);
  let data: DataSet;
  try {
    const { size } = subject.card;
    const options = { ...given({ ...found, ...flags }), size, margin: CROP_MARGIN };
    data = await openImages(where, { ...options, signal, onProgress: bar.update });
    checkChannels(where, data.train.channels, subject.card);
  } catch (error) {
    if (flags.images !== undefined || !(error instanceof UserError)) throw error;
    return `the run's images cannot be opened (${error.message}); name others with --images`;
  }
  return scope(() => measured(subject, plain, publicName(where), data, flags, { device, bar }));
}

function measured(
  { card }: Subject,
  plain: Graph,
  images: string,
  data: DataSet,
  flags: ExportFlags,
  { device, bar }: Omit<Around, 'signal'>,
): Export['quantized'] {
  const view = viewOf(card);
  const few = limit(data.train, calibrationImages);
  const of = (network: Parameters<typeof features>[0], set: ImageSet, what: string) => {
    const onProgress = (done: number, total: number) => bar.update(done, total, what);
    return features(network, set, { view, device, chunk: 64, onProgress });
  };
  const float = new GraphNetwork(plain).to({ device });
  const ranges = observe(float.graph, (network) => void of(network.to({ device }), few, 'calibrating'));
  const graph = quantized(float.graph, ranges);
  const eight = new GraphNetwork(graph).to({ device });
  try {
    const asked = labelled(data);
    const queries = asked?.queries ?? few;
    const both = [of(float, queries, 'float32'), of(eight, queries, 'quantized')] as const;
    const cosine = l2Normalize(both[0]).mul(l2Normalize(both[1])).sum(1).mean().item() as number;
    const made = { calibrated: few.count, images, cosine };
    if (!asked) return { graph, made };
    const shares = [float, eight].map((network, i) => {
      const bank = of(network, asked.bank, i === 0 ? 'float32, bank' : 'quantized, bank');
      return share(bank, both[i as 0 | 1], asked);
    }) as [number, number];
    const [full, less] = shares;
    if (full - less > largestLoss && !flags.allowLoss) {
      return `it loses more than 2 points of accuracy (nearest neighbour: ${percent(full)}, quantized ${percent(less)}); --allow-loss keeps it`;
    }
    const counts = { bank: asked.bank.count, queries: asked.queries.count };
    return { graph, made: { ...made, accuracy: { float32: full, quantized: less, ...counts } } };
  } finally {
    float.dispose();
    eight.dispose();
  }
}

type Features = ReturnType<typeof features>;

function share(bank: Features, queries: Features, data: Labelled): number {
  return accuracy(knn(bank, data.bank.labels, queries), data.queries.labels);
}
