import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError, UserError } from '../errors.js';
import { readJsonLines } from '../files/json.js';
import { readRegular } from '../files/regular.js';
import { type LoadedEncoder, loadEncoder } from '../weights/index.js';
import { encoderFile, findEncoder, keptEpochOf } from './encoder-files.js';
import { type EncoderName, encoderNames } from './encoder-names.js';
import { numberIn } from './run-record.js';

/** Which of a run's encoders are meant; `kept` is one of the others, `both` are all. */
export const encoderChoices = ['kept', ...encoderNames, 'both'] as const;
/** Which of a run's encoders is meant. */
export type EncoderChoice = (typeof encoderChoices)[number];

/** An encoder that was loaded, and where it stands. */
export interface OpenedEncoder extends LoadedEncoder {
  /** `encoder` where a file does not say whose it is. */
  readonly name: EncoderName | 'encoder';
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
export function keptEncoder(run: string): EncoderName | undefined {
  if (!existsSync(join(run, 'encoder', 'encoder.safetensors'))) return undefined;
  const [{ name }] = filesOf(run, 'kept') as [EncoderFile];
  return name === 'encoder' ? undefined : name;
}

type EncoderFile = Pick<OpenedEncoder, 'name' | 'kept' | 'file'>;

function filesOf(runOrFile: string, choice: EncoderChoice): EncoderFile[] {
  const keptFile = findEncoder(runOrFile);
  if (!statSync(runOrFile).isDirectory()) {
    if (choice !== 'kept' && choice !== 'both') {
      throw new UsageError(`--encoder ${choice} needs a run folder; ${runOrFile} is a file, one encoder`);
    }
    return [{ name: keptEpochOf(keptFile)?.name ?? 'encoder', kept: true, file: keptFile }];
  }
  const kept = readRegular(keptFile);
  const all = encoderNames
    .map((name) => ({ name, file: encoderFile(runOrFile, name) }))
    .filter(({ file }) => existsSync(file))
    .map(({ name, file }) => ({ name, file, kept: readRegular(file).equals(kept) }))
    .sort((a, b) => Number(b.kept) - Number(a.kept));
  const first: EncoderFile = { name: all[0]?.kept ? all[0].name : 'encoder', kept: true, file: keptFile };
  if (choice === 'kept') return [first];
  if (choice === 'both') return [first, ...all.filter(({ kept }) => !kept)];
  const asked = all.find(({ name }) => name === choice);
  if (asked) return [asked];
  throw new UserError(
    `${runOrFile}: has no ${choice}; there is ${all.map(({ name }) => name).join(' and ') || 'encoder'}`,
  );
}
