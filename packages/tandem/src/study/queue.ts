import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { makeFolder } from '../files/make-folder.js';
import { tryLock } from '../files/with-lock.js';
import { forgetFailure, noteFailed, type Stage, stageOf, thin } from './folder.js';
import { costOf } from './forecast.js';
import { folderOf, type Plan, type PlannedRun } from './plan.js';
import { WorkerProcess } from './worker-process.js';

/** How a queue is worked off. */
export interface QueueOptions {
  /** Of the study: runs are in its `runs`. */
  readonly folder: string;
  /** Processes that train beside each other. */
  readonly parallel: number;
  /** Of each of them. */
  readonly threads: number;
  /** Whether a measured run loses its checkpoint and the encoders that it kept over time. */
  readonly thin?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onChange?: ((state: QueueState) => void) | undefined;
  readonly onNote?: ((line: string) => void) | undefined;
}

/** How far a queue is. */
export interface QueueState {
  readonly done: number;
  readonly failed: number;
  readonly total: number;
  /** The share of all its work that is behind. */
  readonly finished: number;
  /** What this process works on. */
  readonly active: readonly { readonly id: string; readonly share: number; readonly note: string }[];
}

/** How often a run is tried. */
const attempts = 2;
/** How often others' progress is looked at while there is nothing to do here, in milliseconds. */
const lookEvery = 3_000;

/**
 * Brings all runs of a plan to their end and measures them: what is done is skipped, what was cut
 * resumes, what fails is tried once more and then left. Other processes, on this machine or others,
 * may work in the same folder; each run is one's at a time.
 * @returns why runs failed, by id
 */
export async function workOff(
  { runs, scale }: Plan,
  options: QueueOptions,
): Promise<{ failed: ReadonlyMap<string, string>; interrupted: boolean }> {
  makeFolder(join(options.folder, 'runs'));
  const queue = new Queue(runs, options, scale.reports);
  await Promise.all(Array.from({ length: options.parallel }, () => queue.work()));
  return { failed: queue.failed, interrupted: options.signal?.aborted === true };
}

/** A run that this process alone works on. */
interface Taken {
  readonly run: PlannedRun;
  release(): void;
}

class Queue {
  readonly failed = new Map<string, string>();
  readonly #runs: readonly PlannedRun[];
  readonly #costs: ReadonlyMap<string, number>;
  readonly #options: QueueOptions;
  readonly #report: boolean;
  readonly #tries = new Map<string, number>();
  readonly #finished = new Set<string>();
  readonly #active = new Map<string, { share: number; note: string }>();

  constructor(runs: readonly PlannedRun[], options: QueueOptions, report: boolean) {
    // Seed by seed, so that early on there is something of everything.
    this.#runs = [...runs].sort((a, b) => a.seed - b.seed);
    this.#costs = new Map(runs.map((run) => [run.id, costOf(run).macs]));
    this.#options = options;
    this.#report = report;
  }

  /** Works until nothing is left. */
  async work(): Promise<void> {
    const worker = new WorkerProcess(this.#options.threads);
    const { signal } = this.#options;
    const interrupt = () => worker.interrupt();
    signal?.addEventListener('abort', interrupt);
    try {
      while (!signal?.aborted && this.#isOpen()) {
        const taken = this.#take();
        if (taken) await this.#finish(taken, worker);
        else await setTimeout(lookEvery, undefined, { signal }).catch(() => {});
      }
    } finally {
      signal?.removeEventListener('abort', interrupt);
      worker.end();
    }
  }

  #isOpen(): boolean {
    this.#show();
    return this.#runs.some(({ id }) => !this.#finished.has(id) && !this.failed.has(id));
  }

  /** The next run that is nobody's and has all that it needs; undefined where there is none now. */
  #take(): Taken | undefined {
    for (const run of this.#runs) {
      if (this.#finished.has(run.id) || this.failed.has(run.id) || this.#active.has(run.id)) continue;
      if (this.#stage(run) === 'done') continue;
      const broken = Object.values(run.needs).find(({ id }) => this.failed.has(id));
      if (broken) this.#fail(run, `it needs ${broken.id}, which failed`);
      if (broken || !this.#hasItsNeeds(run)) continue;
      const release = tryLock(`${folderOf(this.#options.folder, run)}.lock`);
      if (!release) continue;
      if (this.#stage(run) !== 'done') return { run, release };
      release(); // another process did it meanwhile
    }
    return undefined;
  }

  #stage(run: PlannedRun): Stage {
    const stage = stageOf(this.#options.folder, run);
    if (stage === 'done') {
      this.#finished.add(run.id);
      this.#show();
    }
    return stage;
  }

  #hasItsNeeds({ needs }: PlannedRun): boolean {
    return Object.values(needs).every((need) => ['trained', 'done'].includes(stageOf(this.#options.folder, need)));
  }

  async #finish({ run, release }: Taken, worker: WorkerProcess): Promise<void> {
    const folder = folderOf(this.#options.folder, run);
    const needs = Object.entries(run.needs).map(([key, need]) => [key, folderOf(this.#options.folder, need)]);
    const settings = { ...run.settings, ...Object.fromEntries(needs) };
    this.#active.set(run.id, { share: 0, note: 'starting' });
    try {
      const end = await worker.do({ folder, settings, measures: run.measures, report: this.#report }, (told) => {
        if (told.kind === 'warning') this.#options.onNote?.(`${run.id}: ${told.text}`);
        if (told.kind !== 'progress') return;
        this.#active.set(run.id, { share: told.step / told.steps, note: told.note });
        this.#show();
      });
      if (end.kind === 'done') this.#succeed(run, folder);
      if (end.kind === 'failed' && !this.#options.signal?.aborted) this.#retry(run, end.why);
    } finally {
      this.#active.delete(run.id);
      release();
    }
  }

  #succeed(run: PlannedRun, folder: string): void {
    forgetFailure(folder);
    if (this.#options.thin) thin(folder);
    this.#finished.add(run.id);
    this.#show();
  }

  #retry(run: PlannedRun, why: string): void {
    const tries = (this.#tries.get(run.id) ?? 0) + 1;
    this.#tries.set(run.id, tries);
    if (tries >= attempts) this.#fail(run, why);
    else this.#options.onNote?.(`${run.id} failed and is tried once more: ${why}`);
  }

  #fail(run: PlannedRun, why: string): void {
    this.failed.set(run.id, why);
    noteFailed(folderOf(this.#options.folder, run), why);
    this.#options.onNote?.(`${run.id} failed: ${why}`);
    this.#show();
  }

  /** The share of all work that is behind, by what each run costs. */
  #weightOf(active: readonly { readonly id: string; readonly share: number }[]): number {
    const cost = (id: string) => this.#costs.get(id) ?? 0;
    const over = [...this.#finished, ...this.failed.keys()].reduce((sum, id) => sum + cost(id), 0);
    const now = active.reduce((sum, { id, share }) => sum + share * cost(id), 0);
    return (over + now) / [...this.#costs.values()].reduce((sum, x) => sum + x, 0);
  }

  #show(): void {
    const active = [...this.#active].map(([id, { share, note }]) => ({ id, share, note }));
    this.#options.onChange?.({
      done: this.#finished.size,
      failed: this.failed.size,
      total: this.#runs.length,
      finished: this.#weightOf(active),
      active,
    });
  }
}
