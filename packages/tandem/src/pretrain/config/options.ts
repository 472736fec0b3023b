import { z } from 'zod';
import { defined } from '../../defined.js';
import { findMethod, type MethodConfig, type MethodName, methods } from '../../methods/index.js';
import { type DataSettings, dataOptions } from './data.js';
import { type ExecutionSettings, executionOptions } from './execution.js';
import { type NetworkSettings, networkOptions } from './network.js';
import { type TrainingSettings, trainingOptions } from './training.js';
import { type ViewSettings, viewOptions } from './views.js';

const names = Object.keys(methods);

/** Files of one's own. */
export const useOptions = z.object({
  use: z
    .union([z.string().min(1), z.array(z.string().min(1))])
    .optional()
    .describe('file that exports methods, backbones or images of your own; a list of several in a configuration'),
});

/** The method, by name, and the settings to start from. */
export const methodOptions = z.object({
  method: z
    .string()
    .default('clbo' satisfies MethodName)
    .describe(`how to learn [${names.join(', ')}]`),
  preset: z
    .enum(['paper', 'official'])
    .default('paper')
    .describe("settings to start from: the CLBO study's, or ours where it has none, or those of the method's authors"),
});

const { images, size, limit, ...reading } = dataOptions.shape;

/** Every setting that does not depend on the method, in the order of help texts and config.json. */
export const runOptions = z.strictObject({
  images,
  ...methodOptions.shape,
  ...useOptions.shape,
  ...networkOptions.shape,
  ...trainingOptions.shape,
  size,
  limit,
  ...viewOptions.shape,
  ...executionOptions.shape,
  ...reading,
});

/** A resolved configuration, in the parts that its readers want. */
export interface RunConfig {
  /** Which images, and how they are read. */
  readonly data: DataSettings;
  /** The method with its own settings. */
  readonly method: MethodConfig;
  /** The settings that it started from. */
  readonly preset: z.infer<typeof methodOptions>['preset'];
  /** Paths of files that define what is not Tandem's, from the root. */
  readonly use?: readonly string[] | undefined;
  /** Backbone, weights to begin from, teacher. */
  readonly network: NetworkSettings;
  /** Duration, optimizer and schedule. */
  readonly training: TrainingSettings;
  /** How the views of an image are made. */
  readonly views: ViewSettings;
  /** Device, precision, seed, evaluation and saving. */
  readonly execution: ExecutionSettings;
}

/** Settings by name, as config.json holds them. */
export type FlatConfig = Readonly<Record<string, string | number | boolean | readonly string[] | readonly object[]>>;

/** All settings of a configuration by name, in the order of `runOptions`, the method's own last. */
export function flattenConfig({
  data,
  method,
  preset,
  use,
  network,
  training,
  views,
  execution,
}: RunConfig): FlatConfig {
  const { images, size, limit, ...reading } = data;
  const own: object = method.options; // numbers, texts and truth values, as their schemas say
  return defined({
    images,
    ...{ method: method.name, preset, use },
    ...network,
    ...training,
    ...{ size, limit },
    ...views,
    ...execution,
    ...reading,
    ...own,
  });
}

/** The settings of a configuration that are not the defaults, without the images. */
export function changedSettings(config: RunConfig): FlatConfig {
  const { images: _, ...shape } = { ...runOptions.shape, ...findMethod(config.method.name).options.shape };
  const isDefault = (key: string, value: unknown) =>
    !Object.hasOwn(shape, key) || z.safeParse(shape[key as keyof typeof shape], undefined).data === value;
  return Object.fromEntries(Object.entries(flattenConfig(config)).filter(([key, value]) => !isDefault(key, value)));
}
