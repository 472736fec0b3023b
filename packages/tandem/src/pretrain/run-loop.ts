import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { shellWord, UserError } from '../errors.js';
import { isOfTheDisk } from '../files/write-whole.js';
import { DivergedError, type StepReport, stepsPerEpoch, train } from '../train/loop.js';
import { evaluate } from './evaluation/evaluate.js';
import { NotFiniteError } from './evaluation/monitor.js';
import type { EpochMetrics, PretrainEvent } from './events.js';
import { checkFinite, type Run, saveRun } from './run.js';

const count = z.int().min(0);
const duration = z.number().min(0);

/** How far a run is: what a checkpoint remembers besides tensors. */
export const progressSchema = z.object({
  step: count,
  /** Epochs whose metrics are written. */
  epochs: count,
  /** Epochs in a row, up to now, in which the embeddings looked collapsed. */
  suspect: count,
  /** Bytes of `metrics.jsonl`. */
  metricsBytes: count,
  /** Since the start, without the time between an end and a resumption. */
  seconds: duration,
  /** Steps skipped one after another, up to this one. */
  skippedInARow: count,
  /** Of the epoch at hand: the sums that its averages come from. */
  sums: z.object({
    steps: count,
    read: count,
    skipped: count,
    seconds: duration,
    losses: z.record(z.string(), z.number()),
  }),
});

export type Progress = Readonly<z.infer<typeof progressSchema>>;
type EpochSums = Progress['sums'];

/**
 * In the first epochs running statistics are young, and healthy embeddings may look collapsed in
 * evaluation.
 */
const epochsUntilWarning = 3;

const noSums: EpochSums = { steps: 0, read: 0, skipped: 0, seconds: 0, losses: {} };

/** Where every run begins. */
export const start: Progress = {
  step: 0,
  epochs: 0,
  suspect: 0,
  metricsBytes: 0,
  seconds: 0,
  skippedInARow: 0,
  sums: noSums,
};

/**
 * Trains from where a run is to its end, and keeps its folder up to date. A save that fails is told
 * and tried again at the next occasion; only the last one must succeed.
 * @throws UserError for divergence, lack of memory, and a last save that fails
 */
export async function* goOn(run: Run, from: Progress, signal: AbortSignal | undefined): AsyncGenerator<PretrainEvent> {
  const { config, data, method, batches, plan, folder } = run;
  const { saveMinutes, saveSteps } = config.execution;
  const perEpoch = stepsPerEpoch(method, batches);
  const seen = (step: number) => step * batches.size;
  const begun = Date.now() - 1000 * from.seconds;
  const seconds = () => (Date.now() - begun) / 1000;
  yield {
    kind: 'start',
    run: folder.path,
    settings: run.settings,
    data,
    device: plan.device,
    learned: batches.set.count,
    epochs: plan.epochs,
    steps: plan.epochs * perEpoch,
    parameters: method.student.parameters().reduce((sum, x) => sum + x.numel, 0),
    from: from.step,
    imagesSeen: seen(from.step),
  };
  let { step, epochs, suspect, metricsBytes, skippedInARow } = from;
  let sums = new Sums(from.sums);
  let unwritten: EpochMetrics[] = [];
  let metrics: EpochMetrics | undefined;
  let saved = { step: from.step, epochs, at: Date.now() };

  /** Metrics first: a checkpoint never knows of more than the file holds. @returns why it failed */
  const save = (): string | undefined => {
    checkFinite(run);
    try {
      folder.confirm();
      for (; unwritten.length > 0; unwritten = unwritten.slice(1)) {
        metricsBytes = folder.appendMetrics(unwritten[0] as EpochMetrics, metricsBytes);
      }
      const progress = { step, epochs, suspect, metricsBytes, seconds: seconds(), skippedInARow, sums: sums.state() };
      saveRun(run, step, progress satisfies Progress, step % perEpoch === 0 || signal?.aborted === true);
      saved = { step, epochs, at: Date.now() };
      return undefined;
    } catch (error) {
      if (!isOfTheDisk(error)) throw error;
      return `${folder.path} could not be written: ${error.message}`;
    }
  };
  async function* trySave(): AsyncGenerator<PretrainEvent> {
    const why = save();
    if (why !== undefined) yield { kind: 'warning', text: `${why}; step ${saved.step} is saved, will try again` };
  }
  const isDue = () =>
    (saveMinutes > 0 && Date.now() - saved.at >= 60_000 * saveMinutes) || (saveSteps > 0 && step % saveSteps === 0);

  /**
   * Looks at the encoders, and writes. Cut short by the signal, it leaves the epoch open: a resumed
   * run looks again.
   */
  async function* closeEpoch(): AsyncGenerator<PretrainEvent> {
    const epoch = step / perEpoch;
    const averages = sums.close(batches.size);
    const { warning, ...found } = yield* evaluate(run, { step, epoch }, signal);
    if (signal?.aborted) return;
    suspect = warning === undefined ? 0 : suspect + 1;
    const lr = plan.lr(step - 1);
    metrics = {
      epoch,
      step,
      imagesSeen: seen(step),
      lr,
      ...averages,
      ...found,
      ...(suspect >= epochsUntilWarning && { warning: String(warning) }),
      seconds: seconds(),
    };
    unwritten.push(metrics);
    epochs = epoch;
    sums = new Sums(noSums);
    yield* trySave();
    yield { kind: 'epoch', metrics };
  }

  try {
    if (step > epochs * perEpoch && step % perEpoch === 0) yield* closeEpoch();
    if (!signal?.aborted) {
      const resumed = { ...plan, startStep: step, startSkipped: skippedInARow };
      for await (const report of train(method, batches, resumed)) {
        ({ step, skippedInARow } = report);
        sums.add(report);
        if (report.skipped) yield { kind: 'warning', text: `step ${step} was left out: ${report.skipped}` };
        yield { kind: 'step', imagesSeen: seen(step), ...report };
        await setImmediate(); // signals have their turn here too, or one more step would follow
        if (report.endsEpoch) yield* closeEpoch();
        else if (isDue() && !signal?.aborted) yield* trySave();
        if (signal?.aborted) break;
      }
    }
    const why = step > saved.step || epochs > saved.epochs ? save() : undefined;
    if (why !== undefined) {
      throw new UserError(
        `${why}; step ${saved.step} of ${step} is saved. Make room, then go on with: tandem resume ${shellWord(folder.path)}`,
      );
    }
  } catch (error) {
    throw explained(error, step, saved.step, run);
  }
  yield { kind: 'end', run: folder.path, metrics, interrupted: signal?.aborted === true };
}

