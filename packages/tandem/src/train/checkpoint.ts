import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { io, noGrad, type optim, type Tensor } from 'tandem-torch';
import { shownName } from '../errors.js';
import { makeFolder } from '../files/make-folder.js';
import { putAside } from '../files/put-aside.js';
import type { Method } from '../methods/method.js';

type Tensors = Readonly<Record<string, Tensor>>;

/** A checkpoint as it lies on the disk, checked. */
export interface Checkpoint {
  /** Student steps that were taken. */
  readonly step: number;
  /** Networks, optimizer and state by name. */
  readonly tensors: Tensors;
  /** What else the run wanted to remember. */
  readonly notes: unknown;
}

/**
 * The tensors that decide how training continues: networks, teacher, the method's own state, the
 * optimizer's. Views, order and shuffles follow from seed and step, and nothing draws from
 * libtorch's generator after the networks are made.
 */
export function trainingState(method: Method, optimizer: optim.Optimizer): Record<string, Tensor> {
  const state: Record<string, Tensor> = {};
  for (const [part, tensors] of Object.entries(parts(method, optimizer))) {
    for (const [name, tensor] of Object.entries(tensors)) state[`${part}.${name}`] = tensor;
  }
  return state;
}

function parts(method: Method, optimizer: optim.Optimizer): Record<string, Tensors> {
  return {
    student: method.student.stateDict(),
    ...(method.teacher && { teacher: method.teacher.stateDict() }),
    ...Object.fromEntries(
      Object.entries(method.auxiliary ?? {}).map(([name, { branch }]) => [name, branch.stateDict()]),
    ),
    ...(method.state && { state: method.state }),
    optimizer: optimizer.stateDict(),
  };
}

/**
 * Copies a saved state into place, after checking that it is one of the same networks, method and
 * optimizer.
 * @throws Error naming what does not fit; then nothing has changed
 */
export function restoreTrainingState(method: Method, optimizer: optim.Optimizer, saved: Tensors): void {
  const own = trainingState(method, optimizer);
  const shape = (x: Tensor | undefined) => (x ? `${x.dtype} [${x.shape}]` : 'absent');
  for (const name of new Set([...Object.keys(own), ...Object.keys(saved)])) {
    const [here, there] = [shape(own[name]), shape(Object.hasOwn(saved, name) ? saved[name] : undefined)];
    if (here !== there)
      throw new Error(`the checkpoint is of another run: ${shownName(name)} is ${there} in it, ${here} here`);
  }
  noGrad(() => {
    for (const [name, x] of Object.entries(own)) x.copy_(saved[name] as Tensor);
  });
}

/** The newest checkpoint and the one before it, in a run's folder `checkpoint`. */
const files = ['state.safetensors', 'previous.safetensors'] as const;

/**
 * Writes a checkpoint beside, syncs it, and puts it in the place of the newest, which becomes the
 * previous one. At every moment at least one whole checkpoint is there.
 * @param notes anything that JSON can hold
 */
export function saveCheckpoint(
  runFolder: string,
  method: Method,
  optimizer: optim.Optimizer,
  step: number,
  notes: unknown = null,
): void {
  const folder = join(runFolder, 'checkpoint');
  makeFolder(folder);
  const [newest, previous] = files.map((file) => join(folder, file)) as [string, string];
  const tensors = trainingState(method, optimizer);
  const progress = JSON.stringify({ step, notes });
  const metadata = { step: String(step), progress, sha256: io.digestTensors(tensors, progress) };
  io.saveSafetensors(newest, tensors, metadata, () => {
    if (existsSync(newest)) renameSync(newest, previous);
  });
}

/**
 * The newest checkpoint that is whole.
 * @param onDamaged told of each file that is not, after it was put aside as `<file>.damaged`
 * @returns undefined where there is none; the caller frees the tensors
 * @throws what the system says when a file cannot be read now, or memory is lacking: that does not
 * make it a damaged one
 */
export function loadCheckpoint(
  runFolder: string,
  onDamaged: (file: string, why: string) => void = () => {},
): Checkpoint | undefined {
  for (const name of files) {
    const file = join(runFolder, 'checkpoint', name);
    if (!existsSync(file)) continue;
    try {
      return readCheckpoint(file);
    } catch (error) {
      if (!isDamage(error)) throw error;
      putAside(file);
      onDamaged(file, (error as Error).message.replace(`${file}: `, ''));
    }
  }
  return undefined;
}

class ChecksumError extends Error {}

/** A disk that cannot read a file any more has damaged it too. */
function isDamage(error: unknown): boolean {
  const isTold = error instanceof io.SafetensorsError || error instanceof ChecksumError;
  return isTold || (error as NodeJS.ErrnoException).code === 'EIO';
}

/** The notes of a run's whole checkpoints, the newest first; all files are left as they are. */
export function* savedNotes(runFolder: string): Generator<unknown> {
  for (const name of files) {
    let found: Checkpoint;
    try {
      found = readCheckpoint(join(runFolder, 'checkpoint', name));
    } catch {
      continue; // none, or a damaged one
    }
    for (const tensor of Object.values(found.tensors)) tensor.dispose();
    yield found.notes;
  }
}

/** @throws Error when the file is no checkpoint, or not as it was written */
export function readCheckpoint(file: string): Checkpoint {
  const { tensors, metadata } = io.loadSafetensors(file);
  try {
    const { progress = '', sha256 } = metadata;
    if (io.digestTensors(tensors, progress) !== sha256)
      throw new ChecksumError(`${file}: its checksum is not that of its contents`);
    const { step, notes } = JSON.parse(progress) as { step: number; notes: unknown };
    if (metadata.step !== String(step)) throw new ChecksumError(`${file}: it does not agree with itself on its step`);
    return { step, notes, tensors };
  } catch (error) {
    for (const tensor of Object.values(tensors)) tensor.dispose();
    throw error;
  }
}
