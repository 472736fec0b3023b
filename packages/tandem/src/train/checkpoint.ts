import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { io, type optim, type Tensor } from '@tandem/torch';
import type { Method } from '../methods/method.js';

/** The tensors that decide how training goes on: networks, teacher, the method's own state, the optimizer's. Views and order follow from seed and step. */
export function trainingState(method: Method, optimizer: optim.Optimizer): Record<string, Tensor> {
  const state: Record<string, Tensor> = {};
  const add = (prefix: string, tensors: Readonly<Record<string, Tensor>>) => {
    for (const [name, tensor] of Object.entries(tensors)) state[`${prefix}.${name}`] = tensor;
  };
  add('student', method.learns.stateDict());
  if (method.teacher) add('teacher', method.teacher.stateDict());
  if (method.state) add('state', method.state);
  add('optimizer', optimizer.stateDict());
  return state;
}

/** Writes `checkpoint/state.safetensors` in a run folder: whole, or the one before stays. */
export function saveCheckpoint(runFolder: string, method: Method, optimizer: optim.Optimizer, step: number): void {
  const folder = join(runFolder, 'checkpoint');
  mkdirSync(folder, { recursive: true });
  io.saveSafetensors(join(folder, 'state.safetensors'), trainingState(method, optimizer), { step: String(step) });
}
