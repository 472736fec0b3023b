import {
  accessSync,
  appendFileSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { UsageError, UserError } from '../errors.js';

/** The files of one run. */
export interface RunFolder {
  readonly path: string;
  writeConfig(config: object): void;
  /** One line of JSON for each epoch. */
  appendMetrics(metrics: object): void;
  /** One line of JSON for each file that could not be read. */
  writeSkipped(skipped: readonly object[]): void;
  /** Where an encoder is kept. */
  encoderFile(which: 'encoder' | 'student' | 'teacher'): string;
}

/**
 * Says early, while nothing has been loaded yet, that a run folder could not be made.
 * @throws UserError when it exists and is not empty, or cannot be written; UsageError for an empty name
 */
export function checkRunFolder(out: string | undefined): void {
  if (out?.trim() === '') throw new UsageError('--out must name a folder');
  if (out !== undefined && existsSync(out) && !isEmptyFolder(out)) throw taken(out);
  let there = resolve(out ?? 'runs');
  while (!existsSync(there)) there = dirname(there);
  if (!statSync(there).isDirectory()) throw unwritable(out ?? 'runs', `${there} is no folder`);
  try {
    accessSync(there, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw unwritable(out ?? 'runs', (error as Error).message);
  }
}

/**
 * Makes the folder of a new run: the one asked for, or the next free `runs/<name>`.
 * @throws UserError when it exists and is not empty, or cannot be written
 */
export function createRunFolder(out: string | undefined, name: string): RunFolder {
  if (out !== undefined && existsSync(out) && !isEmptyFolder(out)) throw taken(out);
  let path = out ?? 'runs';
  try {
    makeFolder(path);
    if (out === undefined) path = nextFree(join(path, name));
    mkdirSync(join(path, 'encoder'));
    writeFileSync(join(path, 'metrics.jsonl'), '');
  } catch (error) {
    throw unwritable(path, (error as Error).message);
  }
  const writeLines = (file: string, entries: readonly object[]) =>
    writeFileSync(join(path, file), entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  return {
    path,
    writeConfig: (config) => writeFileSync(join(path, 'config.json'), `${JSON.stringify(config, null, 2)}\n`),
    appendMetrics: (metrics) => appendFileSync(join(path, 'metrics.jsonl'), `${JSON.stringify(metrics)}\n`),
    writeSkipped: (skipped) => writeLines('skipped.jsonl', skipped),
    encoderFile: (which) => join(path, 'encoder', `${which}.safetensors`),
  };
}

/** The kept encoder of a run folder, or the file itself. @throws UserError when there is none. */
export function findEncoder(runOrFile: string): string {
  if (!existsSync(runOrFile)) throw new UserError(`${runOrFile}: there is no such run folder or encoder file`);
  if (!statSync(runOrFile).isDirectory()) return runOrFile;
  const file = join(runOrFile, 'encoder', 'encoder.safetensors');
  if (!existsSync(file)) {
    throw new UserError(`${runOrFile}: no encoder/encoder.safetensors in it; has the run finished an epoch?`);
  }
  return file;
}

function taken(path: string): UserError {
  return new UserError(`${path} exists already and is never overwritten; give another --out`);
}

function unwritable(path: string, why: string): UserError {
  return new UserError(`cannot write the run folder ${resolve(path)}: ${why}; give another --out`);
}

/** Not by Node's `recursive`, which never returns where a folder cannot be made although its parent exists, as in /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path);
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

/** A name for runs on these images: a data-set name, or the last part of a path without its endings. */
export function shortName(images: string): string {
  return basename(resolve(images)).replace(/(\.(tar|gz|tgz|zip))+$/i, '') || 'images';
}
