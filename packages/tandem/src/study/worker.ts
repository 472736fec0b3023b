import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { readLock, releaseLock } from '../files/lock-file.js';
import { livesHere } from '../files/lock-folder.js';
import { AtEndError, changeable, type PretrainEvent, pretrain, resolveConfig, resume } from '../pretrain/index.js';
import { withReport, writeReport } from '../report/index.js';
import type { Measure } from './definition.js';
import { noteTrained } from './folder.js';
import { measureRun } from './measures.js';

/** What a worker is asked to do: to bring one run to its end, and to measure it. */
export interface Job {
  readonly folder: string;
  /** Of the run, with the folders of the runs that it needs. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly measures: readonly Measure[];
  readonly report: boolean;
}

/** What a worker tells. */
export type Told =
  | { readonly kind: 'progress'; readonly step: number; readonly steps: number; readonly note: string }
  | { readonly kind: 'warning'; readonly text: string }
  | { readonly kind: 'done' | 'interrupted' }
  | { readonly kind: 'failed'; readonly why: string };

/** Does one job. What it was doing when the signal came is saved. @throws what stops it */
export async function work(job: Job, tell: (told: Told) => void, signal: AbortSignal): Promise<'done' | 'interrupted'> {
  const { folder, measures } = job;
  const config = resolveConfig(job.settings);
  if (!existsSync(join(folder, 'trained.json')) && (await trainRun(job, tell, signal)) === 'interrupted')
    return 'interrupted';
  const note = (what: string) => tell({ kind: 'progress', step: 1, steps: 1, note: what });
  try {
    await measureRun(folder, measures, config, {
      signal,
      onStart: (done, total) => note(`evaluation ${done + 1} of ${total}`),
      onNote: (text) => note(text),
    });
  } catch (error) {
    if (signal.aborted) return 'interrupted';
    throw error;
  }
  if (job.report && measures.length > 0) await writeReport(folder);
  return 'done';
}

async function trainRun(job: Job, tell: (told: Told) => void, signal: AbortSignal): Promise<'done' | 'interrupted'> {
  await othersGone(join(job.folder, 'lock'), signal);
  if (signal.aborted) return 'interrupted';
  const events = beginOrResume(job, signal);
  let steps = 1;
  try {
    for await (const event of job.report ? withReport(events) : events) {
      if (event.kind === 'start') steps = event.steps;
      if (event.kind === 'warning') tell({ kind: 'warning', text: event.text });
      if (event.kind === 'step') tell({ kind: 'progress', step: event.step, steps, note: `epoch ${event.epoch}` });
      if (event.kind === 'end' && event.interrupted) return 'interrupted';
    }
  } catch (error) {
    if (error === signal.reason) return 'interrupted';
    if (!(error instanceof AtEndError)) throw error; // it ended before that could be noted
  }
  noteTrained(job.folder);
  return 'done';
}

/**
 * The worker of a queue that was killed takes its last step still. One on another machine is gone,
 * or the study's lock would not be ours.
 */
async function othersGone(lock: string, signal: AbortSignal): Promise<void> {
  for (let text = readLock(lock); text !== undefined && !signal.aborted; text = readLock(lock)) {
    const lives = livesHere(text);
    if (lives === undefined) releaseLock(lock, text);
    if (lives === false) return;
    await setTimeout(200, undefined, { signal }).catch(() => {});
  }
}

/** A run that died before its first word was written begins again. */
function beginOrResume({ folder, settings }: Job, signal: AbortSignal): AsyncGenerator<PretrainEvent> {
  const begun = ['config.json', 'checkpoint'].some((name) => existsSync(join(folder, name)));
  if (!begun) {
    rmSync(folder, { recursive: true, force: true });
    return pretrain(resolveConfig(settings), { out: folder, signal });
  }
  const free: readonly string[] = changeable;
  const changes = Object.fromEntries(Object.entries(settings).filter(([key]) => free.includes(key)));
  return resume(folder, { changes, signal });
}
