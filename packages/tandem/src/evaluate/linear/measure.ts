import { scope, type Tensor, tensor } from 'tandem-torch';
import { defined } from '../../defined.js';
import { UsageError } from '../../errors.js';
import { holdOut } from '../../images/set/sampling.js';
import type { OpenedEncoder } from '../../runs/index.js';
import { smallView, type View } from '../../views/index.js';
import { fitTemperature } from '../calibration.js';
import { type ClassTable, classTable } from '../class-table.js';
import { type ClassSizes, classSizes } from '../classes.js';
import type { JobHooks } from '../hooks.js';
import { featuresOf, type MeasureOptions, type Opened, withOpened } from '../open.js';
import { type EvaluationRecord, evaluationRecord, recordAll } from '../record.js';
import { keepLinear } from './keep.js';
import { type LinearFeaturesSettings, linearFeaturesDefaults, linearOnFeatures } from './on-features.js';
import { type LinearViewsResult, type LinearViewsSettings, linearOnViews, linearViewsDefaults } from './on-views.js';

/** Which encoders and images, and how the classifier is trained. */
export interface LinearMeasureOptions extends MeasureOptions {
  /**
   * `views`, the default: SGD on random crops and flips, at the best of several rates. `features`:
   * Adam on features computed once.
   */
  readonly protocol?: 'views' | 'features' | undefined;
  /** Defaults to 100 on views, 500 on features. */
  readonly epochs?: number | undefined;
  /** Defaults to 256 on views, 1000 on features. */
  readonly batch?: number | undefined;
  /** On views, rates to choose from; on features, the first and the last. */
  readonly lr?: readonly number[] | undefined;
  /** Defaults to 0 on views, 5e-6 on features. */
  readonly weightDecay?: number | undefined;
  /** On views: smallest share of an image that a crop keeps; defaults to 0.08. */
  readonly cropMin?: number | undefined;
  /** Defaults to 0. */
  readonly seed?: number | undefined;
}

/** What the classifier is worth; on views with the rate that was chosen. */
export type LinearResult = ClassTable & Partial<Pick<LinearViewsResult, 'lr' | 'validation'>>;

/** What `measureLinear` found. */
export interface LinearMeasurement {
  /** One for each encoder. */
  readonly records: readonly EvaluationRecord<LinearResult>[];
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** How many images they have. */
  readonly sizes: ClassSizes;
}

/**
 * What a linear classifier on the frozen features of encoders gets right. The result is recorded in
 * the run of the encoders, and the classifier kept there.
 * @throws UserError where encoder and images do not suit each other, or every rate diverges;
 * UsageError where `lr` does not suit the protocol
 * @example
 * ```ts
 * import { measureLinear } from 'tandem-vision';
 *
 * const { records } = await measureLinear({
 *   ...{ encoder: 'runs/mine', images: 'pictures', protocol: 'features', epochs: 20 },
 * });
 * console.log(records[0]?.result.accuracy);
 * ```
 */
export async function measureLinear(options: LinearMeasureOptions, hooks: JobHooks = {}): Promise<LinearMeasurement> {
  const { protocol = 'views', lr } = options;
  if (protocol === 'features' && lr !== undefined && lr.length !== 2) {
    throw new UsageError(
      `--lr must be the first and the last rate on features, such as ${linearFeaturesDefaults.lr.join(',')}`,
    );
  }
  const probe = protocol === 'views' ? onViews : onFeatures;
  return withOpened('linear', { ...options, which: options.which ?? 'kept' }, hooks, (opened) => {
    const records = opened.encoders.map((encoder) => probe(encoder, options, opened, hooks));
    recordAll('linear', options.images, records, hooks);
    return { records, classes: opened.classes, sizes: classSizes(opened) };
  });
}

function onViews(
  opened: OpenedEncoder,
  { epochs, batch, weightDecay, seed, lr: rates, cropMin = 0.08 }: LinearMeasureOptions,
  { reference, queries, view, device, classes }: Opened,
  hooks: JobHooks,
): EvaluationRecord<LinearResult> {
  const settings: LinearViewsSettings = {
    ...linearViewsDefaults,
    ...defined({ epochs, batch, weightDecay, seed, rates }),
  };
  const crop = [cropMin, 1] as const;
  const context = {
    trainingView: cropView(view, crop),
    view,
    device,
    memoryFormat: 'channelsLast',
    onProgress: hooks.onProgress,
  } as const;
  const probe = linearOnViews(opened.encoder, reference, queries, settings, context);
  const { lr, validation, temperature, classifier } = probe;
  keepLinear(opened, classifier, classes, temperature, hooks);
  const protocol = { optimizer: 'SGD', schedule: 'cosine', crop, flip: 0.5, heldOut: 0.1 };
  const counts = { bank: reference.count, queries: queries.count };
  const result = { ...classTable(probe, queries.labels, classes, temperature), lr, validation };
  return evaluationRecord(opened, 'linear (views)', { ...protocol, ...settings, ...counts }, result);
}

function onFeatures(
  encoder: OpenedEncoder,
  { epochs, batch, weightDecay, seed, lr }: LinearMeasureOptions,
  opened: Opened,
  hooks: JobHooks,
): EvaluationRecord<LinearResult> {
  const { reference, queries, classes } = opened;
  const own = defined({ epochs, batch, weightDecay, seed, lr: lr as readonly [number, number] | undefined });
  const settings: LinearFeaturesSettings = { ...linearFeaturesDefaults, ...own };
  const { temperature, ...answers } = scope(() => {
    const known = featuresOf(encoder, reference, 'training images', opened, hooks);
    const asked = featuresOf(encoder, queries, 'queries', opened, hooks);
    const answers = linearOnFeatures(known, reference.labels, asked, classes.length, settings, (done, total) =>
      hooks.onProgress?.(done, total, 'epochs'),
    );
    return { ...answers, temperature: heldOutTemperature(known, reference.labels, classes.length, settings, hooks) };
  });
  keepLinear(encoder, answers.classifier, classes, temperature, hooks);
  const protocol = { optimizer: 'Adam', schedule: 'exponential' };
  const counts = { bank: reference.count, queries: queries.count };
  const result = classTable(answers, queries.labels, classes, temperature);
  return evaluationRecord(encoder, 'linear (features)', { ...protocol, ...settings, ...counts }, result);
}

/**
 * The temperature of a second classifier, which does not see a tenth of the training images, on
 * that tenth; 1 where no class has an image to spare.
 */
function heldOutTemperature(
  x: Tensor,
  labels: Int32Array,
  classes: number,
  settings: LinearFeaturesSettings,
  { onProgress }: JobHooks,
): number {
  const { reference, queries } = holdOut(labels, 0);
  if (queries.length === 0) return 1;
  const rows = (some: readonly number[]) => x.indexSelect(0, tensor(Int32Array.from(some), { device: x.device }));
  const of = (some: readonly number[]) => Int32Array.from(some, (i) => labels[i] as number);
  const held = linearOnFeatures(rows(reference), of(reference), rows(queries), classes, settings, (done, total) =>
    onProgress?.(done, total, 'epochs, to calibrate'),
  );
  return fitTemperature(held.scores, of(queries), classes);
}

/** Random crops and flips, no colours changed. */
function cropView({ size, mean, std }: View, scale: readonly [number, number]): View {
  return smallView({
    size,
    channels: mean.length,
    mean,
    std,
    crop: { scale, ratio: [3 / 4, 4 / 3] },
    jitter: null,
    gray: 0,
  });
}
