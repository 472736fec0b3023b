import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError, UserError } from '../../errors.js';
import { readJsonLines } from '../../files/json.js';
import { findEncoder, numberIn } from '../../runs/index.js';
import { type LoadedEncoder, loadEncoder } from '../../weights/encoder.js';

/** Which encoders of a run are meant. */
export const choices = ['kept', 'student', 'teacher', 'both'] as const;
export type Choice = (typeof choices)[number];

/** An encoder to be measured. */
export interface Subject extends LoadedEncoder {
  readonly name: 'student' | 'teacher' | 'encoder';
  /** Whether it is the one that its run keeps. */
  readonly kept: boolean;
  readonly file: string;
  /** The last epoch of its run when it was loaded. */
  readonly epoch?: number | undefined;
}

/**
 * The encoders of a run folder, the kept one first, or the one in a file.
 * @param choice undefined is both for a run
 * @throws UserError where there is no such encoder; UsageError where one of a run's is asked of a
 * file
 */
export function openSubjects(runOrFile: string, choice: Choice = 'both'): Subject[] {
  const metrics = join(runOrFile, 'metrics.jsonl');
  const epoch = existsSync(metrics) ? numberIn(readJsonLines(metrics).at(-1), 'epoch') : undefined;
  return filesOf(runOrFile, choice).map((found) => ({ ...found, ...loadEncoder(found.file), epoch }));
}

type Found = Pick<Subject, 'name' | 'kept' | 'file'>;

function filesOf(runOrFile: string, choice: Choice): Found[] {
  const keptFile = findEncoder(runOrFile);
  if (!statSync(runOrFile).isDirectory()) {
    if (choice === 'student' || choice === 'teacher') {
      throw new UsageError(`--of ${choice} needs a run folder; ${runOrFile} is a file, one encoder`);
    }
    return [{ name: 'encoder', kept: true, file: keptFile }];
  }
  const kept = readFileSync(keptFile);
  const pair = (['student', 'teacher'] as const)
    .map((name) => ({ name, file: join(runOrFile, 'encoder', `${name}.safetensors`) }))
    .filter(({ file }) => existsSync(file))
    .map(({ name, file }) => ({ name, file, kept: readFileSync(file).equals(kept) }))
    .sort((a, b) => Number(b.kept) - Number(a.kept));
  const first: Found = { name: pair[0]?.kept ? pair[0].name : 'encoder', kept: true, file: keptFile };
  if (choice === 'kept') return [first];
  if (choice === 'both') return [first, ...pair.filter(({ kept }) => !kept)];
  const asked = pair.find(({ name }) => name === choice);
  if (asked) return [asked];
  throw new UserError(
    `${runOrFile}: has no ${choice}; there is ${pair.map(({ name }) => name).join(' and ') || 'encoder'}`,
  );
}
