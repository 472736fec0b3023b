import { setImmediate } from 'node:timers/promises';
import { chooseDevice } from '../device.js';
import { cropMargin, type DataSet, openImages, parseRange } from '../images/index.js';
import { findEncoder } from '../runs/encoder-files.js';
import { checkWeights } from '../weights/init.js';
import type { RunConfig } from './config/options.js';
import type { PretrainEvent } from './events.js';
import { writeRunConfig } from './folder/config-json.js';
import { checkRunFolder, createRunFolder, shortName } from './folder/run-folder.js';
import type { LoadingOptions, PretrainOptions } from './following.js';
import { start } from './loop/progress.js';
import { runLoop } from './loop/run-loop.js';
import { configOf, type PretrainOutcome, type PretrainRequest } from './request.js';
import { prepare } from './run.js';
import { pretrainInWorker } from './worker/in-worker.js';

export type { LoadingOptions, PretrainOptions } from './following.js';

/**
 * Trains an encoder, as configured by `resolveConfig`, and keeps everything in a run folder. When
 * the signal is aborted it stops after the step at hand, having saved; while images are still
 * loading, with the signal's reason.
 * @throws UserError for what the user can put right: data, folders, settings, divergence
 */
export function pretrain(config: RunConfig, options?: PretrainOptions): AsyncGenerator<PretrainEvent>;
/**
 * The same from a request, to its end.
 * @throws UserError, or UsageError for settings that are wrong
 */
export function pretrain(request: PretrainRequest): Promise<PretrainOutcome>;
export function pretrain(
  what: RunConfig | PretrainRequest,
  options: PretrainOptions = {},
): AsyncGenerator<PretrainEvent> | Promise<PretrainOutcome> {
  if (isConfig(what)) return eventsOf(what, options);
  return what.worker ? pretrainInWorker(what) : outcomeOf(what);
}

function isConfig(what: RunConfig | PretrainRequest): what is RunConfig {
  return typeof what.execution === 'object' && typeof what.training === 'object';
}

async function outcomeOf(request: PretrainRequest): Promise<PretrainOutcome> {
  const { config, options } = await configOf(request);
  for await (const event of eventsOf(config, options)) {
    await request.onEvent?.(event);
    if (event.kind === 'end') return { run: event.run, metrics: event.metrics, interrupted: event.interrupted };
  }
  throw new Error('training ended without its last event');
}

async function* eventsOf(
  config: RunConfig,
  { out, name: own, ...loading }: PretrainOptions,
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
  { signal, onLoading, source }: LoadingOptions,
): Promise<DataSet> {
  const data = await openImages(source ?? images, {
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
