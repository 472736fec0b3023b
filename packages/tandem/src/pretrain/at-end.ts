import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { shellWord, UserError } from '../errors.js';
import { tandemCommand } from '../invocation.js';
import type { RunConfig } from './config/options.js';

/** A run that has nothing left to do. Where several processes resume it, all of them are told. */
export class AtEndError extends UserError {}

/** All epochs are done. */
export function allDone(run: string, epochs: number, { data: { images } }: RunConfig): AtEndError {
  const word = shellWord(run);
  const report = existsSync(join(run, 'report.html'))
    ? []
    : [`write its report with: ${tandemCommand()} report ${word}`];
  const more = `learn longer with: ${tandemCommand()} resume ${word} --epochs ${2 * epochs} --then restart; or in a new run that starts from it with: ${tandemCommand()} pretrain ${shellWord(images)} --init ${word}`;
  return new AtEndError(`${run} is at its end: all ${epochs} epochs are done; ${[...report, more].join('; ')}`);
}

/** So many epochs are done, and `stopAt` says that these are enough for now. */
export function stoppedAt(run: string, done: number, epochs: number): AtEndError {
  const more = `${tandemCommand()} resume ${shellWord(run)} stopAt=${epochs}`;
  return new AtEndError(`${run} stopped after epoch ${done}, as stopAt says; go on with: ${more}`);
}
