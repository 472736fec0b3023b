import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { io, type Tensor } from 'tandem-torch';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { systemMessage } from '../files/system-error.js';
import { refuseNotFinite } from './finite.js';

type Tensors = Readonly<Record<string, Tensor>>;

/** Under which the metadata say what the weights are. */
export const key = 'tandem';

/**
 * Writes weights, and what they are, with a checksum over both.
 * @param about JSON
 */
export function saveWeights(path: string, tensors: Tensors, about: string): void {
  io.saveSafetensors(path, tensors, { [key]: about, sha256: io.digestTensors(tensors, about) });
}

/**
 * Reads weights and, where the file says it, what they are: a safetensors file, the index of
 * several (`*.safetensors.index.json`), or a file of `torch.save`, of which nothing is run. Files
 * without a checksum are read too.
 * @returns tensors that the caller frees
 * @throws UserError where there is no such file, or it is damaged, or holds NaN or infinity
 */
export function loadWeights(path: string): { tensors: Record<string, Tensor>; about: string | undefined } {
  let tensors: Record<string, Tensor> = {};
  try {
    const file = readFile(path);
    tensors = file.tensors;
    const { [key]: about, sha256, progress } = file.metadata;
    if (about === undefined && progress !== undefined) {
      throw new Error(
        'a checkpoint of a run, not an encoder; give the run folder, or encoder/encoder.safetensors in it',
      );
    }
    // Another program's checksum may be of other things.
    if (about !== undefined && sha256 !== undefined && sha256 !== io.digestTensors(tensors, about)) {
      throw new Error(
        'damaged, or changed by another program: its checksum is not that of its contents; use a copy, or take sha256 out of its metadata',
      );
    }
    refuseNotFinite(tensors);
    return { tensors, about };
  } catch (error) {
    for (const tensor of Object.values(tensors)) tensor.dispose();
    const isBroken = error instanceof io.SafetensorsError || (error as Error).message.includes(' is cut');
    const cure = isBroken ? '; give a whole copy of the file' : '';
    throw new UserError(`${named(path, error)}${cure}`);
  }
}

/** By what the file begins with; its name says little. */
function readFile(path: string): io.SafeTensors {
  if (isIndex(path)) return readShards(path);
  const first = firstBytes(path, 64);
  if (first.toString('latin1').startsWith('version https://git-lfs')) {
    throw new Error("a Git LFS pointer, not the weights themselves; fetch them with 'git lfs pull'");
  }
  if (io.isTorchFile(first)) return { tensors: io.loadTorchFile(path, { skip: isOfTraining }), metadata: {} };
  return io.loadSafetensors(path);
}

/** What training keeps beside the weights, which may be twice as much. */
function isOfTraining(name: string): boolean {
  return /^(optimizer|optim|scaler|fp16_scaler|amp|lr_scheduler|scheduler)\b/.test(name);
}

/** Empty where it is no file that can be read; what reads it next says why. */
function firstBytes(path: string, count: number): Buffer {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return Buffer.alloc(0);
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(count);
    return bytes.subarray(0, readSync(file, bytes, 0, count, 0));
  } finally {
    closeSync(file);
  }
}

function isIndex(path: string): boolean {
  return path.endsWith('.safetensors.index.json');
}

/** Every file that weights consist of: the one itself, and those that an index names. */
export function filesOfWeights(path: string): string[] {
  return isIndex(path) ? [path, ...shardsOf(path).files] : [path];
}

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/** The files of an index, and in which of them each tensor stands. */
function shardsOf(index: string): { files: string[]; places: Readonly<Record<string, string>> } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(index, 'utf8'));
  } catch {}
  const { success, data } = indexSchema.safeParse(parsed);
  if (!success) throw new Error('no index of safetensors files: it has no weight_map of names');
  const places = data.weight_map;
  const names = [...new Set(Object.values(places))];
  const outside = names.find((name) => name !== basename(name));
  if (outside !== undefined) throw new Error(`its weight_map names ${JSON.stringify(outside)}, which is not beside it`);
  return { files: names.map((name) => join(dirname(index), name)), places };
}

function readShards(index: string): io.SafeTensors {
  const { files, places } = shardsOf(index);
  const tensors: Record<string, Tensor> = Object.create(null);
  try {
    for (const file of files) {
      for (const [name, tensor] of Object.entries(io.loadSafetensors(file).tensors)) {
        if (places[name] === basename(file)) tensors[name] = tensor;
        else tensor.dispose();
      }
    }
    const missing = Object.keys(places).find((name) => !tensors[name]);
    if (missing !== undefined)
      throw new Error(`${places[missing]} has no tensor ${JSON.stringify(missing)}, which the index puts there`);
    return { tensors, metadata: {} };
  } catch (error) {
    for (const tensor of Object.values(tensors)) tensor.dispose();
    throw error;
  }
}

/** The error's message, with the file where it does not name it. */
export function named(path: string, error: unknown): string {
  const message = systemMessage(error) ?? (error as Error).message;
  return message.includes(path) ? message : `${path}: ${message}`;
}
