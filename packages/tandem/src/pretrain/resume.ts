import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type distributed, threads, version } from 'tandem-torch';
import { shownName, UserError } from '../errors.js';
import { readJsonLines } from '../files/json.js';
import type { DataSet } from '../images/index.js';
import { type Checkpoint, loadCheckpoint, restoreTrainingState, trainingState } from '../train/checkpoint.js';
import { stepsPerEpoch } from '../train/loop.js';
import { AtEndError, allDone, stoppedAt } from './at-end.js';
import type { Longer } from './config/continuation.js';
import type { Settings } from './config/read.js';
import { shadowFolder } from './distributed/shadow-folder.js';
import { tellingOthers } from './distributed/telling-others.js';
import type { PretrainEvent } from './events.js';
import { useAsBegun } from './extensions/use.js';
import { type Circumstances, copyIn, describeImages } from './folder/config-json.js';
import { type ConfigFile, type OpenedRunFolder, openRunFolder } from './folder/run-folder.js';
import type { LoadingOptions } from './following.js';
import { loadImages } from './load-images.js';
import { type Progress, readProgress, start } from './loop/progress.js';
import { runLoop } from './loop/run-loop.js';
import { continuedNote, type ResumedConfig, resumedConfig } from './resumed-config.js';
import { prepare, type Run } from './run.js';

/**
 * Settings that may change when a run resumes: they decide nothing that was or will be learned from
 * finite numbers, but when it stops.
 */
export const changeable = [
  'nonFinite',
  'saveMinutes',
  'saveSteps',
  'dataRoot',
  'cache',
  'streamCache',
  'graph',
  'teacher',
  'from',
  'stopAt',
] as const;

type ResumedRun = Run & { readonly folder: OpenedRunFolder };

/** What changes when a run resumes, and how it is followed. */
export interface ResumeOptions extends LoadingOptions {
  /** Settings among `changeable`. */
  readonly changes?: Settings;
  /** Epochs of the whole run, past what was to be its last, and how the learning rate goes on. */
  readonly longer?: Longer | undefined;
}

/**
 * Resumes a run from its newest whole checkpoint, as if it had never ended; from the beginning
 * where it has none. On the machine, libtorch and number of threads of before, what comes out is
 * the same bit for bit.
 * @throws UserError when it is no run folder, is at its end, is being trained, or its images are
 * others now
 * @example
 * ```ts
 * import { pretrain, resume } from 'tandem-vision';
 *
 * const stop = new AbortController();
 * const { run } = await pretrain({
 *   data: 'pictures',
 *   ...{ method: 'byol', backbone: 'resnet10', width: 4, batch: 16, epochs: 2 },
 *   signal: stop.signal,
 *   onEvent(event) {
 *     if (event.kind === 'step') stop.abort(); // as Ctrl-C does
 *   },
 * });
 * for await (const event of resume(run)) {
 *   if (event.kind === 'end') console.log(event.metrics?.epoch); // 2
 * }
 * ```
 */
export function resume(path: string, options: ResumeOptions = {}): AsyncGenerator<PretrainEvent> {
  return tellingOthers(options.group, resumed(path, options));
}

async function* resumed(path: string, { changes, longer, ...loading }: ResumeOptions): AsyncGenerator<PretrainEvent> {
  const { group } = loading;
  if (isFirst(group) || existsSync(join(path, 'config.json'))) await useAsBegun(path);
  const { config, begun, configFile, fault, continued } = resumedConfig(path, { changes, longer }, group);
  const folder = isFirst(group) ? openRunFolder(path) : shadowFolder(path);
  try {
    if (fault !== undefined) {
      folder.restoreConfig(configFile);
      yield { kind: 'warning', text: `${fault}; it is written anew from the copy in the checkpoint` };
    }
    yield { kind: 'loading' };
    const data = await loadFrom(begun.folder, () => loadImages(config, loading));
    checkImages(data, begun.images, path);
    const run = { ...prepare(config, data, () => folder, group), configFile };
    checkNetworks(run, begun, path);
    const warnings = checkMachine(begun);
    const from = progressFor(run, continued, warnings);
    warnings.push(...damageOf(join(path, 'metrics.jsonl')));
    if (continued) {
      folder.writeConfig(configFile);
      warnings.push(continuedNote(config, run.plan.lr, stepsPerEpoch(run.method, run.batches)));
    }
    for (const text of warnings) yield { kind: 'warning', text };
    yield* runLoop(run, from, loading.signal);
  } finally {
    folder.release();
  }
}

/** Whether this is the only process, or the one that reads and writes the run folder. */
function isFirst(group: distributed.ProcessGroup | undefined): boolean {
  return !group || group.rank === 0;
}

/**
 * Puts the newest whole checkpoint in place, on all processes what the first one finds.
 * @param warnings gets a line for what is damaged or lost
 * @throws AtEndError on all processes
 */
function progressFor(run: ResumedRun, continued: ResumedConfig['continued'], warnings: string[]): Progress {
  const { shared, optimizer } = run.plan;
  if (!shared) return ofFolder(run, continued, warnings);
  const { group } = shared;
  const found = isFirst(group) ? orAtEnd(() => ofFolder(run, continued, warnings)) : start;
  const atEnd = group.broadcastText(found instanceof AtEndError ? found.message : '');
  if (atEnd !== '') throw new AtEndError(atEnd);
  shared.begin(trainingState(run.method, optimizer));
  return JSON.parse(group.broadcastText(JSON.stringify(found))) as Progress;
}

