import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Index } from 'usearch';
import { beside, clearAbandoned } from '../../files/beside.js';
import { readJsonObject } from '../../files/json.js';
import { writeWhole } from '../../files/write-whole.js';
import type { Rows } from './rows.js';

/** From so many images on comparing all of them takes longer than a blink. */
export const worthAGraph = 20_000;

/** Candidates that are compared exactly, for each neighbour that is wanted, and at least. */
const [perNeighbour, leastCandidates] = [4, 64] as const;

/** Vectors that are added at a time. */
const atATime = 4096;

/**
 * An approximate index of a collection's rows, by USearch: a graph in which neighbours lead to
 * neighbours (HNSW, Malkov and Yashunin, 2018). It only names candidates, which are then compared
 * exactly. It can be made anew at any time, so it is written beside and renamed, and what it does
 * not know yet is compared in full.
 */
export class Graph {
  private constructor(
    readonly index: Index,
    /** Rows that it knows: those below. */
    readonly rows: number,
  ) {}

  /** To search; undefined where there is none, or USearch is not installed. */
  static async view(folder: string, width: number): Promise<Graph | undefined> {
    const { file, rows } = found(folder);
    if (rows === 0) return undefined;
    const index = await newIndex(width);
    index?.view(file);
    return index && new Graph(index, rows);
  }

  /** Brings it up to date, or makes it. @returns false where USearch is not installed */
  static async update(rows: Rows, total: number, onProgress: (done: number) => void): Promise<boolean> {
    const index = await newIndex(rows.width);
    if (!index) return false;
    const known = found(rows.folder);
    if (known.rows > 0) index.load(known.file);
    for (let from = known.rows; from < total; from += atATime) {
      const some = Array.from({ length: Math.min(atATime, total - from) }, (_, i) => from + i);
      index.add(BigUint64Array.from(some, BigInt), rows.vectors(some), 0);
      onProgress(Math.min(total, from + atATime));
    }
    const { file, about } = pathsIn(rows.folder);
    clearAbandoned(file);
    index.save(beside(file));
    // Between the two, the one before counts for fewer rows than it holds, which is harmless.
    renameSync(beside(file), file);
    writeWhole(about, JSON.stringify({ rows: total }));
    return true;
  }

  /** Rows that may be the nearest. */
  candidates(vector: Float32Array, k: number): number[] {
    const wanted = Math.min(this.index.size(), Math.max(leastCandidates, perNeighbour * k));
    return Array.from(this.index.search(vector, wanted, 1).keys, Number);
  }
}

function pathsIn(folder: string): { file: string; about: string } {
  return { file: join(folder, 'graph.usearch'), about: join(folder, 'graph.json') };
}

/** What there is; one that was cut short, or whose note is lost, counts for nothing. */
function found(folder: string): { file: string; rows: number } {
  const { file, about } = pathsIn(folder);
  if (!existsSync(file) || !existsSync(about)) {
    rmSync(file, { force: true });
    return { file, rows: 0 };
  }
  const { rows } = readJsonObject(about);
  return { file, rows: typeof rows === 'number' ? rows : 0 };
}

async function newIndex(dimensions: number): Promise<Index | undefined> {
  const usearch = await import('usearch').catch(() => undefined);
  if (!usearch) return undefined;
  const { Index: New, MetricKind, ScalarKind } = usearch.default;
  return new New({
    ...{ dimensions, metric: MetricKind.Cos, quantization: ScalarKind.I8, multi: false },
    // Usual values: links of a node, and how widely they are looked for.
    ...{ connectivity: 16, expansion_add: 128, expansion_search: 64 },
  });
}
