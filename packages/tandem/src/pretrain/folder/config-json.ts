import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { threads, version } from 'tandem-torch';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import { type ClassSizes, classSizes, knnSplit } from '../../evaluate/index.js';
import { readJson } from '../../files/json.js';
import { isOfTheDisk } from '../../files/system-error.js';
import { type DataSet, fingerprint } from '../../images/index.js';
import { savedNotes } from '../../train/checkpoint.js';
import { tandemVersion } from '../../version.js';
import { changedSettings, type RunConfig } from '../config/options.js';
import type { Settings } from '../config/read.js';
import { resolveConfig } from '../config/resolve.js';
import { usedFiles } from '../extensions/use.js';
import type { Run } from '../run.js';
import { type ConfigFile, unwritable } from './run-folder.js';

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
      depth: z.literal(16).optional(),
      sha256: z.string().optional(),
    })
    .optional(),
  /** Files of definitions. */
  use: z.array(z.object({ file: z.string(), sha256: z.string() })).optional(),
  /** The trained network that is imitated. */
  teacher: trained.optional(),
  /** The base model. */
  origin: trained.optional(),
});

/** What `config.json` says of the machine, the images and the files that a run was begun with. */
export type Circumstances = z.infer<typeof circumstances>;

/**
 * Writes down what is being run, and on what machine and images.
 * @returns what was written
 * @throws UserError when that cannot be written
 */
export function writeRunConfig(run: Omit<Run, 'configFile'>): ConfigFile {
  const { settings, folder, data, method, teacher, baseModel } = run;
  const split = knnSplit(data);
  const tandem = {
    ...{ version: tandemVersion, libtorch: version(), threads: threads() },
    ...{ views: method.views, folder: process.cwd(), changed: Object.keys(changedSettings(run.config)) },
    images: describeImages(data),
    ...(split && { classes: { ...classNote(classSizes(split)), queries: split.queries.count } }),
    ...(run.config.use && { use: usedFiles(run.config.use) }),
    ...(teacher && { teacher: { sha256: teacher.sha256 } }),
    ...(baseModel && { origin: { sha256: baseModel.sha256 } }),
  } satisfies Circumstances;
  const configFile = { ...settings, tandem };
  try {
    folder.writeConfig(configFile);
    if (data.skipped.length > 0) folder.writeSkipped(data.skipped);
    return configFile;
  } catch (error) {
    throw isOfTheDisk(error) ? unwritable(folder.path, error) : error;
  }
}

/** What is learned from, as far as it tells whether it is the same later. */
export function describeImages({ train, stream }: DataSet): NonNullable<Circumstances['images']> {
  const { channels, height, width, depth } = train;
  const { count, sha256 } = stream
    ? { count: stream.count, sha256: stream.fingerprint }
    : { count: train.count, sha256: fingerprint(train) };
  return { count, channels, height, width, ...(depth && { depth }), sha256 };
}

/** Classes whose sizes config.json holds. */
const mostClasses = 10;

function classNote({ sizes, majority }: ClassSizes): object {
  return { count: sizes.length, first: Object.fromEntries(sizes.slice(0, mostClasses)), majority };
}

/** What config.json says. */
interface Configured {
  readonly config: RunConfig;
  /** The circumstances it was begun in. */
  readonly begun: Circumstances;
  readonly configFile: ConfigFile;
}

/**
 * The configuration of a run; where config.json is gone or damaged, from the copy in its newest
 * whole checkpoint.
 * @param changes come over its settings
 * @returns also why a copy had to serve, where one had to
 * @throws UserError where there is no run, or its settings are damaged and there is no copy
 */
export function readRunConfig(run: string, changes: Settings = {}): Configured & { readonly fault?: string } {
  const file = join(run, 'config.json');
  try {
    return configured(readJson(file), changes);
  } catch (error) {
    const isGone = !existsSync(file);
    const fault = isGone ? `${file} is gone` : `${file} cannot be used: ${(error as Error).message}`;
    const copy = copyInCheckpoint(run, changes);
    if (copy !== undefined) return { ...copy, fault };
    if (!existsSync(join(run, 'checkpoint'))) {
      throw new UserError(isGone ? `${run} is no run folder: there is no config.json in it` : fault);
    }
    throw new UserError(
      `${fault}, and no checkpoint in ${run} that is whole has a copy of its settings: put config.json back; report.html, where there is one, shows the settings`,
    );
  }
}

/** @throws Error where it cannot be used, without the file's name */
export function configured(configFile: ConfigFile, changes: Settings): Configured {
  const { tandem, ...settings } = configFile;
  const { success, data: begun } = circumstances.safeParse(tandem);
  const config = resolveConfig(seenFrom(begun?.folder, { ...settings, ...changes }));
  if (!success) throw new UserError('what it says of its machine is not whole');
  return { config, begun, configFile };
}

/** The newest copy that can be used. */
function copyInCheckpoint(run: string, changes: Settings): Configured | undefined {
  for (const notes of savedNotes(run)) {
    const copy = copyIn(notes);
    if (copy === undefined) continue; // of an earlier version
    try {
      return configured(copy, changes);
    } catch {}
  }
  return undefined;
}

/** The copy of config.json in a checkpoint's notes; earlier versions have none. */
export function copyIn(notes: unknown): ConfigFile | undefined {
  return z.object({ config: z.record(z.string(), z.unknown()) }).safeParse(notes).data?.config;
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
