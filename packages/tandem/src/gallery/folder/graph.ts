import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { threads } from 'tandem-torch';
import type { Index } from 'usearch';
import { UserError } from '../../errors.js';
import { beside, clearAbandoned } from '../../files/beside.js';
import { readJsonObject } from '../../files/json.js';
import { writeWhole } from '../../files/write-whole.js';
import type { Rows } from './rows.js';

/** From so many images on comparing all of them takes longer than a blink. */
export const worthAGraph = 20_000;

/** Candidates that are compared exactly, for each neighbour that is wanted, and at least. */
const [perNeighbour, leastCandidates] = [4, 256] as const;

/** Vectors that are added at a time, and until the graph is saved: that of millions takes long. */
const [atATime, savedEvery] = [1024, 2 ** 18] as const;

/** What is known of a graph beside itself. */
interface About {
  /** Rows that it knows: those below. */
  readonly rows: number;
  /** Of the ten nearest, the share that it found when it was measured. */
  readonly recall?: number;
  /** How many rows it knew then. */
  readonly measuredAt?: number;
}

/**
 * An approximate index of a collection's rows, by USearch: a graph in which neighbours lead to
 * neighbours (HNSW, Malkov and Yashunin, 2018). It only names candidates, which are then compared
 * exactly. It can be made anew at any time, so it is written beside and renamed, and what it does
 * not know yet is compared in full.
 */
export class Graph {
  private constructor(
    readonly folder: string,
    readonly index: Index,
  ) {}

  /** Rows that it knows: those below. */
  get rows(): number {
    return this.index.size();
  }

  /** To search; undefined where there is none, or USearch is not installed. */
  static async view(folder: string, width: number): Promise<Graph | undefined> {
    const { file, isThere } = found(folder);
    if (!isThere) return undefined;
    const index = await newIndex(width);
    return index && opened(folder, () => index.view(file)) ? new Graph(folder, index) : undefined;
  }

  /** Brings it up to date, or makes it. @returns undefined where USearch is not installed */
  static async update(rows: Rows, onProgress: (done: number) => void = () => {}): Promise<Graph | undefined> {
    const index = await newIndex(rows.width);
    if (!index) return undefined;
    const { file, isThere } = found(rows.folder);
    if (isThere) opened(rows.folder, () => index.load(file));
    const graph = new Graph(rows.folder, index);
    const total = rows.at.length;
    let saved = graph.rows;
    for (let from = saved; from < total; ) {
      const some = Array.from({ length: Math.min(atATime, total - from) }, (_, i) => from + i);
      index.add(BigUint64Array.from(some, BigInt), rows.vectors(some), threads());
      from += some.length;
      if (from === total || from - saved >= savedEvery) {
        graph.#save();
        saved = from;
      }
      onProgress(from);
      await setImmediate();
    }
    return graph;
  }

  /** Rows that may be the nearest. */
  candidates(vector: Float32Array, k: number): number[] {
    const wanted = Math.min(this.rows, Math.max(leastCandidates, perNeighbour * k));
    return Array.from(this.index.search(vector, wanted, 1).keys, Number);
  }

  /**
   * Of the ten nearest, the share that it finds: as it was measured, unless a tenth of its rows
   * came since; then `measure` measures it.
   */
  recall(measure: () => number): number {
    const { recall, measuredAt } = readAbout(this.folder);
    if (recall !== undefined && measuredAt !== undefined && this.rows <= 1.1 * measuredAt) return recall;
    const now = measure();
    this.#note({ rows: this.rows, recall: now, measuredAt: this.rows });
    return now;
  }

  #save(): void {
    const { file } = pathsIn(this.folder);
    clearAbandoned(file);
    try {
      this.index.save(beside(file));
    } catch (error) {
      rmSync(beside(file), { force: true });
      const why = (error as Error).message;
      throw new UserError(`${file} cannot be written (${why}); the vectors are there, and the same command goes on`);
    }
    renameSync(beside(file), file);
    this.#note({ ...readAbout(this.folder), rows: this.rows });
  }

  #note(about: About): void {
    writeWhole(pathsIn(this.folder).about, JSON.stringify(about));
  }
}

function pathsIn(folder: string): { file: string; about: string } {
  return { file: join(folder, 'graph.usearch'), about: join(folder, 'graph.json') };
}

/** What there is; one whose note is lost counts for nothing. */
function found(folder: string): { file: string; isThere: boolean } {
  const { file, about } = pathsIn(folder);
  const isThere = existsSync(file) && existsSync(about);
  if (!isThere) rmSync(file, { force: true });
  return { file, isThere };
}

function readAbout(folder: string): Partial<About> {
  const { about } = pathsIn(folder);
  return existsSync(about) ? readJsonObject(about) : {};
}

/** @returns false where the file is damaged; then it is taken away, to be made anew */
function opened(folder: string, open: () => void): boolean {
  try {
    open();
    return true;
  } catch {
    rmSync(pathsIn(folder).file, { force: true });
    return false;
  }
}

async function newIndex(dimensions: number): Promise<Index | undefined> {
  const usearch = await import('usearch').catch(() => undefined);
  if (!usearch) return undefined;
  const { Index: New, MetricKind, ScalarKind } = usearch.default;
  return new New({
    ...{ dimensions, metric: MetricKind.Cos, quantization: ScalarKind.I8, multi: false },
    // Links of a node, and how widely they are looked for. Adding twice as widely takes twice the
    // time and finds no more (docs/performance/notes/2026-12-01-search.md).
    ...{ connectivity: 16, expansion_add: 64, expansion_search: 64 },
  });
}
