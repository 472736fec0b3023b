import { percent } from '../math.js';
import { classesOf, type RunRecord, series } from '../runs/run-record.js';
import type { KnnBaselines } from './baselines.js';
import type { Line, Plot } from './browser/data.js';
import { collapsedStd, projectionWidth } from './warnings.js';

/** A chart of the report, and how to read it. */
export interface Curve {
  /** What is drawn. */
  readonly chart: Plot;
  /** What stands above it. */
  readonly title: string;
  /** How to read it. */
  readonly reading: string;
  /** Whether it is one of those that everyone should look at. */
  readonly main: boolean;
}

interface Known {
  readonly title: string;
  readonly reading: string;
  /** Names in the metrics, with what each is called in the chart. */
  readonly lines: Readonly<Record<string, string>>;
  readonly percent?: boolean;
}

const known: readonly Known[] = [
  {
    title: 'k-NN accuracy',
    reading: 'Share of queries whose nearest neighbour has their class. Higher is better.',
    lines: { knnStudent: 'student', knnTeacher: 'teacher', knnAverage: 'average' },
    percent: true,
  },
  {
    title: 'k-NN accuracy, 200 neighbours',
    reading: 'The same, with a weighted vote of 200 neighbours.',
    lines: { knn200Student: 'student', knn200Teacher: 'teacher', knn200Average: 'average' },
    percent: true,
  },
  { title: 'Loss', reading: 'Mean over the epoch. It should fall.', lines: { loss: 'loss' } },
  { title: 'Learning rate', reading: 'Of the last step of each epoch.', lines: { lr: 'learning rate' } },
  {
    title: 'Lambda',
    reading: 'Strength of the pull that holds the student near its teacher.',
    lines: { lambda: 'lambda' },
  },
  {
    title: 'Distance of student and teacher',
    reading: 'Length of the difference of their parameters.',
    lines: { distance: 'distance' },
  },
  {
    title: 'Embedding spread',
    reading: 'Standard deviation of unit embeddings. It should stay near the healthy level; 0 is collapse.',
    lines: { embeddingStd: 'standard deviation' },
  },
  {
    title: 'Effective rank',
    reading: 'How many dimensions the embeddings use. Higher is better.',
    lines: { effectiveRank: 'effective rank' },
  },
  { title: 'Speed', reading: 'Images a second while training.', lines: { imagesPerSecond: 'images a second' } },
];

/** Numbers that count on and on: they say nothing as a curve. */
const counters = new Set(['epoch', 'step', 'imagesSeen', 'seconds']);

/**
 * The curves a run has numbers for: the known ones, then one for each other number of its method.
 */
export function curvesOf(run: RunRecord, baselines?: KnnBaselines): Curve[] {
  const names = new Set(run.metrics.flatMap((record) => Object.keys(record)));
  const taken = new Set(known.flatMap(({ lines }) => Object.keys(lines)));
  const others = [...names]
    .filter((name) => !taken.has(name) && !counters.has(name))
    .map((name): Known => ({ title: name, reading: '', lines: { [name]: name } }));
  return [...known.map((one) => [one, true] as const), ...others.map((one) => [one, false] as const)].flatMap(
    ([one, main], i) => curve(run, one, main, `curve-${i}`, baselines) ?? [],
  );
}

function curve(
  run: RunRecord,
  { title, reading, lines: names, percent: isShare }: Known,
  main: boolean,
  id: string,
  baselines: KnnBaselines | undefined,
): Curve | undefined {
  const epochs = run.metrics.map((record, i) => (typeof record.epoch === 'number' ? record.epoch : i + 1));
  const lines = Object.entries(names).flatMap(([key, name]): Line[] => {
    const values = series(run, key).map((x) => x ?? null);
    const role = name === 'student' || name === 'teacher' || name === 'average' ? name : 'plain';
    return values.some((x) => x !== null) ? [{ name, values, role }] : [];
  });
  if (lines.length === 0) return undefined;
  const levels = 'embeddingStd' in names ? spreadLevels(run) : 'knnStudent' in names ? knnLevels(run, baselines) : [];
  const chart = { id, epochs, lines: [...lines, ...levels], ...(isShare && { percent: isShare }) };
  const said =
    isShare && levels.map(({ name, values: [value] }) => `${name} ${percent(value as number, 1)}`).join(', ');
  return { chart, title, reading: said ? `${reading} To beat: ${said}.` : reading, main };
}

/** What a network has to beat that has learned something. */
function knnLevels(run: RunRecord, baselines: KnnBaselines | undefined): Line[] {
  return [
    ...(baselines ? [level(run, 'raw pixels', baselines.pixels), level(run, 'untrained', baselines.untrained)] : []),
    ...[classesOf(run)?.majority ?? []].flat().map((share) => level(run, 'largest class', share)),
  ];
}

const level = (run: RunRecord, name: string, value: number): Line => {
  return { name, values: run.metrics.map(() => value), role: 'limit' };
};

function spreadLevels(run: RunRecord): Line[] {
  const d = projectionWidth(run);
  if (d === undefined) return [];
  return [level(run, 'healthy', 1 / Math.sqrt(d)), level(run, 'collapsed', collapsedStd(d))];
}
