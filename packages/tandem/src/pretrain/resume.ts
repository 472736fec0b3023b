import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { threads, version } from '@tandem/torch';
import { z } from 'zod';
import { UserError } from '../errors.js';
import type { DataSet } from '../images/index.js';
import { loadCheckpoint, restoreTrainingState } from '../train/checkpoint.js';
import { resolveConfig } from './config.js';
import type { PretrainEvent } from './events.js';
import { type LoadingOptions, loadImages } from './pretrain.js';
import { goOn, type Progress, start } from './progress.js';
import { prepare, type Run } from './run.js';
import { openRunFolder } from './run-folder.js';

/** Settings that may change when a run goes on: they decide nothing that was or will be learned from healthy numbers. */
export const changeable = ['nonFinite', 'saveMinutes', 'saveSteps', 'dataRoot'] as const;

export interface ResumeOptions extends LoadingOptions {
  /** Settings among `changeable`. */
  readonly changes?: Readonly<Record<string, unknown>>;
}

const machineSchema = z.object({
  libtorch: z.string(),
  threads: z.number(),
  images: z.object({ count: z.number(), channels: z.number(), height: z.number(), width: z.number() }).optional(),
});

/**
 * Goes on with a run from its newest whole checkpoint, as if it had never ended; from the beginning where it has none.
 * On the machine, libtorch and number of threads of before, what comes out is the same bit for bit.
 * @throws UserError when it is no run folder, is at its end, is being trained, or its images are others now
 */
export async function* resume(
  path: string,
  { changes, ...loading }: ResumeOptions = {},
): AsyncGenerator<PretrainEvent> {
  const { config, machine } = readRun(path, changes);
  const folder = openRunFolder(path);
  try {
    yield { kind: 'loading' };
    const data = await loadImages(config, loading);
    checkImages(data, machine.images, path);
    if (machine.threads !== threads() || machine.libtorch !== version()) {
      yield {
        kind: 'warning',
        text: `begun with ${machine.threads} threads on libtorch ${machine.libtorch}, resumed with ${threads()} on ${version()}: the last bits may differ`,
      };
    }
    const run = prepare(config, data, () => folder);
    const damaged: string[] = [];
    const from = restore(run, (file, why) => damaged.push(`${file} is put aside as damaged: ${why}`));
    for (const text of damaged) yield { kind: 'warning', text };
    folder.cutMetrics(from.metricsBytes);
    yield* goOn(run, from, loading.signal);
  } finally {
    folder.release();
  }
}

function readRun(path: string, changes: Readonly<Record<string, unknown>> = {}) {
  const file = join(path, 'config.json');
  if (!existsSync(file)) throw new UserError(`${path} is no run folder: there is no config.json in it`);
  try {
    if (statSync(file).size > 2 ** 20) throw new Error('it is too large');
    const { tandem, ...settings } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    return { config: resolveConfig({ ...settings, ...changes }), machine: machineSchema.parse(tandem) };
  } catch (error) {
    if (error instanceof z.ZodError)
      throw new UserError(`${file} is damaged: what it says of its machine is not whole`);
    throw new UserError(`${file} is damaged: ${(error as Error).message}`);
  }
}

function checkImages({ train }: DataSet, before: z.infer<typeof machineSchema>['images'], path: string): void {
  const tell = (x: { count: number; channels: number; height: number; width: number }) =>
    `${x.count} of ${x.channels}x${x.height}x${x.width}`;
  if (!before || tell(before) === tell(train)) return;
  throw new UserError(
    `${path} was begun with ${tell(before)} images, there are ${tell(train)} now; put them back, or begin a new run`,
  );
}

/** Puts the checkpoint's tensors in place. @returns where the run is */
function restore({ method, plan, config, folder }: Run, onDamaged: (file: string, why: string) => void): Progress {
  const found = loadCheckpoint(folder.path, onDamaged);
  if (!found) return start;
  try {
    restoreTrainingState(method, plan.optimizer, found.tensors);
  } catch (error) {
    throw new UserError(`${folder.path}: ${(error as Error).message}`);
  } finally {
    for (const tensor of Object.values(found.tensors)) tensor.dispose();
  }
  const progress = found.notes as Progress;
  if (progress.epochs >= config.epochs)
    throw new UserError(`${folder.path} is at its end: all ${config.epochs} epochs are done`);
  return progress;
}
