import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError, UserError } from '../errors.js';
import { readJsonLines } from '../files/json.js';
import { readRegular } from '../files/regular.js';
import { type LoadedEncoder, loadEncoder } from '../weights/index.js';
import { encoderFile, findEncoder, keptEpochOf } from './encoder-files.js';
import { numberIn } from './run-record.js';

/** Which of a run's encoders are meant; the kept one is the student or the teacher. */
export const encoderChoices = ['kept', 'student', 'teacher', 'both'] as const;
/** Which of a run's encoders is meant. */
export type EncoderChoice = (typeof encoderChoices)[number];

/** An encoder that was loaded, and where it stands. */
export interface OpenedEncoder extends LoadedEncoder {
  /** `encoder` where a file does not say whose it is. */
  readonly name: 'student' | 'teacher' | 'encoder';
  /** Whether it is the one that its run keeps. */
  readonly kept: boolean;
  /** Where it lies. */
  readonly file: string;
  /** The last epoch of its run when it was loaded. */
  readonly epoch?: number | undefined;
}

/**
 * The encoders of a run folder, the kept one first, or the one in a file. The caller disposes them.
 * @throws UserError where there is no such encoder; UsageError where one of a run's is asked of a
 * file
 */
export function openEncoders(runOrFile: string, choice: EncoderChoice = 'both'): OpenedEncoder[] {
  const metrics = join(runOrFile, 'metrics.jsonl');
  const epoch = existsSync(metrics) ? numberIn(readJsonLines(metrics).at(-1), 'epoch') : keptEpochOf(runOrFile)?.epoch;
  return filesOf(runOrFile, choice).map((one) => ({ ...one, ...loadEncoder(one.file), epoch }));
}

/** As `openEncoders`, where one is meant. */
export function openEncoder(runOrFile: string, choice: Exclude<EncoderChoice, 'both'> = 'kept'): OpenedEncoder {
  return openEncoders(runOrFile, choice)[0] as OpenedEncoder;
}

/** Which of its encoders a run folder keeps, by their files; undefined where it cannot be told. */
export function keptEncoder(run: string): 'student' | 'teacher' | undefined {
  if (!existsSync(join(run, 'encoder', 'encoder.safetensors'))) return undefined;
  const [{ name }] = filesOf(run, 'kept') as [EncoderFile];
  return name === 'encoder' ? undefined : name;
}

type EncoderFile = Pick<OpenedEncoder, 'name' | 'kept' | 'file'>;

function filesOf(runOrFile: string, choice: EncoderChoice): EncoderFile[] {
  const keptFile = findEncoder(runOrFile);
  if (!statSync(runOrFile).isDirectory()) {
    if (choice === 'student' || choice === 'teacher') {
      throw new UsageError(`--encoder ${choice} needs a run folder; ${runOrFile} is a file, one encoder`);
    }
    return [{ name: keptEpochOf(keptFile)?.name ?? 'encoder', kept: true, file: keptFile }];
  }
  const kept = readRegular(keptFile);
  const pair = (['student', 'teacher'] as const)
    .map((name) => ({ name, file: encoderFile(runOrFile, name) }))
    .filter(({ file }) => existsSync(file))
    .map(({ name, file }) => ({ name, file, kept: readRegular(file).equals(kept) }))
    .sort((a, b) => Number(b.kept) - Number(a.kept));
  const first: EncoderFile = { name: pair[0]?.kept ? pair[0].name : 'encoder', kept: true, file: keptFile };
  if (choice === 'kept') return [first];
  if (choice === 'both') return [first, ...pair.filter(({ kept }) => !kept)];
  const asked = pair.find(({ name }) => name === choice);
  if (asked) return [asked];
  throw new UserError(
    `${runOrFile}: has no ${choice}; there is ${pair.map(({ name }) => name).join(' and ') || 'encoder'}`,
  );
}
