import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.js';
import { encoderFile, findEncoder, keptEpochOf } from './encoder-files.js';
import { keptEncoder } from './encoders.js';
import { numberIn, type RunRecord, readRun } from './run-record.js';

/** Epochs of which a run has the encoder that it keeps, ascending: by `keepEvery`, and the last. */
export function encoderEpochs({ path, metrics }: Pick<RunRecord, 'path' | 'metrics'>): number[] {
  const kept = keptEncoder(path);
  const last = numberIn(metrics.at(-1), 'epoch');
  if (!existsSync(join(path, 'encoder', 'encoder.safetensors')) || last === undefined) return [];
  const found = readdirSync(join(path, 'encoder')).map((name) => keptEpochOf(join(path, 'encoder', name)));
  const epochs = found.flatMap((one) => (one && one.name === kept && one.epoch < last ? [one.epoch] : []));
  return [...epochs.sort((a, b) => a - b), last];
}

/**
 * The file of the encoder that a run keeps, as it was at an epoch.
 * @throws UserError where it has none
 */
export function encoderAt(run: string, epoch: number): string {
  const kept = keptEncoder(run);
  const file = kept && encoderFile(run, kept, epoch);
  if (file !== undefined && existsSync(file)) return file;
  if (encoderEpochs(readRun(run)).at(-1) === epoch) return findEncoder(run);
  throw new UserError(`the run has no encoder of epoch ${epoch}; keepEvery=N keeps one every N epochs`);
}
