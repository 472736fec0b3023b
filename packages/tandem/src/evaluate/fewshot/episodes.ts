import { UserError } from '../../errors.js';
import { permutation, stream } from '../../random.js';

/** How episodes are drawn. */
export interface EpisodeSettings {
  /** Classes of an episode. */
  readonly ways: number;
  /** Labelled images of each class. */
  readonly shots: number;
  /** Images of each class that are asked about. */
  readonly asked: number;
  /** How many episodes. */
  readonly episodes: number;
  /** Of the draws. */
  readonly seed: number;
}

/** A mean over episodes. */
export interface EpisodeMean {
  /** Of the episodes' accuracies, a share. */
  readonly accuracy: number;
  /** Half the width of its 95 % interval: 1.96 standard errors over episodes. */
  readonly interval: number;
}

/** What both classifiers get right. */
export interface FewShotScores {
  /**
   * By the nearest class mean (Snell et al., 2017, "Prototypical networks for few-shot learning").
   */
  readonly prototypes: EpisodeMean;
  /** By the nearest labelled image. */
  readonly nearest: EpisodeMean;
}

/** Images as rows of length 1, and their classes. */
export interface Labelled {
  /** [n, width], row by row; rows that are all zero are like nothing. */
  readonly rows: Float32Array;
  readonly labels: Int32Array;
  readonly width: number;
}

/** What the draws of an episode are for. */
const purpose = { classes: 0x6672_0001, known: 0x6672_0002, asked: 0x6672_0003 } as const;

/**
 * Few-shot classification by cosine similarity: in each episode a few classes are drawn, of each a
 * few images from those whose labels are known, and others to ask about. The draws are functions of
 * seed and episode alone.
 * @param known images whose labels may be known @param queries images that are asked about
 * @throws UserError where too few classes have so many images
 */
export function fewShotScores(known: Labelled, queries: Labelled, settings: EpisodeSettings): FewShotScores {
  const { ways, shots, asked, episodes, seed } = settings;
  const [support, wanted] = [byClass(known.labels), byClass(queries.labels)];
  const able = [...support.keys()]
    .filter((label) => (support.get(label)?.length ?? 0) >= shots && (wanted.get(label)?.length ?? 0) >= asked)
    .sort((a, b) => a - b);
  if (able.length < ways) {
    throw new UserError(
      `few shots: ${able.length} classes have ${shots} images to know and ${asked} to ask about, ${ways} are needed; give fewer --ways or --shots`,
    );
  }
  const right = { prototypes: new Float64Array(episodes), nearest: new Float64Array(episodes) };
  for (let episode = 0; episode < episodes; episode++) {
    const classes = Array.from(
      permutation(able.length, seed, purpose.classes, episode).subarray(0, ways),
      (i) => able[i] as number,
    );
    const draw = (of: Map<number, number[]>, label: number, n: number, what: number) =>
      sample(of.get(label) as number[], n, seed, what, episode, label);
    const shown = classes.map((label) => draw(support, label, shots, purpose.known));
    const means = shown.map((rows) => meanRow(known, rows));
    for (const [c, label] of classes.entries()) {
      for (const i of draw(wanted, label, asked, purpose.asked)) {
        const row = queries.rows.subarray(i * queries.width, (i + 1) * queries.width);
        const byMean = nearestOf(means.map((mean) => dot(mean, row)));
        const byImage = nearestOf(shown.map((rows) => Math.max(...rows.map((r) => dotAt(known, r, row)))));
        right.prototypes[episode] = (right.prototypes[episode] as number) + Number(byMean === c);
        right.nearest[episode] = (right.nearest[episode] as number) + Number(byImage === c);
      }
    }
  }
  const each = ways * asked;
  return { prototypes: meanOf(right.prototypes, each), nearest: meanOf(right.nearest, each) };
}

function byClass(labels: Int32Array): Map<number, number[]> {
  const found = new Map<number, number[]>();
  for (const [i, label] of labels.entries()) {
    const own = found.get(label);
    if (own) own.push(i);
    else found.set(label, [i]);
  }
  return found;
}

/** n of them at random, none twice. */
function sample(all: readonly number[], n: number, seed: number, ...keys: number[]): number[] {
  const random = stream(seed, ...keys);
  const rest = [...all];
  for (let i = 0; i < n; i++) {
    const j = i + random.below(rest.length - i);
    [rest[i], rest[j]] = [rest[j] as number, rest[i] as number];
  }
  return rest.slice(0, n);
}

/** The mean of some rows, brought to length 1; zero where they cancel out. */
function meanRow({ rows, width }: Labelled, some: readonly number[]): Float64Array {
  const mean = new Float64Array(width);
  for (const r of some) for (let j = 0; j < width; j++) mean[j] = (mean[j] as number) + (rows[r * width + j] as number);
  const length = Math.sqrt(dot(mean, mean));
  return length === 0 ? mean : mean.map((x) => x / length);
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += (a[j] as number) * (b[j] as number);
  return sum;
}

function dotAt({ rows, width }: Labelled, r: number, b: ArrayLike<number>): number {
  let sum = 0;
  for (let j = 0; j < width; j++) sum += (rows[r * width + j] as number) * (b[j] as number);
  return sum;
}

/** The first of the greatest. */
function nearestOf(similarities: readonly number[]): number {
  return similarities.reduce((best, x, i) => (x > (similarities[best] as number) ? i : best), 0);
}

function meanOf(right: Float64Array, each: number): EpisodeMean {
  const n = right.length;
  const shares = right.map((count) => count / each);
  const accuracy = shares.reduce((sum, x) => sum + x, 0) / n;
  const variance = shares.reduce((sum, x) => sum + (x - accuracy) ** 2, 0) / Math.max(1, n - 1);
  return { accuracy, interval: 1.96 * Math.sqrt(variance / n) };
}
