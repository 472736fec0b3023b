import { defined } from '../defined.js';
import type { ImageSource } from '../images/index.js';
import type { MethodDefinition } from '../methods/index.js';
import type { BackboneDefinition } from '../networks/index.js';
import type { RunConfig } from './config/options.js';
import { resolveConfig } from './config/resolve.js';
import type { ViewSpec } from './config/view-list.js';
import type { ViewSettings } from './config/views.js';
import type { EpochMetrics, PretrainEvent } from './events.js';
import { type Definition, use, useDefinition } from './extensions/use.js';
import type { PretrainOptions } from './following.js';

/**
 * What to train, from code: images, method and backbone by name or as they are, every other setting
 * by its name, such as `epochs: 50`, and how the run is followed.
 */
export interface PretrainRequest extends PretrainOptions {
  /** A data set's name, a path, or images from code. */
  readonly data: string | ImageSource;
  /** Defaults to `clbo`. */
  readonly method?: string | MethodDefinition | undefined;
  /** Defaults to `resnet18`. */
  readonly backbone?: string | BackboneDefinition | undefined;
  /**
   * A preset's name, settings of views by name, such as `{ flip: 0, steps: 'cutout' }`, or a list
   * of views, each said in full.
   */
  readonly views?: string | ViewSettings | readonly ViewSpec[] | undefined;
  /** What defines methods, backbones, views or images: files, or the definitions themselves. */
  readonly use?: string | readonly (string | Definition)[] | undefined;
  /** Told of all that happens; the run waits for what it returns. */
  readonly onEvent?: ((event: PretrainEvent) => void | Promise<void>) | undefined;
  /**
   * Whether the run has a thread of its own, so that the caller's stays free: all that is not
   * Tandem's comes from the files of `use` then, and events bring no pixels. Defaults to false.
   */
  readonly worker?: boolean | undefined;
  /** Any other setting. */
  readonly [setting: string]: unknown;
}

/** How a run ended. */
export interface PretrainOutcome {
  /** Its folder. */
  readonly run: string;
  /** Of the last epoch; undefined where none was finished. */
  readonly metrics: EpochMetrics | undefined;
  /** Whether the signal ended it before its end. */
  readonly interrupted: boolean;
}

/**
 * The configuration of a request, once all that it names is known.
 * @throws UserError or UsageError as `use` and `resolveConfig`
 */
export async function configOf(request: PretrainRequest): Promise<{ config: RunConfig; options: PretrainOptions }> {
  const { data, method, backbone, views, use: given, onEvent: _, worker: _thread, ...rest } = request;
  const { out, name, signal, onLoading, forecast, group, ...settings } = rest;
  const used = typeof given === 'string' ? [given] : (given ?? []);
  await use(...used);
  const files = used.filter((one) => typeof one === 'string');
  const nameOf = (one: string | MethodDefinition | BackboneDefinition) => {
    if (typeof one !== 'string') useDefinition(one);
    return typeof one === 'string' ? one : one.name;
  };
  const config = resolveConfig({
    ...settings,
    images: typeof data === 'string' ? data : data.name,
    ...(isSettings(views) ? defined(views) : views !== undefined && { views }),
    ...(method !== undefined && { method: nameOf(method) }),
    ...(backbone !== undefined && { backbone: nameOf(backbone) }),
    ...(files.length > 0 && { use: files }),
  });
  const source = typeof data === 'string' ? undefined : data;
  return { config, options: { out, ...(name !== undefined && { name }), signal, onLoading, source, forecast, group } };
}

function isSettings(views: PretrainRequest['views']): views is ViewSettings {
  return typeof views === 'object' && !Array.isArray(views);
}
