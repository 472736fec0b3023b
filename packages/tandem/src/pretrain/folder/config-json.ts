import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { threads, version } from '@tandem/torch';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import { readJson } from '../../files/json.js';
import { isOfTheDisk } from '../../files/write-whole.js';
import { fingerprint } from '../../images/index.js';
import { tandemVersion } from '../../version.js';
import type { RunConfig } from '../config/options.js';
import type { Settings } from '../config/read.js';
import { resolveConfig } from '../config/resolve.js';
import type { Run } from '../run.js';
import { unwritable } from './run-folder.js';

const trained = z.object({ sha256: z.string() });

/** What config.json says of a run beside its settings, as far as a resumed run needs it. */
const circumstances = z.object({
  libtorch: z.string(),
  threads: z.number(),
  /** Where it was begun: paths of images may be seen from there. */
  folder: z.string().optional(),
  images: z
    .object({
      count: z.number(),
      channels: z.number(),
      height: z.number(),
      width: z.number(),
      sha256: z.string().optional(),
    })
    .optional(),
  /** The trained network that is imitated. */
  teacher: trained.optional(),
  /** The base model. */
  origin: trained.optional(),
});

export type Circumstances = z.infer<typeof circumstances>;

/**
 * Writes down what is being run, and on what machine and images.
 * @throws UserError when that cannot be written
 */
export function writeRunConfig({ settings, folder, data, method, teacher, baseModel }: Run): void {
  const { count, channels, height, width } = data.train;
  const tandem = {
    ...{ version: tandemVersion, libtorch: version(), threads: threads() },
    ...{ views: method.views, folder: process.cwd() },
    images: { count, channels, height, width, sha256: fingerprint(data.train) },
    ...(teacher && { teacher: { sha256: teacher.sha256 } }),
    ...(baseModel && { origin: { sha256: baseModel.sha256 } }),
  } satisfies Circumstances;
  try {
    folder.writeConfig({ ...settings, tandem });
    if (data.skipped.length > 0) folder.writeSkipped(data.skipped);
  } catch (error) {
    throw isOfTheDisk(error) ? unwritable(folder.path, error.message) : error;
  }
}

/**
 * The configuration of a run, and the circumstances it was begun in.
 * @param changes come over its settings
 * @throws UserError where there is no run, or its settings are damaged
 */
export function readRunConfig(
  run: string,
  changes: Settings = {},
): { readonly config: RunConfig; readonly begun: Circumstances } {
  const file = join(run, 'config.json');
  if (!existsSync(file)) throw new UserError(`${run} is no run folder: there is no config.json in it`);
  try {
    const { tandem, ...settings } = readJson(file);
    const { success, data: begun } = circumstances.safeParse(tandem);
    const config = resolveConfig(seenFrom(begun?.folder, { ...settings, ...changes }));
    if (!success) throw new UserError('what it says of its machine is not whole');
    return { config, begun };
  } catch (error) {
    throw new UserError(`${file} cannot be used: ${(error as Error).message}`);
  }
}

/** The settings of a run. @throws UserError where there is none, or they are damaged */
export function readConfigOf(run: string): RunConfig {
  return readRunConfig(run).config;
}

/** Relative paths of networks are seen from where the run was begun, where they still are. */
function seenFrom(folder: string | undefined, settings: Settings): Settings {
  if (folder === undefined) return settings;
  const there = ['teacher', 'from', 'initFrom'].flatMap((key) => {
    const path = settings[key];
    const seen = typeof path === 'string' && path !== '' ? resolve(folder, path) : undefined;
    return seen !== undefined && existsSync(seen) ? [[key, seen] as const] : [];
  });
  return { ...settings, ...Object.fromEntries(there) };
}