/** What went wrong as one line for the user; also left in the run folder. */
function explained(error: unknown, step: number, saved: number, { config, folder, batches }: Run): unknown {
  const kept = saved > 0 ? `step ${saved} is saved in ${folder.path}` : 'nothing was saved yet';
  const text = explain(error);
  if (text === undefined) return error;
  try {
    folder.writeStopped({ step, saved, reason: text });
  } catch {
    // The line below says it too.
  }
  return new UserError(`${text}; ${kept}. ${cure(error)}`);

  function explain(thrown: unknown): string | undefined {
    if (thrown instanceof DivergedError) return thrown.message;
    if (thrown instanceof NotFiniteError) return `${thrown.message} after step ${step}`;
    const asked = memoryAskedFor(thrown);
    return asked && `there is not enough memory after step ${step} with batch ${batches.size}: ${asked}`;
  }
  function cure(thrown: unknown): string {
    if (memoryAskedFor(thrown))
      return `Lower batch (${batches.size}), width or size in a new run, or make room and resume`;
    const skips = config.execution.nonFinite === 'skip' || !(thrown instanceof DivergedError);
    return skips ? 'Lower lr, or add warmup' : 'Lower lr, add warmup, or leave such steps out with nonFinite=skip';
  }
}

/** What libtorch's allocators say they wanted, on the CPU and on a GPU. */
function memoryAskedFor(error: unknown): string | undefined {
  const { message = '' } = error as Error;
  const bytes = /tried to allocate (\d+) bytes/.exec(message)?.[1];
  if (bytes) return `${(Number(bytes) / 2 ** 20).toFixed(0)} MiB were asked for`;
  const cuda = /out of memory\. Tried to allocate ([\d.]+ \wiB)/i.exec(message)?.[1];
  if (cuda) return `${cuda} were asked for`;
  // Of the C++ library and of Node's buffers, which do not say how much.
  return /^out of memory|Array buffer allocation failed/.test(message) ? 'no more is to be had' : undefined;
}

/** Loss, its terms and rate of an epoch's training steps; evaluation is not in the rate. */
class Sums {
  readonly #begun = Date.now();
  readonly #losses: Record<string, number>;
  #steps: number;
  #read: number;
  #skipped: number;
  readonly #seconds: number;

  constructor({ steps, read, skipped, seconds, losses }: EpochSums) {
    this.#steps = steps;
    this.#read = read;
    this.#skipped = skipped;
    this.#seconds = seconds;
    this.#losses = { ...losses };
  }

  add({ loss, terms, skipped }: Pick<StepReport, 'loss' | 'terms' | 'skipped'>): void {
    this.#steps += 1;
    if (skipped !== undefined) this.#skipped += 1;
    if (loss === undefined) return;
    this.#read += 1;
    for (const [name, value] of Object.entries({ loss, ...terms })) {
      this.#losses[name] = (this.#losses[name] ?? 0) + value;
    }
  }

  state(): EpochSums {
    const [steps, read, skipped] = [this.#steps, this.#read, this.#skipped];
    return { steps, read, skipped, seconds: this.#elapsed(), losses: { ...this.#losses } };
  }

  close(batch: number): Pick<EpochMetrics, 'loss' | 'imagesPerSecond' | 'skippedSteps'> {
    const means = Object.entries(this.#losses).map(([name, sum]) => [name, sum / this.#read]);
    return {
      loss: Number.NaN,
      ...Object.fromEntries(means),
      imagesPerSecond: (this.#steps * batch) / this.#elapsed(),
      ...(this.#skipped > 0 && { skippedSteps: this.#skipped }),
    };
  }

  #elapsed(): number {
    return this.#seconds + (Date.now() - this.#begun) / 1000;
  }
}
