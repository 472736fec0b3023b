import { resolve } from 'node:path';
import { UsageError, UserError } from '../../errors.js';
import { largestFloat32 } from '../../math.js';
import { findMethod, knownMethods, type MethodConfig, methodPresets } from '../../methods/index.js';
import { checkBackbone, takesSetting } from '../../networks/index.js';
import { dataOptions } from './data.js';
import { asText, explain } from './errors.js';
import { executionOptions } from './execution.js';
import { knownNetworkOptions } from './network.js';
import { methodOptions, type RunConfig, runOptions, useOptions } from './options.js';
import { readSettings, type Settings } from './read.js';
import { actsWith, checkTraining, trainingOptions } from './training.js';
import { readViewList } from './view-list.js';
import { viewOptions } from './views.js';

/**
 * Checks settings and fills in defaults.
 * @param given by name; strings (as from a command line) become numbers and booleans where those
 * are wanted
 * @throws UsageError for unknown names (with the nearest known), wrong types, values out of range,
 * and settings that do not go together
 * @example
 * ```ts
 * import { flattenConfig, pretrain, resolveConfig } from 'tandem-vision';
 *
 * const config = resolveConfig({
 *   ...{ images: 'pictures', method: 'simclr', backbone: 'resnet10', width: 4 },
 *   ...{ epochs: 1, batch: '16' }, // texts, as from a command line, will do
 * });
 * console.log(flattenConfig(config).batch); // 16
 * for await (const event of pretrain(config, { out: 'runs/resolved' })) {
 *   if (event.kind === 'epoch') console.log(event.metrics.loss);
 * }
 * ```
 */
export function resolveConfig(given: Settings): RunConfig {
  try {
    const method = findMethod(given.method === undefined ? defaultMethod : asText(given.method));
    const networkOptions = knownNetworkOptions();
    const schema = runOptions.extend(networkOptions.shape).extend(method.options.shape);
    const { views, ...others } = given;
    // A list is no word, as the schema wants it.
    const list = Array.isArray(views) ? readViewList(views) : undefined;
    const asked = readSettings(list ? others : given, schema, method.name);
    if (list) refuseBesideList(asked);
    const all = withPreset(method.name, asked, list ? Object.keys(viewOptions.shape) : []);
    refuseTooLarge(all);
    const { success, data: settings, error } = schema.safeParse(all);
    if (!success) throw new UsageError(explain(error, all));
    const { use } = useOptions.parse(settings);
    const files = typeof use === 'string' ? [use] : use;
    const config: RunConfig = {
      data: dataOptions.parse(settings),
      method: method.configure(settings),
      preset: methodOptions.parse(settings).preset,
      ...(files && { use: files.map((file) => resolve(file)) }),
      network: networkOptions.parse(settings),
      training: trainingOptions.parse(settings),
      views: { ...viewOptions.parse(settings), ...(list && { views: list }) },
      execution: executionOptions.parse(settings),
    };
    checkTogether(config, asked);
    return config;
  } catch (error) {
    throw error instanceof UserError ? new UsageError(error.message) : error;
  }
}

function refuseBesideList(asked: Settings): void {
  const key = Object.keys(asked).find((key) => key in viewOptions.shape);
  if (key === undefined) return;
  throw new UsageError(`${key} changes a preset of views; where views is a list, say it in each view of the list`);
}

function refuseTooLarge(settings: Settings): void {
  for (const [key, value] of Object.entries(settings)) {
    if (typeof value !== 'number' || !(Math.abs(value) > largestFloat32)) continue;
    throw new UsageError(`${key} must be at most 3.4e38, the largest number of float32, got ${value}`);
  }
}

const defaultMethod = methodOptions.shape.method.parse(undefined);

/**
 * What is asked for, over the preset. The preset's settings of an optimizer or a backbone go with
 * it.
 * @param without settings that the preset may not say
 */
function withPreset(method: string, asked: Settings, without: readonly string[]): Settings {
  const { success, data: preset } = methodOptions.shape.preset.safeParse(asked.preset);
  const all: Record<string, unknown> = { ...(success && methodPresets[method]?.[preset]), ...asked };
  for (const key of without) delete all[key];
  const chosen = trainingOptions.shape.optimizer.safeParse(all.optimizer).data;
  for (const [key, ...optimizers] of actsWith) {
    if (!(key in asked) && !(chosen && optimizers.includes(chosen))) delete all[key];
  }
  const backbone = asText(all.backbone ?? knownNetworkOptions().shape.backbone.parse(undefined));
  for (const key of ['dropPath', 'zeroGain'] as const) {
    if (!(key in asked) && !takesSetting(backbone, key)) delete all[key];
  }
  return all;
}

/** @throws UserError for settings that are possible one by one, but not together */
function checkTogether({ training, network, method }: RunConfig, asked: Settings): void {
  checkTraining(training, asked);
  const { backbone, initFrom, teacher, ...form } = network;
  checkBackbone(backbone, form);
  checkTeacher(method, teacher);
  method.check({ epochs: training.epochs, batch: training.batch, teacher, initFrom });
}

function checkTeacher({ name, teacher: use }: MethodConfig, teacher: string | undefined): void {
  if (use === 'needed' && teacher === undefined) {
    throw new UsageError(
      `${name} learns from a network that is trained: give its run folder, or the file, as --teacher`,
    );
  }
  if (use !== 'none' || teacher === undefined) return;
  const others = knownMethods().filter((other) => other.teacher !== 'none');
  throw new UsageError(`${name} has no use for a trained teacher; there is ${others.map((x) => x.name).join(', ')}`);
}
