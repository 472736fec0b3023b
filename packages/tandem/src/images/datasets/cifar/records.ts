import { UserError } from '../../../errors.js';
import type { ImageSet } from '../../set/image-set.js';
import type { CifarLike } from './sets.js';

const sideLength = 32;
const bytesPerImage = 3 * sideLength * sideLength;

/**
 * The images and labels of some of a set's files, each put where it belongs while it is read, in
 * whatever order.
 */
export class Records {
  readonly #set: CifarLike;
  readonly #files: readonly string[];
  readonly #perFile: number;
  /** Holds whole files; what is never written takes no memory. */
  readonly #pixels: Uint8Array;
  readonly #labels: Int32Array;
  /** Records that each file turned out to hold. */
  readonly #counts = new Map<string, number>();

  /** @param perFile most records of a file */
  constructor(set: CifarLike, files: readonly string[], perFile: number) {
    this.#set = set;
    this.#files = files;
    this.#perFile = perFile;
    this.#pixels = new Uint8Array(files.length * perFile * bytesPerImage);
    this.#labels = new Int32Array(files.length * perFile);
  }

  /** @throws UserError where a file is cut short or too long, or has a label of no class */
  async read(file: string, pieces: AsyncIterable<Uint8Array>, shown: string): Promise<void> {
    const set = this.#set;
    const perFile = this.#perFile;
    const first = this.#files.indexOf(file) * perFile;
    const record = set.labels + bytesPerImage;
    let bytes = 0;
    for await (const piece of pieces) {
      for (let at = 0; at < piece.length; ) {
        const index = Math.floor(bytes / record);
        const within = bytes % record;
        if (index >= perFile)
          throw new UserError(`${shown}: more than ${perFile} records; it is not one of ${set.title}`);
        const n = Math.min(piece.length - at, (within < set.labels ? set.labels : record) - within);
        if (within >= set.labels) {
          this.#pixels.set(piece.subarray(at, at + n), (first + index) * bytesPerImage + within - set.labels);
        } else if (within + n === set.labels) {
          this.#labels[first + index] = classAt(piece[at + n - 1] as number, set, shown, index);
        }
        at += n;
        bytes += n;
      }
    }
    if (bytes === 0 || bytes % record !== 0) {
      throw new UserError(
        `${shown}: ${bytes} bytes, expected a whole number of ${record}-byte records; it is damaged or cut short`,
      );
    }
    this.#counts.set(file, bytes / record);
  }

  /** All of them, in the order of the files. @throws UserError where one is missing */
  images(classes: readonly string[], shown: (file: string) => string): ImageSet {
    const set = this.#set;
    const pixels = this.#pixels;
    const labels = this.#labels;
    const perFile = this.#perFile;
    let count = 0;
    for (const [i, file] of this.#files.entries()) {
      const n = this.#counts.get(file);
      if (n === undefined) throw missing(set, shown(file));
      // Files that are not full leave gaps.
      const from = i * perFile;
      if (from !== count) {
        pixels.copyWithin(count * bytesPerImage, from * bytesPerImage, (from + n) * bytesPerImage);
        labels.copyWithin(count, from, from + n);
      }
      count += n;
    }
    return {
      name: set.name,
      count,
      channels: 3,
      height: sideLength,
      width: sideLength,
      pixels: pixels.subarray(0, count * bytesPerImage),
      labels: labels.subarray(0, count),
      classes,
    };
  }
}

function classAt(value: number, { classes }: CifarLike, shown: string, record: number): number {
  if (value < classes) return value;
  throw new UserError(`${shown}: label ${value} in record ${record}, expected 0 to ${classes - 1}`);
}

/** The error of a file that the set lacks. */
export function missing({ title, train, test, names }: CifarLike, shown: string): UserError {
  return new UserError(`${shown}: missing; ${title} is ${[...train, test, names].join(', ')}`);
}

/** @throws UserError where there are not as many as the set has */
export function classNames({ classes }: CifarLike, text: string, shown: string): string[] {
  const lines = text.split('\n').map((line) => line.trim());
  const names = lines.filter((line) => line !== '');
  if (names.length === classes) return names;
  throw new UserError(`${shown}: ${names.length} class names, expected ${classes}`);
}
