import { setImmediate } from 'node:timers/promises';
import { chooseDevice } from '../device.js';
import { cropMargin, type DataSet, openImages, parseRange } from '../images/index.js';
import { findEncoder } from '../runs/encoder-files.js';
import { checkWeights } from '../weights/init.js';
import type { RunConfig } from './config/options.js';
import type { PretrainEvent } from './events.js';
import { writeRunConfig } from './folder/config-json.js';
import { checkRunFolder, createRunFolder, shortName } from './folder/run-folder.js';
import { start } from './loop/progress.js';
import { runLoop } from './loop/run-loop.js';
import { prepare } from './run.js';

/** How the reading of images is reported, and how a run is stopped. */
export interface LoadingOptions {
  /** Stops the reading; a run ends after the step at hand, and all of it is saved. */
  readonly signal?: AbortSignal | undefined;
  /** Reports while images are found and decoded. */
  readonly onLoading?: ((done: number, total: number | undefined, what: string) => void) | undefined;
}

/** Where a run is kept, and how it is followed. */
export interface PretrainOptions extends LoadingOptions {
  /** The run folder; defaults to the next free `runs/<images>-<method>-<backbone>`. */
  readonly out?: string | undefined;
  /** Of the folder in `runs`, where it is not to be named after images, method and backbone. */
  readonly name?: string;
}

/**
 * Trains an encoder, as configured by `resolveConfig`, and keeps everything in a run folder. When
 * the signal is aborted it stops after the step at hand, having saved; while images are still
 * loading, with the signal's reason.
 * @throws UserError for what the user can put right: data, folders, settings, divergence
 */
export async function* pretrain(
  config: RunConfig,
  { out, name: own, ...loading }: PretrainOptions = {},
): AsyncGenerator<PretrainEvent> {
  checkRunFolder(out);
  const { network, method } = config;
  chooseDevice(config.execution.device);
  if (network.initFrom !== undefined) checkWeights(findEncoder(network.initFrom));
  if (network.teacher !== undefined) findEncoder(network.teacher);
  yield { kind: 'loading' };
  const data = await loadImages(config, loading);
  const name = own ?? `${shortName(config.data.images)}-${method.name}-${network.backbone}`;
  const prepared = prepare(config, data, () => createRunFolder(out, name));
  try {
    const configFile = writeRunConfig(prepared);
    for (const text of prepared.notes) yield { kind: 'warning', text };
    yield* runLoop({ ...prepared, configFile }, start, loading.signal);
  } finally {
    prepared.folder.release();
  }
}

/** The images of a configuration. @throws UserError, or the signal's reason */
export async function loadImages(
  { data: { images, maxSkipped, range, mean: _mean, std: _std, ...opening }, execution: { seed } }: RunConfig,
  { signal, onLoading }: LoadingOptions,
): Promise<DataSet> {
  const data = await openImages(images, {
    ...opening,
    seed,
    margin: cropMargin,
    range: range === undefined ? undefined : parseRange(range),
    maxSkippedShare: maxSkipped,
    signal,
    onProgress: onLoading,
  });
  await setImmediate();
  signal?.throwIfAborted();
  return data;
}
