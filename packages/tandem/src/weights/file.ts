import { io, type Tensor } from 'tandem-torch';
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
 * Reads weights and, where the file says it, what they are. Files without a checksum are read too.
 * @returns tensors that the caller frees
 * @throws UserError where there is no such file, or it is damaged, or holds NaN or infinity
 */
export function loadWeights(path: string): { tensors: Record<string, Tensor>; about: string | undefined } {
  let tensors: Record<string, Tensor> = {};
  try {
    const file = io.loadSafetensors(path);
    tensors = file.tensors;
    const { [key]: about, sha256 } = file.metadata;
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
    const cure = error instanceof io.SafetensorsError ? '; give a whole copy of the file' : '';
    throw new UserError(`${named(path, error)}${cure}`);
  }
}

/** The error's message, with the file where it does not name it. */
export function named(path: string, error: unknown): string {
  const message = systemMessage(error) ?? (error as Error).message;
  return message.includes(path) ? message : `${path}: ${message}`;
}
