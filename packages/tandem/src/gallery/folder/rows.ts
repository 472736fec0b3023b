import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../errors.js';
import type { Entry } from '../../evaluate/embed/journal.js';
import { linesOf, objectIn, readJsonObject } from '../../files/json.js';

/** A line of the journal: an image that was put in, or taken out (`skipped`). */
export interface IndexEntry extends Entry {
  readonly class?: string | undefined;
  readonly state?: string | undefined;
}

/** An image that is in a collection now. */
export interface LiveRow {
  readonly file: string;
  readonly class?: string | undefined;
  /** The number of its vector. */
  readonly row: number;
}

/** What the entries come to: of each name the last one counts. */
function liveRows(entries: Iterable<IndexEntry>): Map<string, LiveRow> {
  const live = new Map<string, LiveRow>();
  // Each class is one text, not one for each of its images.
  const classes = new Map<string, string>();
  let row = 0;
  for (const { file, class: own, skipped } of entries) {
    live.delete(file);
    if (skipped !== undefined) continue;
    if (own !== undefined && !classes.has(own)) classes.set(own, own);
    live.set(file, own === undefined ? { file, row } : { file, class: classes.get(own), row });
    row += 1;
  }
  return live;
}

/** Bytes of vectors that are read at a time. */
const atATime = 2 ** 25;
/** Of so many rows one must be wanted, or those between are not read. */
const sparse = 16;

/** A collection that is read while another process may write it: its whole blocks. */
export class Rows {
  /** In the order of their vectors. */
  readonly live: readonly LiveRow[];
  /** By the number of the vector; of vectors whose image was changed or removed there is none. */
  readonly at: readonly (LiveRow | undefined)[];
  readonly #file: number;

  private constructor(
    readonly folder: string,
    /** The images they are of. */
    readonly images: string,
    readonly width: number,
  ) {
    const live = [...liveRows(wholeBlocks(join(folder, 'files.jsonl'))).values()].sort((a, b) => a.row - b.row);
    const at: (LiveRow | undefined)[] = new Array((live.at(-1)?.row ?? -1) + 1).fill(undefined);
    for (const one of live) at[one.row] = one;
    this.live = live;
    this.at = at;
    this.#file = openSync(join(folder, 'features.f32'), 'r');
    const most = fstatSync(this.#file).size / (4 * width);
    if (at.length > most) {
      this.close();
      throw new UserError(`${folder} is damaged: vectors are missing; remove it, and index the images anew`);
    }
  }

  /** @returns undefined where nothing was written yet */
  static open(folder: string): Rows | undefined {
    // On a full disk the journal may begin where nothing else finds room.
    if (!statSync(join(folder, 'files.jsonl'), { throwIfNoEntry: false })?.size) return undefined;
    const { images, width } = readJsonObject(join(folder, 'about.json'));
    if (typeof images !== 'string' || typeof width !== 'number') {
      throw new UserError(`${folder} is damaged: its about.json is none of an index; remove it, and index anew`);
    }
    return new Rows(folder, images, width);
  }

  /** The vectors of some rows. [rows, width] */
  vectors(rows: readonly number[]): Float32Array {
    const found = new Float32Array(rows.length * this.width);
    for (const [i, row] of rows.entries()) {
      this.#read(found.subarray(i * this.width, (i + 1) * this.width), row);
    }
    return found;
  }

  /** Similarities of a vector with rows in ascending order. */
  similarities(vector: Float32Array, rows: readonly number[]): Float64Array {
    const { width } = this;
    const found = new Float64Array(rows.length);
    const span = (rows.at(-1) ?? 0) - (rows[0] ?? 0) + 1;
    // Few that lie far apart are read one by one.
    const most = span > sparse * rows.length ? 1 : Math.min(span, Math.max(1, Math.floor(atATime / (4 * width))));
    const block = new Float32Array(most * width);
    let [first, held] = [0, 0];
    for (const [i, row] of rows.entries()) {
      if (row >= first + held) {
        first = row;
        held = Math.min(block.length / width, (rows.at(-1) as number) - row + 1);
        this.#read(block.subarray(0, held * width), row);
      }
      const at = (row - first) * width;
      let sum = 0;
      for (let j = 0; j < width; j++) sum += (block[at + j] as number) * (vector[j] as number);
      found[i] = sum;
    }
    return found;
  }

  close(): void {
    closeSync(this.#file);
  }

  #read(into: Float32Array, row: number): void {
    const bytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
    const at = row * this.width * 4;
    for (let done = 0; done < bytes.length; ) {
      const read = readSync(this.#file, bytes, done, bytes.length - done, at + done);
      if (read === 0) throw new UserError(`${this.folder} became shorter meanwhile; search again`);
      done += read;
    }
  }
}

/** Entries up to the last line with a checksum: what comes after is being written. */
function* wholeBlocks(file: string): Generator<IndexEntry> {
  let block: IndexEntry[] = [];
  for (const line of linesOf(file)) {
    const value = objectIn(line);
    if (value === undefined) return;
    if (typeof value.file === 'string') block.push(value as unknown as IndexEntry);
    else {
      yield* block;
      block = [];
    }
  }
}
