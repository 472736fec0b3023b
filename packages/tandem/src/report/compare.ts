import { resolve } from 'node:path';
import { UsageError } from '../errors.js';
import { withoutAliases } from '../pretrain/index.js';
import { type EncoderName, knnColumn } from '../runs/encoder-names.js';
import { imagesKey, numberIn, type RunRecord } from '../runs/run-record.js';
import { columnsOf, type EvaluationColumn } from './evaluation-columns.js';

/** A number measured in several runs. */
export interface Statistic {
  /** Over the runs. */
  readonly mean: number;
  /** Standard deviation over the square root of n; absent for one run. */
  readonly standardError?: number;
  /** One a run, in the order of the row's runs; those that lack it are left out. */
  readonly values: readonly number[];
}

/** Runs that differ in nothing but their seed. */
export interface ComparisonRow {
  /** By name. */
  readonly method: string;
  /** The settings that are not the same in all rows of the table. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The names of their folders. */
  readonly runs: readonly string[];
  /** In the order of `runs`. */
  readonly seeds: readonly unknown[];
  /** Epochs that are done; fewer than `epochsAsked` where the runs stopped early. */
  readonly epochs: number;
  /** Epochs that were asked for. */
  readonly epochsAsked: number;
  /** Which encoder the runs keep; absent where it is not known, or not the same. */
  readonly kept?: EncoderName;
  /** Accuracies, shares, by column. */
  readonly accuracies: Readonly<Record<string, Statistic>>;
  /** Student steps of each run. */
  readonly steps: number;
  /** Images in all steps of each run. */
  readonly imagesSeen: number;
  /** Of a run, evaluation included; undefined where they are not known. */
  readonly seconds: Statistic | undefined;
}

/** Runs on the same images: their numbers can be compared. */
export interface ComparisonTable {
  /** What all k-NN accuracies of pretraining in this table were measured on. */
  readonly protocol: { readonly images: unknown; readonly limit: unknown; readonly size: unknown };
  /** The names of the accuracies that at least one row has. */
  readonly columns: readonly string[];
  /** One for each configuration. */
  readonly rows: readonly ComparisonRow[];
}

/** Runs side by side. */
export interface Comparison {
  /** One for each set of images that runs learned from. */
  readonly tables: readonly ComparisonTable[];
  /** What must be known to read the tables rightly. */
  readonly remarks: readonly string[];
}

/** What makes no row of its own: the seed is averaged over, and the others change no result. */
const ignored: ReadonlySet<string> = new Set([
  'images', // they have a table of their own
  'seed',
  'dataRoot',
  'cache',
  'knnEvery',
  'saveMinutes',
  'saveSteps',
  'graph',
  'tandem',
]);

const keptColumn = 'k-NN kept';

const pretrainingColumns: Readonly<Record<string, string>> = {
  knnStudent: 'k-NN student',
  knnTeacher: 'k-NN teacher',
  knnAverage: 'k-NN average',
  knn200Student: 'k-NN 200 student',
  knn200Teacher: 'k-NN 200 teacher',
  knn200Average: 'k-NN 200 average',
};

/**
 * Puts runs side by side. Runs that learned from and are measured on other images stand in other
 * tables, and evaluations with other settings in other columns, so that no mean goes over different
 * protocols.
 * @throws UsageError when a run is given twice
 * @example
 * ```ts
 * import { compareRuns, readRun, writeReport } from 'tandem-vision';
 *
 * const { tables } = compareRuns([readRun('runs/mine')]);
 * for (const { rows } of tables) console.log(rows.map(({ method }) => method).join()); // simclr
 * console.log(await writeReport('runs/mine'));
 * ```
 */
export function compareRuns(given: readonly RunRecord[]): Comparison {
  // Runs of earlier versions have other words for the same.
  const runs = given.map((run) => ({ ...run, config: withoutAliases(run.config) }));
  const seen = new Set<string>();
  for (const { path } of runs) {
    if (seen.has(resolve(path))) throw new UsageError(`${path} is given twice; its numbers would count double`);
    seen.add(resolve(path));
  }
  const { columns, remarks } = columnsOf(runs);
  const groups = grouped(runs, (run) => [imagesKey(run), run.config.limit, run.config.size]);
  const tables = groups.map((group) => tableOf(group, columns));
  const lost = runs.flatMap((run) => run.lost ?? []);
  return { tables, remarks: [...remarksOn(tables, runs), ...remarks, ...lost] };
}

function tableOf(runs: readonly RunRecord[], evaluated: readonly EvaluationColumn[]): ComparisonTable {
  const [first] = runs as [RunRecord];
  const rows = grouped(runs, (run) => [identity(run), epochsOf(run)]);
  const names = differing(rows.map(([{ config }]) => config));
  const filled = rows.map((group) => rowOf(group, names, evaluated));
  const columns = [keptColumn, ...Object.values(pretrainingColumns), ...evaluated.map(({ name }) => name)];
  return {
    protocol: { images: first.config.images, limit: first.config.limit, size: first.config.size },
    columns: columns.filter((column) => filled.some(({ accuracies }) => column in accuracies)),
    rows: filled,
  };
}

