import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../errors.js';
import { type EncoderName, encoderNames } from './encoder-names.js';

/** Where a run folder keeps the head that was trained on its kept encoder. */
export function headFile(run: string): string {
  return join(run, 'encoder', 'head.safetensors');
}

/** Where a run folder keeps an encoder: of the last epoch, or of the one that is named. */
export function encoderFile(run: string, which: string, epoch?: number): string {
  return join(run, 'encoder', `${which}${epoch === undefined ? '' : `-epoch${epoch}`}.safetensors`);
}

/** Whose encoder of which epoch a file is by its name; undefined for those of the last epoch. */
export function keptEpochOf(file: string): { name: EncoderName; epoch: number } | undefined {
  const [, whose, epoch] = /^(\w+)-epoch(\d+)\.safetensors$/.exec(basename(file)) ?? [];
  const name = encoderNames.find((one) => one === whose);
  return runOf(file) && name ? { name, epoch: Number(epoch) } : undefined;
}

/**
 * The head beside the kept encoder of a run folder; undefined for a file or folder that has none.
 */
export function findHead(runOrFile: string): string | undefined {
  const file = headFile(runOrFile);
  return existsSync(file) ? file : undefined;
}

/** What the weights of a folder of the Hub are called, and those that `export` writes. */
const published = ['model.safetensors', 'model.safetensors.index.json', 'pytorch_model.bin'];

/**
 * The kept encoder of a run folder, that of an exported folder, or the file itself.
 * @throws UserError when there is none.
 */
export function findEncoder(runOrFile: string): string {
  if (!existsSync(runOrFile)) throw new UserError(`${runOrFile}: there is no such run folder or encoder file`);
  if (!statSync(runOrFile).isDirectory()) return runOrFile;
  const file = join(runOrFile, 'encoder', 'encoder.safetensors');
  if (!existsSync(file)) {
    const [other] = published.map((name) => join(runOrFile, name)).filter((path) => existsSync(path));
    if (other !== undefined) return other;
  }
  if (!existsSync(file)) {
    throw new UserError(`${runOrFile}: no encoder/encoder.safetensors in it; has the run finished an epoch?`);
  }
  return file;
}

/** The folder of a run, from itself or an encoder in it; undefined where there is no run. */
export function runOf(runOrFile: string): string | undefined {
  const at = resolve(runOrFile);
  const run = statSync(at, { throwIfNoEntry: false })?.isDirectory() ? at : dirname(dirname(at));
  const isEncoder = run === at || basename(dirname(at)) === 'encoder';
  return isEncoder && existsSync(join(run, 'config.json')) ? run : undefined;
}
