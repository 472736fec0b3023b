import { setImmediate } from 'node:timers/promises';
import { UserError } from '../errors.js';
import { CROP_MARGIN, openImages } from '../images/index.js';
import { DivergedError, stepsPerEpoch, train } from '../train/loop.js';
import type { RunConfig } from './config.js';
import { evaluate } from './evaluate.js';
import type { EpochMetrics, PretrainEvent } from './events.js';
import { NotFiniteError } from './monitor.js';
import { chooseDevice } from './resources.js';
import { prepare, save } from './run.js';
import { checkRunFolder } from './run-folder.js';

export interface PretrainOptions {
  /** The run folder; the next free `runs/<images>-<method>-<backbone>` unless given. */
  readonly out?: string | undefined;
  readonly signal?: AbortSignal;
  /** Told while images are found and decoded. */
  readonly onLoading?: (done: number, total: number | undefined, what: string) => void;
}

/**
 * Pretrains an encoder without labels, as configured by `resolveConfig`, and keeps everything in a run folder. When the
 * signal is aborted it stops after the step at hand, having saved; while images are still loading, with the signal's reason.
 * @throws UserError for what the user can put right: data, folders, settings, divergence
 */
export async function* pretrain(
  config: RunConfig,
  { out, signal, onLoading }: PretrainOptions = {},
): AsyncGenerator<PretrainEvent> {
  checkRunFolder(out);
  chooseDevice(config.device);
  yield { kind: 'loading' };
  const data = await openImages(config.images, {
    seed: config.seed,
    size: config.size,
    margin: CROP_MARGIN,
    limit: config.limit,
    maxSkippedShare: config.maxSkipped,
    cache: config.cache,
    dataRoot: config.dataRoot,
    signal,
    onProgress: onLoading,
  });
  await setImmediate();
  signal?.throwIfAborted();
  const run = prepare(config, data, out);
  const { method, plan, batches, folder } = run;
  const started = Date.now();
  const seen = (step: number) => step * batches.size;
  yield {
    kind: 'start',
    run: folder.path,
    config: run.config,
    data,
    steps: config.epochs * stepsPerEpoch(method, batches),
    parameters: method.learns.parameters().reduce((sum, x) => sum + x.numel, 0),
  };
  let metrics: EpochMetrics | undefined;
  let epoch = new EpochAverages();
  let saved = 0;
  let last = 0;
  try {
    for await (const report of train(method, batches, plan)) {
      last = report.step;
      epoch.add(report.loss);
      yield { kind: 'step', imagesSeen: seen(report.step), ...report };
      await setImmediate(); // signals have their turn here too, or one more step would follow
      if (report.endsEpoch) {
        metrics = {
          epoch: report.epoch,
          step: report.step,
          imagesSeen: seen(report.step),
          lr: report.lr,
          ...epoch.close(batches.size),
          ...(yield* evaluate(run, report, signal)),
          seconds: (Date.now() - started) / 1000,
        };
        save(run, report.step);
        saved = report.step;
        folder.appendMetrics(metrics);
        yield { kind: 'epoch', metrics };
        epoch = new EpochAverages();
      }
      if (signal?.aborted) break;
    }
    if (last > saved) save(run, last);
  } catch (error) {
    if (!(error instanceof DivergedError || error instanceof NotFiniteError)) throw error;
    const what = error instanceof DivergedError ? error.message : `${error.message} after step ${last}`;
    const kept = saved > 0 ? `the encoder of step ${saved} is kept in ${folder.path}` : 'no encoder was kept yet';
    throw new UserError(`${what}; ${kept}. Lower lr, or add warmup`);
  }
  yield { kind: 'end', run: folder.path, metrics, interrupted: signal?.aborted === true };
}

/** Loss and rate of an epoch's training steps; evaluation is not in the rate. */
class EpochAverages {
  readonly #started = Date.now();
  #steps = 0;
  #losses = 0;
  #sum = 0;

  add(loss: number | undefined): void {
    this.#steps += 1;
    if (loss === undefined) return;
    this.#losses += 1;
    this.#sum += loss;
  }

  close(batch: number): { loss: number; imagesPerSecond: number } {
    const seconds = (Date.now() - this.#started) / 1000;
    return { loss: this.#sum / this.#losses, imagesPerSecond: (this.#steps * batch) / seconds };
  }
}
