import { type Device, scope, type Tensor, upload } from 'tandem-torch';
import { chooseDevice } from '../device.js';
import { UserError } from '../errors.js';
import { rowsOfChunk, skippedIn, streamFor } from '../evaluate/embed/rows.js';
import { asUnitRows } from '../evaluate/embed/unit-rows.js';
import type { JobHooks, Opening } from '../evaluate/index.js';
import { refuseLimit } from '../evaluate/open.js';
import { refuseTooMany } from '../images/decode/skipped.js';
import type { SkippedFile } from '../images/index.js';
import { type EncoderChoice, openEncoder } from '../runs/index.js';

/** Which pictures are looked at, and with which encoder. */
export interface CurateOptions extends Opening {
  /** A run folder, or a file of weights. */
  readonly encoder: string;
  /** A data set's name, a folder of images at any depth, an archive, or shards. */
  readonly images: string;
  /** Which of a run's encoders; defaults to the kept one. */
  readonly which?: Exclude<EncoderChoice, 'both'> | undefined;
  /** Defaults to `auto`, the best there is. */
  readonly device?: string | undefined;
}

/** A picture among those that were looked at. */
export interface Picture {
  /** Its name among its images. */
  readonly file: string;
  /** Its class, where it lies in one. */
  readonly class?: string | undefined;
}

/** Pictures with their vectors. */
export interface Vectors {
  /** The encoder's file. */
  readonly encoder: string;
  readonly pictures: readonly Picture[];
  /** A vector of length 1 for each. [pictures, width] */
  readonly rows: Float32Array;
  readonly width: number;
  /** Where products are computed. */
  readonly device: Device;
  /** Files without a vector, with the reason. */
  readonly skipped: readonly SkippedFile[];
}

/**
 * The vectors of all pictures, in memory: two kilobytes a picture with 512 features.
 * @param least pictures that must have one
 * @throws UserError where there is no such encoder, or too many pictures cannot be read
 */
export async function vectorsOf(options: CurateOptions, least: number, hooks: JobHooks): Promise<Vectors> {
  refuseLimit(options);
  const device = chooseDevice(options.device ?? 'auto');
  const opened = openEncoder(options.encoder, options.which);
  try {
    if (opened.note) hooks.onNote?.(opened.note);
    opened.encoder.to({ device });
    const width = opened.encoder.featureWidth;
    const stream = await streamFor(opened, options, hooks);
    const rows = new Float32Array(stream.total * width);
    const pictures: Picture[] = [];
    const skipped: SkippedFile[] = [];
    for await (const chunk of stream.chunks()) {
      const some = rowsOfChunk(chunk, opened, device, options.images, { rowsOf: asUnitRows(width) });
      rows.set(some.rows, pictures.length * width);
      skipped.push(...skippedIn(some.entries));
      for (const { file, label = -1, skipped: reason } of some.entries) {
        if (reason === undefined) pictures.push({ file, class: stream.classes?.[label] });
      }
      hooks.onProgress?.(pictures.length + skipped.length, stream.total, '');
      hooks.signal?.throwIfAborted();
    }
    refuseTooMany(options.images, stream.total, skipped, options.maxSkippedShare);
    if (pictures.length < least)
      throw new UserError(`${options.images}: at least ${least} pictures are needed, there are ${pictures.length}`);
    return {
      ...{ encoder: opened.file, pictures, width, device, skipped },
      rows: rows.subarray(0, pictures.length * width),
    };
  } finally {
    opened.encoder.dispose();
  }
}

/** Does something with the vectors as a tensor, which is freed afterwards. [pictures, width] */
export async function withRows<T>(
  { rows, width, device }: Pick<Vectors, 'rows' | 'width' | 'device'>,
  work: (x: Tensor) => Promise<T>,
): Promise<T> {
  const x = scope(() => upload(rows, [rows.length / width, width], device).keep());
  try {
    return await work(x);
  } finally {
    x.dispose();
  }
}
