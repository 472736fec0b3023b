import { closeSync, openSync, readSync } from 'node:fs';
import { UserError } from '../../errors.js';

/**
 * The bytes of a set's images, one after another: in memory, or in a file that they are read from
 * when asked for.
 */
export type Pixels = Uint8Array | PixelFile;

/** Closes files that nobody can read any more. */
const opened = new FinalizationRegistry<number>(closeSync);

/**
 * A file held open: whoever reads continues to read, even where another run has put a newer one in
 * its place.
 */
class OpenFile {
  readonly descriptor: number;

  constructor(readonly path: string) {
    this.descriptor = openSync(path, 'r');
    opened.register(this, this.descriptor);
  }
}

/**
 * Images of equal length in a file. Nothing of it is held in memory but what the system keeps of
 * files read lately, so memory does not grow with the set.
 */
export class PixelFile {
  readonly #file: OpenFile;
  /** Bytes of one image. */
  readonly imageBytes: number;
  /** Which of the file's images each image is. */
  readonly #rows: Uint32Array;

  private constructor(file: OpenFile, imageBytes: number, rows: Uint32Array) {
    this.#file = file;
    this.imageBytes = imageBytes;
    this.#rows = rows;
  }

  static open(path: string, imageBytes: number, rows: Uint32Array): PixelFile {
    return new PixelFile(new OpenFile(path), imageBytes, rows);
  }

  get path(): string {
    return this.#file.path;
  }

  /**
   * Reads image `index` into `to`, from byte `start` on.
   * @throws UserError where the file has become shorter
   */
  read(index: number, to: Uint8Array, start: number): void {
    const file = this.#file;
    const { imageBytes } = this;
    const position = (this.#rows[index] as number) * imageBytes;
    let done = 0;
    while (done < imageBytes) {
      const n = readSync(file.descriptor, to, start + done, imageBytes - done, position + done);
      if (n === 0) throw new UserError(`${file.path}: cut short while it was read; remove it, and it is made anew`);
      done += n;
    }
  }

  /** The images at `indices`, in that order, in the same file. */
  select(indices: ArrayLike<number>): PixelFile {
    const rows = Uint32Array.from({ length: indices.length }, (_, i) => this.#rows[indices[i] as number] as number);
    return new PixelFile(this.#file, this.imageBytes, rows);
  }

  /** Images `from` up to but without `to`. */
  slice(from: number, to: number): PixelFile {
    return new PixelFile(this.#file, this.imageBytes, this.#rows.subarray(from, to));
  }
}
