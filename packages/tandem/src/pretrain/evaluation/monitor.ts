import { cat, type Device, noGrad, scope, type Tensor } from '@tandem/torch';
import { accuracy, type Diagnostics, diagnose, features, type KnnSplit, knnVotes } from '../../evaluate/index.js';
import { type ImageSet, inOrder, slice, subset } from '../../images/index.js';
import type { Method } from '../../methods/method.js';
import type { Branch, Encoder } from '../../networks/index.js';
import { makeViews, type View } from '../../views/index.js';
import { NotFiniteError } from '../finite.js';

/** How and on what the encoders are looked at. */
export interface Look {
  readonly view: View;
  readonly device: Device;
  readonly memoryFormat: 'contiguous' | 'channelsLast';
}

/**
 * A look that takes long, in parts of a second or so: whoever goes through it can show how far it
 * is, and stop in between.
 */
export type LongLook<Result> = Generator<{ readonly done: number; readonly total: number }, Result, void>;

const partSize = 500;

/** How good an encoder's neighbours are, in shares of queries. */
export interface KnnAccuracy {
  /** The nearest neighbour has their class. */
  readonly nearest: number;
  /**
   * 200 neighbours, weighted at temperature 0.1, vote for their class; absent with a smaller
   * reference set.
   */
  readonly weighted?: number;
}

/** The neighbours that vote for `weighted`. */
const voters = 200;

/**
 * What nearest neighbours in the reference set tell about the queries' classes, in one pass over
 * the images.
 */
export function* knnAccuracy(encoder: Encoder, { reference, queries }: KnnSplit, look: Look): LongLook<KnnAccuracy> {
  const parts = new Map<ImageSet, Tensor[]>();
  const total = reference.count + queries.count;
  let done = 0;
  let known: Tensor | undefined;
  try {
    for (const set of [reference, queries]) {
      const own: Tensor[] = [];
      parts.set(set, own);
      for (let from = 0; from < set.count; from += partSize) {
        const part = slice(set, from, Math.min(from + partSize, set.count));
        own.push(features(encoder, part, look));
        done += part.count;
        yield { done, total };
      }
    }
    const all = cat(parts.get(reference) as Tensor[]).keep();
    known = all;
    const votes = [{ k: 1 }, ...(reference.count >= voters ? [{ k: voters, temperature: 0.1 }] : [])];
    const right = votes.map(() => 0);
    let asked = 0;
    // A part of the queries at a time, so that whoever waits can stop in between.
    for (const part of parts.get(queries) as Tensor[]) {
      const labels = queries.labels.subarray(asked, asked + (part.shape[0] as number));
      const predicted = scope(() => knnVotes(all, reference.labels, part, votes));
      predicted.forEach((classes, v) => {
        right[v] = (right[v] as number) + Math.round(accuracy(classes, labels) * labels.length);
      });
      asked += labels.length;
      yield { done: total, total };
    }
    const [nearest, weighted] = right.map((count) => count / queries.count);
    return { nearest: nearest as number, ...(weighted !== undefined && { weighted }) };
  } finally {
    for (const x of [...[...parts.values()].flat(), ...(known ? [known] : [])]) x.dispose();
  }
}

/** How often a classifier on an encoder names the queries' classes. */
export function* classAccuracy(network: Branch, { queries }: KnnSplit, look: Look): LongLook<number> {
  let right = 0;
  for (let from = 0; from < queries.count; from += partSize) {
    const part = slice(queries, from, Math.min(from + partSize, queries.count));
    right += scope(() => {
      const named = Int32Array.from(features(network, part, look).argmax({ dim: 1 }).data(), Number);
      return named.filter((label, i) => label === part.labels?.[i]).length;
    });
    yield { done: from + part.count, total: queries.count };
  }
  return right / queries.count;
}

const diagnosedImages = 2048;

/** At most `n` images at even distances, since sets often lie class by class. */
function spread(set: ImageSet, n: number): ImageSet {
  if (set.count <= n) return set;
  return subset(
    set,
    Uint32Array.from({ length: n }, (_, i) => Math.floor((i * set.count) / n)),
  );
}

/**
 * Diagnostics of the student's projections, in evaluation mode, of two training views of up to
 * 2,048 images.
 * @throws NotFiniteError when a projection is infinite or not a number
 */
export function* diagnoseStudent(method: Method, set: ImageSet, seed: number, look: Look): LongLook<Diagnostics> {
  const { student } = method;
  const [first, second = first] = method.views as readonly [View, View?]; // of one view two draws
  const views = [first, second];
  const some = spread(set, diagnosedImages);
  const projected: Tensor[][] = [];
  let done = 0;
  try {
    for (const batch of inOrder(some, 256)) {
      projected.push(
        inEvaluationMode(student, () =>
          makeViews(batch, set, views, { seed, draw: 0 }, look.device).map((x) =>
            student.embed(placed(x, look)).keep(),
          ),
        ),
      );
      done += batch.indices.length;
      yield { done, total: some.count };
    }
    return scope(() => {
      const [a, b] = views.map((_, i) => cat(projected.map((part) => part[i] as Tensor)));
      if (!a?.isfinite().all().item()) throw new NotFiniteError("the student's projections are not finite any more");
      return diagnose(a, b as Tensor);
    });
  } finally {
    for (const x of projected.flat()) x.dispose();
  }
}

function inEvaluationMode(student: Method['student'], fn: () => Tensor[]): Tensor[] {
  const { training } = student;
  student.eval();
  try {
    return scope(() => noGrad(fn));
  } finally {
    student.train(training);
  }
}

function placed(x: Tensor, { memoryFormat }: Look): Tensor {
  return memoryFormat === 'channelsLast' ? x.to({ memoryFormat }) : x;
}
