import { chooseDevice } from '../device.js';
import { UsageError } from '../errors.js';
import type { DataSet } from '../images/index.js';
import { findEncoder } from '../runs/encoder-files.js';
import { trainingState } from '../train/checkpoint.js';
import { checkWeights } from '../weights/init.js';
import type { RunConfig } from './config/options.js';
import type { Settings } from './config/read.js';
import { resolveConfig } from './config/resolve.js';
import { shadowFolder } from './distributed/shadow-folder.js';
import { tellingOthers } from './distributed/telling-others.js';
import type { PretrainEvent } from './events.js';
import { writeRunConfig } from './folder/config-json.js';
import { checkRunFolder, createRunFolder, shortName } from './folder/run-folder.js';
import type { PretrainOptions } from './following.js';
import { chooseWithin } from './forecast/budget.js';
import { forecasting } from './forecast/forecast.js';
import { loadImages } from './load-images.js';
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
 * @example
 * ```ts
 * import { pretrain } from 'tandem-vision';
 *
 * const { run, metrics } = await pretrain({
 *   data: 'pictures', // a folder with a folder for each class, or without
 *   method: 'simclr',
 *   ...{ backbone: 'resnet10', width: 8, batch: 16, epochs: 2 },
 *   out: 'runs/mine',
 *   onEvent(event) {
 *     if (event.kind === 'epoch') console.log(event.metrics.epoch, event.metrics.loss);
 *   },
 * });
 * console.log(run, metrics?.knnStudent);
 * ```
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

function eventsOf(config: RunConfig, options: PretrainOptions): AsyncGenerator<PretrainEvent> {
  return tellingOthers(options.group, trained(config, options));
}

async function* trained(config: RunConfig, options: PretrainOptions): AsyncGenerator<PretrainEvent> {
  checkBegin(config, options);
  yield { kind: 'loading' };
  yield* begin(config, await loadImages(config, options), options);
}

/** A time, and the settings that it leaves to be chosen. */
export interface Budget {
  /** For all of the run, its reading of images and its report included. */
  readonly seconds: number;
  /** Settings by name; those that are not given may be chosen. */
  readonly asked: Settings;
  /** When it began, in milliseconds of `performance.now()`; defaults to now. */
  readonly begun?: number;
}

/**
 * The same within a time: width, size, epochs and batch are chosen where they are not asked for, by
 * timing steps on this machine. What is chosen stands in the run's config.json like any setting.
 * @throws UserError where even the smallest network takes longer
 */
export async function* pretrainWithin(
  { seconds, asked, begun = performance.now() }: Budget,
  options: PretrainOptions = {},
): AsyncGenerator<PretrainEvent> {
  if (options.group) throw new UsageError('--budget times one process; give epochs, width and batch to several');
  checkBegin(resolveConfig(asked), options);
  yield { kind: 'loading' };
  yield { kind: 'timing' };
  const { config, data, chosen, time } = await chooseWithin(asked, seconds, begun, options);
  yield { kind: 'chosen', chosen, time };
  yield* begin(config, data, { ...options, forecast: false });
}

/** What can be known to be wrong before images are read. */
function checkBegin({ network, execution }: RunConfig, { out, group }: PretrainOptions): void {
  if (!group || group.rank === 0) checkRunFolder(out);
  chooseDevice(execution.device);
  if (network.initFrom !== undefined) checkWeights(findEncoder(network.initFrom));
  if (network.teacher !== undefined) findEncoder(network.teacher);
}

async function* begin(
  config: RunConfig,
  data: DataSet,
  { out, name: own, forecast: wantsForecast, signal, group }: PretrainOptions,
): AsyncGenerator<PretrainEvent> {
  const { network, method } = config;
  const forecast = wantsForecast && !group ? yield* forecasting(config, data, signal) : undefined;
  const name = own ?? `${shortName(config.data.images)}-${method.name}-${network.backbone}`;
  // After the forecast: what is built now is built from the seed alone.
  const openFolder = () => (group && group.rank > 0 ? shadowFolder(out ?? name) : createRunFolder(out, name));
  const prepared = prepare(config, data, openFolder, group);
  try {
    const configFile = writeRunConfig(prepared);
    prepared.plan.shared?.begin(trainingState(prepared.method, prepared.plan.optimizer));
    for (const text of prepared.notes) yield { kind: 'warning', text };
    yield* runLoop({ ...prepared, configFile }, start, signal, forecast);
  } finally {
    prepared.folder.release();
  }
}
