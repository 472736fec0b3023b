import { existsSync, mkdirSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { UsageError, UserError } from '../../errors.js';
import { alreadyThere } from '../../files/existing.js';
import { objectIn } from '../../files/json.js';
import { type FolderLock, lockFolder } from '../../files/lock-folder.js';
import { makeFolder } from '../../files/make-folder.js';
import { tryWriting } from '../../files/out.js';
import { isRunning } from '../../files/process.js';
import { putAside } from '../../files/put-aside.js';
import { readRegular } from '../../files/regular.js';
import { reasonOf } from '../../files/system-error.js';
import { appendWhole, writeWhole } from '../../files/write-whole.js';
import { encoderFile, headFile } from '../../runs/encoder-files.js';

/** What `config.json` holds: settings by name, and under `tandem` where they come from. */
export type ConfigFile = Readonly<Record<string, unknown>>;

/** The files of one run. This process alone trains in it until `release`. */
export interface RunFolder {
  /** Of the folder. */
  readonly path: string;
  writeConfig(config: ConfigFile): void;
  /**
   * One line of JSON for each epoch after the first `at` bytes: whole and on the disk, or not at
   * all.
   * @returns the bytes of the file
   */
  appendMetrics(metrics: object, at: number): number;
  /** Why the run ended before its end, for whoever looks later. */
  writeStopped(stopped: object): void;
  /** One line of JSON for each file that could not be read. */
  writeSkipped(skipped: readonly object[]): void;
  /**
   * Where an encoder is kept, `encoder` being the run's result: of the last epoch, or for good, of
   * the one that is named.
   */
  encoderFile(which: string, epoch?: number): string;
  /** Where the head that was trained on the kept encoder is kept. */
  readonly headFile: string;
  /** Makes sure that no other process trains in it now. @throws UserError when one does */
  confirm(): void;
  /** Lets other processes train in it. */
  release(): void;
}

/** The folder of a run that is resumed. */
export interface OpenedRunFolder extends RunFolder {
  /**
   * Forgets why the run ended, and the metrics after `bytes`, which a checkpoint knows.
   * @returns the bytes that are left: fewer where lines were lost
   */
  resumeAfter(bytes: number): number;
  /** Writes a lost config.json anew; a damaged one is put aside. */
  restoreConfig(config: ConfigFile): void;
  /** What `metrics.jsonl` holds of the epochs up to a step. */
  metricsUntil(step: number): { readonly epochs: number; readonly metricsBytes: number };
}

/**
 * Says early, while nothing has been loaded yet, that a run folder could not be made.
 * @throws UserError when it exists and is not empty, or cannot be written; UsageError for an empty
 * name
 */
export function checkRunFolder(out: string | undefined): void {
  if (out?.trim() === '') throw new UsageError('--out must name a folder');
  if (out !== undefined && existsSync(out) && !isEmptyFolder(out)) throw alreadyThere(out);
  try {
    tryWriting(out ?? 'runs');
  } catch (error) {
    throw unwritable(out ?? 'runs', error);
  }
}

/**
 * Takes away what a process left that ended between making the folder of a run and its first word;
 * any other folder stays as it is.
 */
export function clearUnbegun(out: string): void {
  const files = existsSync(out) && statSync(out).isDirectory() ? readdirSync(out) : [];
  const isEmpty = (file: string) =>
    file === 'encoder'
      ? isEmptyFolder(join(out, file))
      : /^lock|^config\.json\..*\.tmp$/.test(file) || statSync(join(out, file)).size === 0;
  const isOurs = files.every((file) => ['encoder', 'metrics.jsonl'].includes(file) || /^lock|\.tmp$/.test(file));
  if (files.length === 0 || !isOurs || !files.every(isEmpty)) return;
  locked(out, (lock) => {
    for (const file of files) if (!file.startsWith('lock')) rmSync(join(out, file), { recursive: true });
    lock.release();
  });
}

/**
 * Makes the folder of a new run: the one asked for, or the next free `runs/<name>`.
 * @throws UserError when it exists and is not empty, or cannot be written
 */
export function createRunFolder(out: string | undefined, name: string): RunFolder {
  if (out !== undefined && existsSync(out) && !isEmptyFolder(out)) throw alreadyThere(out);
  let path = out ?? 'runs';
  try {
    makeFolder(path);
    if (out === undefined) path = nextFree(join(path, name));
    return locked(path, (lock) => {
      mkdirSync(join(path, 'encoder'));
      writeFileSync(join(path, 'metrics.jsonl'), '');
      return runFolderAt(path, lock);
    });
  } catch (error) {
    throw error instanceof UserError ? error : unwritable(path, error);
  }
}

/**
 * Opens the folder of a run to resume it. What a process that died left half-written is cleared
 * away.
 * @throws UserError when another process trains in it, or it cannot be written
 */
export function openRunFolder(path: string): OpenedRunFolder {
  try {
    return locked(path, (lock) => {
      for (const part of ['.', 'encoder', 'checkpoint']) clearHalfWritten(join(path, part));
      makeFolder(join(path, 'encoder'));
      const resumeAfter = (bytes: number) => {
        rmSync(join(path, 'stopped.json'), { force: true });
        return cutLines(join(path, 'metrics.jsonl'), bytes);
      };
      const metricsUntil = (step: number) => linesUntil(join(path, 'metrics.jsonl'), step);
      const folder = runFolderAt(path, lock);
      const restoreConfig = (config: ConfigFile) => {
        try {
          if (existsSync(join(path, 'config.json'))) putAside(join(path, 'config.json'));
          folder.writeConfig(config);
        } catch (error) {
          throw unwritable(path, error, 'make it writable');
        }
      };
      return { ...folder, resumeAfter, restoreConfig, metricsUntil };
    });
  } catch (error) {
    throw error instanceof UserError ? error : unwritable(path, error, 'make it writable');
  }
}

/** Gives the lock back where `use` fails. */
function locked<T>(path: string, use: (lock: FolderLock) => T): T {
  const lock = lockFolder(path, 'trained');
  try {
    return use(lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

function clearHalfWritten(folder: string): void {
  for (const file of existsSync(folder) ? readdirSync(folder) : []) {
    const writer = /\.(\d+)(\.stale)?\.tmp$/.exec(file)?.[1];
    // Another process may be asking for the lock at this moment; all other files are ours to write.
    if (writer === undefined || (file.startsWith('lock.') && isRunning(Number(writer)))) continue;
    rmSync(join(folder, file), { force: true });
  }
}

/**
 * Cuts a file after `bytes`, or where it is shorter after its last whole line.
 * @returns its bytes
 */
function cutLines(path: string, bytes: number): number {
  const size = existsSync(path) ? statSync(path).size : 0;
  const kept = size >= bytes ? bytes : size === 0 ? 0 : readRegular(path).lastIndexOf('\n') + 1;
  if (size > kept) truncateSync(path, kept);
  return kept;
}

/** The last epoch whose line is of no later step than this, and the bytes up to its end. */
function linesUntil(path: string, last: number): { epochs: number; metricsBytes: number } {
  let [epochs, metricsBytes, bytes] = [0, 0, 0];
  const lines = existsSync(path) ? readRegular(path).toString().split('\n').slice(0, -1) : [];
  for (const line of lines) {
    bytes += Buffer.byteLength(line) + 1;
    const { epoch, step } = objectIn(line) ?? {};
    if (typeof epoch !== 'number' || typeof step !== 'number' || step > last) continue;
    [epochs, metricsBytes] = [epoch, bytes];
  }
  return { epochs, metricsBytes };
}

function runFolderAt(path: string, lock: FolderLock): RunFolder {
  return {
    path,
    ...lock,
    writeConfig: (config) => writeWhole(join(path, 'config.json'), `${JSON.stringify(config, null, 2)}\n`),
    appendMetrics: (metrics, at) => appendWhole(join(path, 'metrics.jsonl'), `${JSON.stringify(metrics)}\n`, at),
    writeStopped: (stopped) => writeWhole(join(path, 'stopped.json'), `${JSON.stringify(stopped, null, 2)}\n`),
    writeSkipped: (skipped) =>
      writeWhole(join(path, 'skipped.jsonl'), skipped.map((entry) => `${JSON.stringify(entry)}\n`).join('')),
    encoderFile: (which, epoch) => encoderFile(path, which, epoch),
    headFile: headFile(path),
  };
}

/** The error of a run folder that cannot be written. */
export function unwritable(path: string, error: unknown, cure = 'give another --out'): UserError {
  return new UserError(`cannot write the run folder ${resolve(path)}: ${reasonOf(error, cure)}`);
}

function isEmptyFolder(path: string): boolean {
  try {
    return readdirSync(path).length === 0;
  } catch {
    return false;
  }
}

/** Makes it too, so that of two runs that start together each has its own. */
function nextFree(path: string): string {
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? path : `${path}-${n}`;
    try {
      mkdirSync(candidate);
      return candidate;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/**
 * A name for runs on these images: a data-set name, or the last part of a path without its endings.
 */
export function shortName(images: string): string {
  return basename(resolve(images)).replace(/(\.(tar|gz|tgz|zip))+$/i, '') || 'images';
}