function orAtEnd(find: () => Progress): Progress | AtEndError {
  try {
    return find();
  } catch (error) {
    if (error instanceof AtEndError) return error;
    throw error;
  }
}

function ofFolder(run: ResumedRun, continued: ResumedConfig['continued'], warnings: string[]): Progress {
  const from = restore(run, continued, warnings);
  const metricsBytes = run.folder.resumeAfter(from.metricsBytes);
  if (metricsBytes < from.metricsBytes) {
    warnings.push(
      `${join(run.folder.path, 'metrics.jsonl')} is shorter than it was: lines of epochs before step ${from.step} are lost`,
    );
  }
  return { ...from, metricsBytes };
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

/** @returns what should be known of another libtorch or number of threads */
function checkMachine(begun: Circumstances): string[] {
  const now = { threads: threads(), libtorch: version() };
  if (begun.threads === now.threads && begun.libtorch === now.libtorch) return [];
  const [was, is] = [begun, now].map((x) => `${x.threads} threads on libtorch ${x.libtorch}`);
  return [`begun with ${was}, resumed with ${is}: the last bits may differ`];
}

function checkImages(data: DataSet, before: Circumstances['images'], path: string): void {
  if (!before) return;
  const now = describeImages(data);
  const described = (x: NonNullable<Circumstances['images']>) =>
    `${x.count} of ${x.channels}x${x.height}x${x.width}${x.depth ? ` in ${x.depth} bits` : ''}`;
  const begun = `${path} was begun with ${described(before)} images`;
  if (described(before) !== described(now)) {
    throw new UserError(`${begun}, now there are ${described(now)}: it cannot resume with others`);
  }
  if (before.sha256 === undefined || before.sha256 === now.sha256) return;
  throw new UserError(
    `${begun}, now there are as many others: put the former back, or take sha256 out of its config.json to resume with these`,
  );
}

function checkNetworks({ config, teacher, baseModel }: Run, before: Circumstances, path: string): void {
  const check = (what: string, then: Circumstances['teacher'], now: { sha256: string } | undefined, where: unknown) => {
    if (then === undefined || then.sha256 === now?.sha256) return;
    throw new UserError(
      `${path} was begun with another ${what} than the one that is now in ${where}: put the former back, or begin a new run`,
    );
  };
  const { options } = config.method;
  check('teacher', before.teacher, teacher, config.network.teacher);
  check('network to start from', before.origin, baseModel, 'from' in options && options.from);
}

/**
 * Puts the newest whole checkpoint in place.
 * @param continued settings that this resumption changes
 * @param warnings gets a line for each that is damaged
 */
function restore(run: ResumedRun, continued: ResumedConfig['continued'], warnings: string[]): Progress {
  const { method, plan, folder } = run;
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
  const saved = copyIn(found.notes);
  warnings.push(...editedNote(run.configFile, saved && { ...saved, ...continued }));
  return progressIn(found, run, warnings);
}

/** Settings in config.json that are others than at the last save, by hand or by damage. */
function editedNote(now: ConfigFile, saved: ConfigFile = now): string[] {
  const free: readonly string[] = [...changeable, 'images', 'tandem'];
  const edited = Object.keys({ ...saved, ...now })
    .filter((key) => !free.includes(key) && JSON.stringify(now[key]) !== JSON.stringify(saved[key]))
    .map((key) => `${shownName(key)} is ${JSON.stringify(now[key])}, was ${JSON.stringify(saved[key])}`);
  if (edited.length === 0) return [];
  return [`config.json was changed since the last save: ${edited.join(', ')}; the run resumes with what it says now`];
}

/**
 * What a checkpoint says of how far a run is.
 * @param warnings gets a line where it does not say all
 * @throws UserError where it does not fit the run
 */
function progressIn(
  { step, notes }: Pick<Checkpoint, 'step' | 'notes'>,
  { config, method, plan, folder, batches }: ResumedRun,
  warnings: string[],
): Progress {
  const { progress, lost } = readProgress(notes, { step, ...folder.metricsUntil(step) });
  if (lost.length > 0) warnings.push(lostNote(lost, step));
  const perEpoch = stepsPerEpoch(method, batches);
  if (step > plan.epochs * perEpoch || progress.epochs > step / perEpoch) {
    throw new UserError(
      `${folder.path}: its checkpoint is of step ${step} after ${progress.epochs} whole epochs, which does not fit ${plan.epochs} epochs of ${perEpoch} steps: put epochs, batch and limit in its config.json back to what they were`,
    );
  }
  if (progress.epochs >= plan.epochs) {
    throw allDone(folder.path, plan.epochs, config);
  }
  const { stopAt = plan.epochs } = config.training;
  if (progress.epochs >= stopAt) {
    throw stoppedAt(folder.path, progress.epochs, plan.epochs);
  }
  return progress;
}

/** Lines of metrics that cannot be read: they stay as they are, but somebody should know. */
function damageOf(lines: string): string[] {
  try {
    readJsonLines(lines);
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}

/** What is said of notes that could not be read, with what that changes. */
function lostNote(lost: readonly string[], step: number): string {
  const meanings = [
    ...(lost.includes('seconds') ? ['its time counts from now'] : []),
    ...(lost.includes('sums') ? ['the averages of this epoch are of the steps from here on'] : []),
  ];
  return [
    `the checkpoint of step ${step} is whole, but its notes on ${lost.join(', ')} cannot be read`,
    ...meanings,
  ].join('; ');
}
