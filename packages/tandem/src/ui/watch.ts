import { cpus, freemem, loadavg, totalmem } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import type { RunSummary, Snapshot } from '../web/browser/data.js';
import { findRuns } from './find-runs.js';
import { idOf, summaryOf, versionOf } from './summary.js';

/** Milliseconds between two looks. */
const every = 1000;

/** Looks at runs again and again; what has not changed is not read. */
export class Watcher {
  readonly #root: string;
  readonly #mayControl: boolean;
  readonly #known = new Map<string, { readonly version: string; readonly summary: RunSummary }>();

  constructor(root: string, mayControl: boolean) {
    this.#root = root;
    this.#mayControl = mayControl;
  }

  /** The folder of a run that is shown; undefined for another name. */
  pathOf(id: string): string | undefined {
    return findRuns(this.#root).find((path) => idOf(this.#root, path) === id);
  }

  /** How all runs are now. */
  snapshot(): Snapshot {
    const paths = findRuns(this.#root);
    for (const path of this.#known.keys()) if (!paths.includes(path)) this.#known.delete(path);
    const runs = paths.map((path) => this.#summary(path));
    const system = { cores: cpus().length, load: loadavg()[0] ?? 0, freeMemory: freemem(), memory: totalmem() };
    return { runs, system, mayControl: this.#mayControl };
  }

  /** A snapshot whenever something changed, the first at once, until the signal. */
  async *changes(signal: AbortSignal): AsyncGenerator<Snapshot> {
    let before = '';
    while (!signal.aborted) {
      const now = this.snapshot();
      const text = JSON.stringify(now);
      if (text !== before) yield now;
      before = text;
      await setTimeout(every, undefined, { signal }).catch(() => {});
    }
  }

  #summary(path: string): RunSummary {
    const version = versionOf(path);
    const known = this.#known.get(path);
    if (known?.version === version) return known.summary;
    const summary = summaryOf(this.#root, path);
    this.#known.set(path, { version, summary });
    return summary;
  }
}
