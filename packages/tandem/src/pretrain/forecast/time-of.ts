import { noGrad, randn, scope, type Tensor } from 'tandem-torch';
import { features, type KnnSplit, knnSplit, knnVotes } from '../../evaluate/index.js';
import { Batches, slice } from '../../images/index.js';
import { stepsPerEpoch, train } from '../../train/loop.js';
import type { AssembledRun } from '../run.js';
import type { RunTime } from './facts.js';
import { partsOf } from './step-load.js';

/** What the timing of steps may take, in seconds, unless an eighth of a batch takes longer. */
const briefly = 5;

/**
 * Steps that are timed of each size, or two where these take long; the first is left out, as it
 * makes ready what the others use.
 */
const timedSteps = 3;

/** Images whose way through an encoder is timed, and queries whose votes are. */
const [timedImages, timedQueries] = [256, 500];

/** Images that the diagnostics and the report look at, at most. */
const [diagnosedViews, reportedImages] = [2 * 2048, 5000];

/**
 * Times real steps on real images, and what an evaluation consists of. They are the run's own first
 * steps, so what they change is not for keeping: the run that is timed is a copy to be thrown away.
 * @throws the signal's reason, between two steps
 */
export async function timeOf(run: AssembledRun, signal?: AbortSignal): Promise<RunTime> {
  const { batches, plan, method, config, data } = run;
  const { step, timedBatch } = await timeOfStep(run, signal);
  signal?.throwIfAborted();
  const { perImage, votes } = evaluationOf(run);
  const split = knnSplit(data);
  const encoders = method.teacher ? 2 : 1;
  const diagnostics = method.classes ? 0 : Math.min(diagnosedViews, 2 * data.train.count) * perImage;
  const knn = split ? encoders * ((split.reference.count + split.queries.count) * perImage + votes) : 0;
  const { epochs } = plan;
  const { knnEvery } = config.execution;
  const evaluations = knnEvery > 0 ? Math.ceil(epochs / knnEvery) : 1;
  const steps = stepsPerEpoch(method, batches);
  const report = Math.min(reportedImages, data.train.count) * perImage;
  return {
    step,
    evaluation: diagnostics + knn,
    epoch: steps * step + diagnostics + knn,
    all: epochs * (steps * step + diagnostics) + evaluations * knn + report,
    timedBatch,
  };
}

/**
 * Of the largest part of a batch that is soon timed: small ones take longer for each image. What
 * does not grow with the batch, the update, makes it a little too long; too short would be worse.
 */
async function timeOfStep(run: AssembledRun, signal?: AbortSignal): Promise<{ step: number; timedBatch: number }> {
  const { size } = run.batches;
  const [small = size, next = small, ...larger] = partsOf(run);
  const first = await secondsOfStep(run, small, signal);
  const seconds = (images: number) => (timedSteps * first * images) / small;
  const timedBatch = larger.findLast((images) => seconds(images) <= briefly) ?? next;
  const measured = timedBatch === small ? first : await secondsOfStep(run, timedBatch, signal);
  return { step: (measured * size) / timedBatch, timedBatch };
}

async function secondsOfStep(run: AssembledRun, images: number, signal?: AbortSignal): Promise<number> {
  const { method, batches, plan } = run;
  const { state = {} } = method;
  const before = Object.values(state).map((x) => x.clone().keep());
  // A stream's sample may be smaller than a batch.
  const part = new Batches(batches.set, { batch: Math.min(images, batches.set.count), seed: plan.seed });
  const seconds: number[] = [];
  const begun = performance.now();
  let last = begun;
  try {
    for await (const _ of train(method, part, { ...plan, readLossEvery: 1, nonFinite: 'skip' })) {
      signal?.throwIfAborted();
      const now = performance.now();
      seconds.push((now - last) / 1000);
      last = now;
      if (seconds.length === timedSteps || (seconds.length > 1 && now - begun > 500 * briefly)) break;
    }
  } finally {
    // A queue takes batches of one size.
    noGrad(() => Object.values(state).forEach((x, i) => void x.copy_(before[i] as Tensor)));
    for (const x of before) x.dispose();
  }
  const warm = seconds.length > 1 ? seconds.slice(1) : seconds;
  return warm.reduce((sum, one) => sum + one, 0) / warm.length;
}

/** Seconds of an image's way through an encoder, and of all votes of k-NN. */
function evaluationOf({ method, data, evaluation }: AssembledRun): { perImage: number; votes: number } {
  const { encoder } = method.student;
  const some = slice(data.train, 0, Math.min(timedImages, data.train.count));
  const forward = () => scope(() => void features(encoder, some, evaluation));
  forward();
  const split = knnSplit(data);
  return { perImage: seconds(forward) / some.count, votes: split ? votesOf(split, encoder.featureWidth) : 0 };
}

/** By the votes of a part of the queries, on features that mean nothing. */
function votesOf({ reference, queries }: KnnSplit, width: number): number {
  const asked = Math.min(timedQueries, queries.count);
  return scope(() => {
    const [known, some] = [randn([reference.count, width]), randn([asked, width])];
    const ways = [{ k: 1 }, ...(reference.count >= 200 ? [{ k: 200, temperature: 0.1 }] : [])];
    return seconds(() => scope(() => void knnVotes(known, reference.labels, some, ways))) * (queries.count / asked);
  });
}

function seconds(work: () => void): number {
  const begun = performance.now();
  work();
  return (performance.now() - begun) / 1000;
}
