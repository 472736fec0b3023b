import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../errors.js';
import { objectIn } from '../../files/json.js';
import { makeFolder } from '../../files/make-folder.js';
import { readRegular } from '../../files/regular.js';
import { named } from '../../files/system-error.js';
import { appendWhole, writeWhole } from '../../files/write-whole.js';

/** What one image gave: a row of features, or the reason why there is none. */
export interface Entry {
  /** Its name. */
  readonly file: string;
  /** Its class, where it has one. */
  readonly label?: number;
  /** Why it has no features. */
  readonly skipped?: string;
}

/** What the rows are; one with the same can be resumed. */
export interface About {
  /** The encoder. */
  readonly encoder: string;
  /** By the name they were asked for. */
  readonly images: string;
  /** Of the names and the state of all images. */
  readonly fingerprint: string;
  /** Images, readable or not. */
  readonly total: number;
  /** Features of an image. */
  readonly width: number;
  /** Names of the classes. */
  readonly classes?: readonly string[];
  /** Whether rows are made vectors of length 1. */
  readonly normalized?: true;
}

/**
 * Features on disk while they are being computed: a folder of its own beside the file that they
 * will become, to which rows are only ever added, so that another process can resume where
 * one was ended. Rows come in blocks: first their numbers reach the disk, then a line for each
 * image and one with a checksum over both. A block without its checksum does not count.
 */
export class Journal<A extends { readonly width: number } = About, E extends Entry = Entry> {
  readonly #features: string;
  readonly #entries: string;
  /** Bytes of both files that belong to whole blocks. */
  #bytes = { features: 0, entries: 0 };
  /** Of each image so far, in order. */
  readonly entries: E[] = [];
  /** Whether a block was found damaged: it and what came after it are not there any more. */
  readonly isDamaged: boolean;

  /**
   * Begins one, or resumes one.
   * @throws UserError where there is one of other images or another encoder
   */
  constructor(
    readonly folder: string,
    readonly about: A,
  ) {
    this.#features = join(folder, 'features.f32');
    this.#entries = join(folder, 'files.jsonl');
    const description = join(folder, 'about.json');
    if (existsSync(description)) {
      if (readRegular(description).toString() !== JSON.stringify(about)) {
        throw new UserError(
          `${folder} holds a part of other images or of another encoder, or of images since changed; finish that, or remove it`,
        );
      }
    } else {
      makeFolder(folder);
      writeFileSync(this.#features, '');
      writeFileSync(this.#entries, '');
      writeWhole(description, JSON.stringify(about));
    }
    this.isDamaged = this.#recover();
  }

  get rows(): E[] {
    return this.entries.filter(({ skipped }) => skipped === undefined);
  }

  /** Adds images and the features of those that have any: rows x width numbers. */
  add(entries: readonly E[], features: Float32Array): void {
    const numbers = Buffer.from(features.buffer, features.byteOffset, features.byteLength);
    const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
    const block = `${lines}${JSON.stringify({ sha256: checksum(lines, numbers) })}\n`;
    const at = this.#bytes;
    this.#bytes = {
      // First, so that what has a line has its row.
      features: appendWhole(this.#features, numbers, at.features),
      entries: appendWhole(this.#entries, block, at.entries),
    };
    this.entries.push(...entries);
  }

  /** The rows, some at a time. */
  *features(atATime = 1024): Generator<Float32Array> {
    const { width } = this.about;
    const file = openSync(this.#features, 'r');
    try {
      const size = this.#bytes.features;
      for (let from = 0; from < size; ) {
        const block = new Float32Array(Math.min(atATime * width, (size - from) / 4));
        const bytes = new Uint8Array(block.buffer);
        readWhole(file, bytes, from, this.#features);
        from += bytes.length;
        yield block;
      }
    } finally {
      closeSync(file);
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  /**
   * Keeps the whole blocks, and drops what a process that was ended left half written.
   * @returns whether something that was whole is damaged now
   */
  #recover(): boolean {
    const text = existsSync(this.#entries) ? readRegular(this.#entries) : Buffer.alloc(0);
    const there = statSync(this.#features, { throwIfNoEntry: false })?.size ?? 0;
    let isDamaged = text.length === 0 && there > 0;
    for (let begin = 0, next = 0, block: E[] = []; ; ) {
      const end = text.indexOf('\n', next) + 1;
      if (end === 0) break; // without an end the last line was being written
      const line = parsed<E>(text.toString('utf8', next, end));
      if (line !== undefined && 'file' in line) block.push(line);
      else {
        isDamaged = line === undefined || !this.#keeps(block, text.subarray(begin, next), line.sha256, there);
        if (isDamaged) break;
        this.#bytes.entries = end;
        [begin, block] = [end, []];
      }
      next = end;
    }
    for (const [file, bytes] of [
      [this.#entries, this.#bytes.entries],
      [this.#features, this.#bytes.features],
    ] as const) {
      if (existsSync(file)) truncateSync(file, bytes);
      else writeFileSync(file, '');
    }
    return isDamaged;
  }

  /** Takes a block over where it is as it was written. */
  #keeps(block: readonly E[], lines: Buffer, sha256: string, there: number): boolean {
    const from = this.#bytes.features;
    const length = block.filter(({ skipped }) => skipped === undefined).length * this.about.width * 4;
    if (there < from + length) return false;
    const numbers = Buffer.alloc(length);
    const file = openSync(this.#features, 'r');
    try {
      readWhole(file, numbers, from, this.#features);
    } finally {
      closeSync(file);
    }
    if (checksum(lines, numbers) !== sha256) return false;
    this.#bytes.features = from + length;
    this.entries.push(...block);
    return true;
  }
}

function checksum(lines: string | Buffer, numbers: Buffer): string {
  return createHash('sha256').update(lines).update(numbers).digest('hex');
}

/** An image's line, or the one that ends a block; undefined for a damaged one. */
function parsed<E extends Entry>(line: string): E | { readonly sha256: string } | undefined {
  const { file, sha256 } = objectIn(line) ?? {};
  if (typeof file === 'string') return objectIn(line) as unknown as E;
  return typeof sha256 === 'string' ? { sha256 } : undefined;
}

function readWhole(file: number, bytes: Uint8Array, from: number, path: string): void {
  for (let done = 0; done < bytes.length; ) {
    const read = readSome(file, bytes, done, from + done, path);
    if (read === 0) throw new UserError(`${path} became shorter meanwhile; call this again, and it resumes`);
    done += read;
  }
}

function readSome(file: number, bytes: Uint8Array, done: number, at: number, path: string): number {
  try {
    return readSync(file, bytes, done, bytes.length - done, at);
  } catch (error) {
    throw named(error, path); // of what is open the system gives no name
  }
}
