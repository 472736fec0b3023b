import { appendFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from '../../files/make-folder.js';
import type { EpochMetrics } from '../events.js';
import { startRecord, valuesRecord, versionRecord } from './event-file.js';

/** Numbers that count on and on. */
const counters: ReadonlySet<string> = new Set(['epoch', 'step']);

/** Where a run is logged beside its metrics. */
export interface RunLog {
  /** Adds the numbers of an epoch. @throws the system's error where they cannot be written */
  epoch(metrics: EpochMetrics): void;
}

/**
 * Logs a run for TensorBoard: `tensorboard/events.out.tfevents...` in its folder, one file for each
 * process that trains in it. A resumed run takes back what was logged after the step it resumes at.
 * @param step at which this process begins
 */
export function tensorboardLog(run: string, step: number): RunLog {
  const folder = join(run, 'tensorboard');
  const now = () => Date.now() / 1000;
  const began = Math.floor(now());
  const file = join(folder, `events.out.tfevents.${String(began).padStart(10, '0')}.${hostname()}.${process.pid}`);
  let isBegun = false;
  return {
    epoch(metrics) {
      const numbers = Object.entries(metrics).flatMap(([name, value]) =>
        typeof value === 'number' && !counters.has(name) ? [[name, value] as const] : [],
      );
      const added = valuesRecord({ time: now(), step: metrics.step, values: Object.fromEntries(numbers) });
      if (!isBegun) makeFolder(folder);
      const head = isBegun ? [] : [versionRecord(now()), startRecord(now(), step + 1)];
      appendFileSync(file, Buffer.concat([...head, added]));
      isBegun = true;
    },
  };
}
