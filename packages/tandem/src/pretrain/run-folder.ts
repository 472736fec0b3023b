import { appendFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { UserError } from '../errors.js';

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
 * Makes the folder of a new run: the one asked for, or the next free `runs/<name>`.
 * @throws UserError when it exists and is not empty, or cannot be written
 */
export function createRunFolder(out: string | undefined, name: string): RunFolder {
  const path = out ?? nextFree(join('runs', name));
  if (existsSync(path) && !isEmptyFolder(path)) {
    throw new UserError(`${path} exists already and is never overwritten; give another --out`);
  }
  try {
    mkdirSync(join(path, 'encoder'), { recursive: true });
    writeFileSync(join(path, 'metrics.jsonl'), '');
  } catch (error) {
    throw new UserError(`cannot write the run folder ${resolve(path)}: ${(error as Error).message}`);
  }
  return {
    path,
    writeConfig: (config) => writeFileSync(join(path, 'config.json'), `${JSON.stringify(config, null, 2)}\n`),
    appendMetrics: (metrics) => appendFileSync(join(path, 'metrics.jsonl'), `${JSON.stringify(metrics)}\n`),
    writeSkipped: (skipped) =>
      writeFileSync(join(path, 'skipped.jsonl'), skipped.map((entry) => `${JSON.stringify(entry)}\n`).join('')),
    encoderFile: (which) => join(path, 'encoder', `${which}.safetensors`),
  };
}

/** The kept encoder of a run folder, or the file itself. @throws UserError when there is none. */
export function findEncoder(runOrFile: string): string {
  if (!existsSync(runOrFile)) throw new UserError(`${runOrFile}: there is no such run folder or encoder file`);
  if (runOrFile.endsWith('.safetensors')) return runOrFile;
  const file = join(runOrFile, 'encoder', 'encoder.safetensors');
  if (!existsSync(file))
    throw new UserError(`${runOrFile}: no encoder/encoder.safetensors in it; has the run finished an epoch?`);
  return file;
}

function isEmptyFolder(path: string): boolean {
  try {
    return readdirSync(path).length === 0;
  } catch {
    return false;
  }
}

function nextFree(path: string): string {
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? path : `${path}-${n}`;
    if (!existsSync(candidate)) return candidate;
  }
}

/** A name for runs on these images: a data-set name, or the last part of a path without its endings. */
export function shortName(images: string): string {
  return basename(resolve(images)).replace(/(\.(tar|gz|tgz|zip))+$/i, '') || 'images';
}
