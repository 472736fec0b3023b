import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { threads, version } from '@tandem/torch';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { readJson } from '../files/json.js';
import { type DataSet, fingerprint } from '../images/index.js';
import { loadCheckpoint, restoreTrainingState } from '../train/checkpoint.js';
import { stepsPerEpoch } from '../train/loop.js';
import type { RunConfig } from './config/options.js';
import type { Settings } from './config/read.js';
import { resolveConfig } from './config/resolve.js';
import type { PretrainEvent } from './events.js';
import { openRunFolder } from './folder/run-folder.js';
import { type LoadingOptions, loadImages } from './pretrain.js';
import { prepare, type Run } from './run.js';
import { goOn, type Progress, progressSchema, start } from './run-loop.js';

/**
 * Settings that may change when a run goes on: they decide nothing that was or will be learned from
 * healthy numbers.
 */
export const changeable = [
  'nonFinite',
  'saveMinutes',
  'saveSteps',
  'dataRoot',
  'cache',
  'graph',
  'teacher',
  'from',
] as const;

/** A run that has nothing left to do. */
export class AtEndError extends UserError {}

export interface ResumeOptions extends LoadingOptions {
  /** Settings among `changeable`. */
  readonly changes?: Settings;
}

const machineSchema = z.object({
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
  /** Networks that are trained: the one that is imitated, and the one to start from. */
  teacher: z.object({ sha256: z.string() }).optional(),
  origin: z.object({ sha256: z.string() }).optional(),
});

type Machine = z.infer<typeof machineSchema>;

/**
 * Goes on with a run from its newest whole checkpoint, as if it had never ended; from the beginning
 * where it has none. On the machine, libtorch and number of threads of before, what comes out is
 * the same bit for bit.
 * @throws UserError when it is no run folder, is at its end, is being trained, or its images are
 * others now
 */
export async function* resume(
  path: string,
  { changes, ...loading }: ResumeOptions = {},
): AsyncGenerator<PretrainEvent> {
  const { config, machine } = readRun(path, changes);
  const folder = openRunFolder(path);
  try {
    yield { kind: 'loading' };
    const data = await loadFrom(machine.folder, () => loadImages(config, loading));
    checkImages(data, machine.images, path);
    const warnings: string[] = [];
    if (machine.threads !== threads() || machine.libtorch !== version()) {
      const [then, now] = [machine, { threads: threads(), libtorch: version() }].map(
        (x) => `${x.threads} threads on libtorch ${x.libtorch}`,
      );
      warnings.push(`begun with ${then}, resumed with ${now}: the last bits may differ`);
    }
    const run = prepare(config, data, () => folder);
    checkNetworks(run, machine, path);
    const from = restore(run, warnings);
    const metricsBytes = folder.goOnAfter(from.metricsBytes);
    if (metricsBytes < from.metricsBytes) {
      warnings.push(
        `${join(path, 'metrics.jsonl')} is shorter than it was: lines of epochs before step ${from.step} are lost`,
      );
    }
    for (const text of warnings) yield { kind: 'warning', text };
    yield* goOn(run, { ...from, metricsBytes }, loading.signal);
  } finally {
    folder.release();
  }
}

/** The settings of a run. @throws UserError where there is none, or they are damaged */
export function readConfigOf(run: string): RunConfig {
  return readRun(run).config;
}

function readRun(path: string, changes: Settings = {}): { config: RunConfig; machine: Machine } {
  const file = join(path, 'config.json');
  if (!existsSync(file)) throw new UserError(`${path} is no run folder: there is no config.json in it`);
  try {
    const { tandem, ...settings } = readJson(file);
    const { success, data: machine } = machineSchema.safeParse(tandem);
    const config = resolveConfig(placed({ ...settings, ...changes }, machine?.folder));
    if (!success) throw new UserError('what it says of its machine is not whole');
    return { config, machine };
  } catch (error) {
    throw new UserError(`${file} cannot be used: ${(error as Error).message}`);
  }
}

/**
 * Images given by a path that is seen from another folder than this one are the likely reason where
 * they are not found.
 */
async function loadFrom(begunIn: string | undefined, read: () => Promise<DataSet>): Promise<DataSet> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof UserError) || begunIn === undefined || begunIn === process.cwd()) throw error;
    throw new UserError(`${error.message.replace(/\.$/, '')}; the run was begun in the folder ${begunIn}`);
  }
}

function checkImages({ train }: DataSet, before: Machine['images'], path: string): void {
  if (!before) return;
  const tell = (x: NonNullable<Machine['images']>) => `${x.count} of ${x.channels}x${x.height}x${x.width}`;
  const begun = `${path} was begun with ${tell(before)} images`;
  if (tell(before) !== tell(train))
    throw new UserError(`${begun}, now there are ${tell(train)}: it cannot go on with others`);
  if (before.sha256 === undefined || before.sha256 === fingerprint(train)) return;
  throw new UserError(
    `${begun}, now there are as many others: put the former back, or take sha256 out of its config.json to go on with these`,
  );
}

function checkNetworks({ config, teacher, origin }: Run, before: Machine, path: string): void {
  const check = (what: string, then: Machine['teacher'], now: { sha256: string } | undefined, where: unknown) => {
    if (then === undefined || then.sha256 === now?.sha256) return;
    throw new UserError(
      `${path} was begun with another ${what} than the one that is now in ${where}: put the former back, or begin a new run`,
    );
  };
  const { options } = config.method;
  check('teacher', before.teacher, teacher, config.network.teacher);
  check('network to start from', before.origin, origin, 'from' in options && options.from);
}

/** Relative paths of networks are seen from where the run was begun, where they still are. */
function placed(settings: Settings, folder: string | undefined): Settings {
  if (folder === undefined) return settings;
  const there = ['teacher', 'from', 'initFrom'].flatMap((key) => {
    const path = settings[key];
    const seen = typeof path === 'string' && path !== '' ? resolve(folder, path) : undefined;
    return seen !== undefined && existsSync(seen) ? [[key, seen] as const] : [];
  });
  return { ...settings, ...Object.fromEntries(there) };
}

function restore(run: Run, warnings: string[]): Progress {
  const { method, plan, folder, batches } = run;
  let damaged = 0;
  const found = loadCheckpoint(folder.path, (file, why) => {
    damaged += 1;
    warnings.push(`${file} is put aside as damaged: ${why}`);
  });
  if (!found) {
    if (damaged > 0) warnings.push(`no checkpoint is whole: the run begins again, from step 0`);
    return start;
  }
  try {
    restoreTrainingState(method, plan.optimizer, found.tensors);
  } catch (error) {
    throw new UserError(`${folder.path}: ${(error as Error).message}`);
  } finally {
    for (const tensor of Object.values(found.tensors)) tensor.dispose();
  }
  const { success, data: progress } = progressSchema.safeParse(found.notes);
  const perEpoch = stepsPerEpoch(method, batches);
  if (!success || progress.step > plan.epochs * perEpoch || progress.epochs > progress.step / perEpoch) {
    throw new UserError(`${folder.path}: its checkpoint does not say how far it is as this version of Tandem does`);
  }
  if (progress.epochs >= plan.epochs)
    throw new AtEndError(`${folder.path} is at its end: all ${plan.epochs} epochs are done`);
  return progress;
}
