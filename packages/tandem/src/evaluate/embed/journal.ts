import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../errors.js';

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
}

/**
 * Features on disk while they are being computed: a folder of its own beside the file that they
 * will become, to which rows are only ever added, so that another process can resume where
 * one was ended.
 */
export class Journal {
  readonly #features: string;
  readonly #entries: string;
  /** Of each image so far, in order. */
  readonly entries: Entry[];

  /**
   * Begins one, or resumes one.
   * @throws UserError where there is one of other images or another encoder
   */
  constructor(
    readonly folder: string,
    readonly about: About,
  ) {
    this.#features = join(folder, 'features.f32');
    this.#entries = join(folder, 'files.jsonl');
    const description = join(folder, 'about.json');
    if (existsSync(description)) {
      if (readFileSync(description, 'utf8') !== JSON.stringify(about)) {
        throw new UserError(
          `${folder} holds a part of other images or of another encoder, or of images since changed; finish that, or remove it`,
        );
      }
    } else {
      mkdirSync(folder, { recursive: true });
      writeFileSync(this.#features, '');
      writeFileSync(this.#entries, '');
      writeFileSync(description, JSON.stringify(about));
    }
    this.entries = this.#recover();
  }

  get rows(): Entry[] {
    return this.entries.filter(({ skipped }) => skipped === undefined);
  }

  /** Adds images and the features of those that have any: rows x width numbers. */
  add(entries: readonly Entry[], features: Float32Array): void {
    appendFileSync(this.#features, Buffer.from(features.buffer, features.byteOffset, features.byteLength));
    appendFileSync(this.#entries, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    this.entries.push(...entries);
  }

  /** The rows, some at a time. */
  *features(atATime = 1024): Generator<Float32Array> {
    const { width } = this.about;
    const file = openSync(this.#features, 'r');
    try {
      const { size } = statSync(this.#features);
      for (let from = 0; from < size; ) {
        const block = new Float32Array(Math.min(atATime * width, (size - from) / 4));
        const bytes = new Uint8Array(block.buffer);
        for (let done = 0; done < bytes.length; ) done += readSync(file, bytes, done, bytes.length - done, from + done);
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
   * Drops what a process that was ended left half written: lines come last, so each whole one has
   * its row.
   */
  #recover(): Entry[] {
    const text = readFileSync(this.#entries);
    const whole = text.lastIndexOf('\n') + 1;
    truncateSync(this.#entries, whole);
    const lines = text.subarray(0, whole).toString('utf8').split('\n').slice(0, -1);
    const entries = lines.map((line) => JSON.parse(line) as Entry);
    const bytes = entries.filter(({ skipped }) => skipped === undefined).length * this.about.width * 4;
    if (statSync(this.#features).size < bytes)
      throw new UserError(`${this.folder} is damaged; remove it and begin anew`);
    truncateSync(this.#features, bytes);
    return entries;
  }
}