/**
 * Settings that are not the same in all; one that other methods do not have counts among the runs
 * of its own.
 */
function differing(configs: readonly RunRecord['config'][]): string[] {
  const names = [...new Set(configs.flatMap((config) => Object.keys(config)))];
  return names.filter((name) => {
    if (name === 'method' || ignored.has(name)) return false;
    const given = configs.filter((config) => config[name] !== undefined);
    const methods = new Set(given.map(({ method }) => method));
    return distinct(configs.filter(({ method }) => methods.has(method)).map((config) => config[name])).length > 1;
  });
}

function rowOf(
  runs: readonly [RunRecord, ...RunRecord[]],
  names: readonly string[],
  evaluated: readonly EvaluationColumn[],
): ComparisonRow {
  const [{ config, metrics, kept }] = runs;
  const last = metrics.at(-1);
  const accuracies: Record<string, Statistic> = {};
  const add = (column: string, values: readonly (number | undefined)[]) => {
    const found = statisticOf(values);
    if (found) accuracies[column] = found;
  };
  add(keptColumn, runs.map(keptAccuracy));
  for (const [key, column] of Object.entries(pretrainingColumns)) {
    add(
      column,
      runs.map((run) => numberIn(run.metrics.at(-1), key)),
    );
  }
  for (const { name, accuracyOf } of evaluated) add(name, runs.map(accuracyOf));
  return {
    method: String(config.method),
    settings: Object.fromEntries(names.map((name) => [name, config[name]])),
    runs: runs.map(({ path }) => path),
    seeds: runs.map((run) => run.config.seed),
    epochs: epochsOf(runs[0]),
    epochsAsked: numberIn(config, 'epochs') ?? 0,
    ...(kept !== undefined && runs.every((run) => run.kept === kept) && { kept }),
    accuracies,
    steps: numberIn(last, 'step') ?? 0,
    imagesSeen: numberIn(last, 'imagesSeen') ?? 0,
    seconds: statisticOf(runs.map((run) => numberIn(run.metrics.at(-1), 'seconds'))),
  };
}

/** Of the encoder that the run keeps: not always the better one. */
function keptAccuracy({ kept, metrics }: RunRecord): number | undefined {
  if (kept === undefined) return undefined;
  return numberIn(metrics.at(-1), knnColumn(kept));
}

/**
 * Mean and standard error, with the deviation of a sample (n - 1). Undefined where nothing was
 * measured.
 */
export function statisticOf(all: readonly (number | undefined)[]): Statistic | undefined {
  const values = all.filter((x) => x !== undefined);
  const n = values.length;
  if (n === 0) return undefined;
  const mean = values.reduce((sum, x) => sum + x, 0) / n;
  if (n === 1) return { mean, values };
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n - 1);
  return { mean, standardError: Math.sqrt(variance / n), values };
}

function remarksOn(tables: readonly ComparisonTable[], runs: readonly RunRecord[]): string[] {
  const remarks: string[] = [];
  if (runs.length === 1) remarks.push('One run only: give more run folders to compare it with.');
  if (tables.length > 1) {
    remarks.push(
      'Runs on other images, with another limit or size stand in tables of their own: do not compare across tables.',
    );
  }
  for (const { runs: paths, seeds, epochs, epochsAsked } of tables.flatMap(({ rows }) => rows)) {
    const some = paths.length > 1 ? `${paths[0]} and ${paths.length - 1} more` : paths[0];
    if (epochs === 0) remarks.push(`${some}: no epoch is over yet, so there are no numbers.`);
    else if (epochs < epochsAsked) remarks.push(`${some}: stopped after ${epochs} of ${epochsAsked} epochs.`);
    if (distinct(seeds).length < seeds.length) {
      remarks.push(`${some}: the same seed twice; the standard error is too small for that.`);
    }
  }
  const versions = runs.map(({ config }) => String((config.tandem as { version?: unknown } | undefined)?.version));
  if (new Set(versions).size > 1) {
    remarks.push(`The runs are of different versions of Tandem: ${[...new Set(versions)].join(', ')}.`);
  }
  return remarks;
}

function identity({ config }: RunRecord): unknown {
  return Object.entries(config)
    .filter(([name]) => !ignored.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

const epochsOf = ({ metrics }: RunRecord) => numberIn(metrics.at(-1), 'epoch') ?? 0;

/** Runs with equal keys together, in the order in which they come first. */
function grouped(runs: readonly RunRecord[], keyOf: (run: RunRecord) => unknown): [RunRecord, ...RunRecord[]][] {
  const groups = new Map<string, [RunRecord, ...RunRecord[]]>();
  for (const run of runs) {
    const key = JSON.stringify(keyOf(run));
    const group = groups.get(key);
    if (group) group.push(run);
    else groups.set(key, [run]);
  }
  return [...groups.values()];
}

const distinct = (values: readonly unknown[]) => [...new Set(values.map((value) => JSON.stringify(value)))];
