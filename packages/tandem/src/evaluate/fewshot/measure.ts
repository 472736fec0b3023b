import { scope } from 'tandem-torch';
import { UsageError } from '../../errors.js';
import { l2Normalize } from '../../math.js';
import type { OpenedEncoder } from '../../runs/index.js';
import type { JobHooks } from '../hooks.js';
import type { LabelledSet } from '../labels.js';
import { featuresOf, type MeasureOptions, type Opened, withOpened } from '../open.js';
import { type EvaluationRecord, evaluationRecord, recordAll } from '../record.js';
import { type EpisodeMean, fewShotScores, type Labelled } from './episodes.js';

/** Which encoders and images, and how episodes are drawn. */
export interface FewShotOptions extends MeasureOptions {
  /** Classes of an episode; defaults to 5. */
  readonly ways?: number | undefined;
  /** Labelled images of each class; one measurement for each number. Defaults to 1 and 5. */
  readonly shots?: readonly number[] | undefined;
  /** Defaults to 600. */
  readonly episodes?: number | undefined;
  /** Defaults to 0. */
  readonly seed?: number | undefined;
}

/** What one number of shots is worth: by class means, and by single images. */
export interface FewShotResult extends EpisodeMean {
  /** By the nearest labelled image, where `accuracy` is by the nearest class mean. */
  readonly nearest: EpisodeMean;
}

/** What `measureFewShot` found. */
export interface FewShotMeasurement {
  /** One for each encoder and number of shots, encoder by encoder. */
  readonly records: readonly EvaluationRecord<FewShotResult>[];
}

/** Images of each class that are asked about, as is usual, where there are so many. */
const usualAsked = 15;

/**
 * What a few labels are worth to encoders, in episodes of a few classes each. Labelled images come
 * from the reference set, those asked about from the queries. The result is recorded in the run of
 * the encoders.
 * @throws UserError where encoder and images do not suit each other, or too few classes have so
 * many images; UsageError for numbers that make no episode
 */
export async function measureFewShot(options: FewShotOptions, hooks: JobHooks = {}): Promise<FewShotMeasurement> {
  const { ways = 5, shots = [1, 5], episodes = 600, seed = 0 } = options;
  if (ways < 2) throw new UsageError(`--ways must be at least 2, got ${ways}`);
  if (episodes < 2) throw new UsageError(`--episodes must be at least 2, got ${episodes}`);
  return withOpened('few shots', { ...options, which: options.which ?? 'kept' }, hooks, (opened) => {
    const asked = askedOf(opened.queries.labels, ways);
    const records = opened.encoders.flatMap((encoder) => {
      const known = unit(encoder, opened.reference, 'reference set', opened, hooks);
      const queries = unit(encoder, opened.queries, 'queries', opened, hooks);
      return shots.map((some, i) => {
        const settings = { ways, shots: some, asked, episodes, seed };
        const { prototypes, nearest } = fewShotScores(known, queries, settings);
        hooks.onProgress?.(i + 1, shots.length, 'episodes');
        const counts = { bank: opened.reference.count, queries: opened.queries.count };
        return evaluationRecord(encoder, 'few-shot', { ...settings, ...counts }, { ...prototypes, nearest });
      });
    });
    recordAll('fewshot', options.images, records, hooks);
    return { records };
  });
}

/** As many as is usual, or as the smallest of the `ways` largest classes has. */
function askedOf(labels: Int32Array, ways: number): number {
  const sizes = new Map<number, number>();
  for (const label of labels) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  const largest = [...sizes.values()].sort((a, b) => b - a);
  return Math.max(1, Math.min(usualAsked, largest[ways - 1] ?? 1));
}

function unit(encoder: OpenedEncoder, set: LabelledSet, what: string, opened: Opened, hooks: JobHooks): Labelled {
  const rows = scope(() =>
    l2Normalize(featuresOf(encoder, set, what, opened, hooks))
      .to('cpu')
      .contiguous()
      .data(),
  );
  return { rows: Float32Array.from(rows as Float32Array), labels: set.labels, width: encoder.encoder.featureWidth };
}
