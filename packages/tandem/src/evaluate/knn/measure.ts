import { scope } from 'tandem-torch';
import { UsageError } from '../../errors.js';
import type { OpenedEncoder } from '../../runs/index.js';
import { type ClassSizes, classSizes } from '../classes.js';
import type { JobHooks } from '../hooks.js';
import { featuresOf, type MeasureOptions, type Opened, withOpened } from '../open.js';
import { type EvaluationRecord, evaluationRecord, recordAll } from '../record.js';
import { accuracy } from '../scores.js';
import { type Baseline, baselineOf, knnBaselines } from './baselines.js';
import { knnVotes, type Vote } from './knn.js';

/** Which encoders and images, and how neighbours vote. */
export interface KnnMeasureOptions extends MeasureOptions {
  /** Neighbours that vote; defaults to 1, and 200 where the reference set has so many. */
  readonly k?: number | undefined;
  /** For k > 1; defaults to 0.1. */
  readonly temperature?: number | undefined;
  /** Whether raw pixels and the untrained network are measured too. */
  readonly baselines?: boolean | undefined;
}

/** What `measureKnn` found. */
export interface KnnMeasurement {
  /** One for each encoder and way to vote, encoder by encoder. */
  readonly records: readonly EvaluationRecord<{ readonly accuracy: number; readonly majority: number }>[];
  /** The ways to vote that were measured. */
  readonly votes: readonly Vote[];
  /** The baselines, and the first encoder beside them, where they were asked for. */
  readonly baselines?: readonly Baseline[];
  /** Images of the reference set. */
  readonly reference: number;
  /** Images of the queries. */
  readonly queries: number;
  /** How many classes there are, and how large. */
  readonly classes: ClassSizes;
}

/** The paper's, and the weighted votes in use elsewhere (MoCo's demo, Wu et al.). */
const usual: readonly Vote[] = [{ k: 1 }, { k: 200, temperature: 0.1 }, { k: 200, temperature: 0.07 }];

/**
 * How good the features of encoders are, by the labels of nearest neighbours. The result is
 * recorded in the run of the encoders.
 * @throws UserError where encoder and images do not suit each other; UsageError for a `k` above the
 * images of the reference set
 * @example
 * ```ts
 * import { measureKnn } from 'tandem-vision';
 *
 * const { records } = await measureKnn({ encoder: 'runs/mine', images: 'pictures', k: 1 });
 * for (const { encoder, result } of records) console.log(encoder, result.accuracy);
 * ```
 */
export function measureKnn(options: KnnMeasureOptions, hooks: JobHooks = {}): Promise<KnnMeasurement> {
  return withOpened('k-NN', { ...options, which: options.which ?? 'both' }, hooks, (opened) => {
    const measurement = measure(opened, options, hooks);
    recordAll('knn', options.images, measurement.records, hooks);
    return measurement;
  });
}

function measure(opened: Opened, options: KnnMeasureOptions, hooks: JobHooks): KnnMeasurement {
  const { encoders, reference, queries, device } = opened;
  const votes = votesFor(options, reference.count);
  const classes = classSizes(opened);
  const [first] = votes as [Vote];
  const { card } = encoders[0] as OpenedEncoder;
  const beaten: Baseline[] = options.baselines
    ? knnBaselines(opened, { card, device, onProgress: hooks.onProgress, ...first })
    : [];
  const records = encoders.flatMap((encoder, i) =>
    scope(() => {
      const known = featuresOf(encoder, reference, 'reference set', opened, hooks);
      const asked = featuresOf(encoder, queries, 'queries', opened, hooks);
      const predicted = knnVotes(known, reference.labels, asked, votes);
      if (options.baselines && i === 0) beaten.push(baselineOf('pretrained encoder', [known, asked], opened, first));
      return votes.map((vote, v) => {
        const settings = { ...vote, bank: reference.count, queries: queries.count };
        const right = accuracy(predicted[v] as Int32Array, queries.labels);
        const result = { accuracy: right, majority: classes.majority };
        return evaluationRecord(encoder, 'k-NN', settings, result);
      });
    }),
  );
  return {
    records,
    votes,
    ...(options.baselines && { baselines: beaten }),
    reference: reference.count,
    queries: queries.count,
    classes,
  };
}

function votesFor({ k, temperature = 0.1 }: KnnMeasureOptions, most: number): readonly Vote[] {
  if (k === undefined) return usual.filter((vote) => (vote.k as number) <= most);
  if (k > most) throw new UsageError(`--k must be at most ${most}, the number of labelled images, got ${k}`);
  return [k === 1 ? { k } : { k, temperature }];
}
