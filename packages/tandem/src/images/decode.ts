import sharp from 'sharp';
import { allocate } from './allocate.js';
import type { Skipped } from './imageset.js';
import { withSeveral } from './several.js';
import type { Source } from './source.js';

// One image a thread is quicker than several threads an image, and no image is decoded twice, so a cache only costs.
sharp.concurrency(1);
sharp.cache(false);

/** Images in hand at once: enough to keep Node's four worker threads busy while the next ones are made ready. */
const IN_FLIGHT = 8;
/** Square images up to this side are kept as they are, in pixels. */
const LARGEST_KEPT = 128;
/** Side that other images are brought to, in pixels. */
const DEFAULT_SIDE = 96;

/** Decoded images, planar RGB, in the order asked for, without those that could not be decoded. */
export interface Decoded {
  /** Height and width of every image. */
  readonly side: number;
  readonly pixels: Uint8Array;
  /** The places, in the list asked for, of the images that were decoded. */
  readonly kept: readonly number[];
  readonly skipped: readonly Skipped[];
}

export interface DecodeOptions {
  /** Side to bring every image to; without it 96, unless all are squares of one side of 128 or less. */
  readonly size?: number;
  readonly signal?: AbortSignal;
  readonly onDone?: (done: number) => void;
}

/**
 * Decodes image files to squares of one side, in parallel.
 *
 * Images are turned as their EXIF data say, brought to 8-bit sRGB (grey as three equal channels), laid over white where
 * they are transparent; of an animation the first frame counts. The shorter side is resized to the working size, then
 * the centre is cut out.
 *
 * @throws UserError where the result would not fit in memory
 */
export async function decodeAll(source: Source, paths: readonly string[], options: DecodeOptions): Promise<Decoded> {
  if (options.size === undefined) {
    try {
      return await decodePass(source, paths, undefined, options);
    } catch (error) {
      if (!(error instanceof SizesDiffer)) throw error;
    }
  }
  return decodePass(source, paths, options.size ?? DEFAULT_SIDE, options);
}

/** The pass that keeps sizes met an image that is no small square, or not of the first one's side. */
class SizesDiffer extends Error {}

async function decodePass(
  source: Source,
  paths: readonly string[],
  target: number | undefined,
  { signal, onDone }: DecodeOptions,
): Promise<Decoded> {
  let side = target ?? 0;
  let pixels = target === undefined ? new Uint8Array(0) : allocate(paths.length, 3, target);
  const reasons: (string | undefined)[] = new Array(paths.length).fill('not found again');
  let done = 0;
  await withSeveral(source.contents(paths, signal), IN_FLIGHT, async (encoded) => {
    signal?.throwIfAborted();
    const { index } = encoded;
    const image = 'reason' in encoded ? encoded.reason : await decode(encoded.input, target);
    if (typeof image === 'string') {
      reasons[index] = image;
    } else {
      if (side === 0 && image.width <= LARGEST_KEPT) {
        side = image.width;
        pixels = allocate(paths.length, 3, side);
      }
      if (image.width !== side || image.height !== side) throw new SizesDiffer();
      toPlanes(image.data, 3, pixels, index * 3 * side * side);
      reasons[index] = undefined;
    }
    onDone?.(++done);
  });
  signal?.throwIfAborted();
  const kept = [...paths.keys()].filter((i) => reasons[i] === undefined);
  const skipped = [...paths.entries()].flatMap(([i, file]) => {
    const reason = reasons[i];
    return reason === undefined ? [] : [{ file, reason }];
  });
  return { side, pixels: compact(pixels, kept, 3 * side * side), kept, skipped };
}

interface Interleaved {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** One image as interleaved RGB, or the reason why there is none. */
async function decode(input: string | Uint8Array, side: number | undefined): Promise<Interleaved | string> {
  try {
    const upright = sharp(input, { failOn: 'error' }).autoOrient().flatten({ background: '#ffffff' });
    const image = side === undefined ? upright : upright.resize(side, side, { fit: 'cover', position: 'centre' });
    const { data, info } = await image.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) return `${info.channels} channels after conversion to RGB`;
    return { data, width: info.width, height: info.height };
  } catch (error) {
    return oneLine(error);
  }
}

/** The decoder reports the course of a failure over several lines; the last one says what it was. */
function oneLine(error: unknown): string {
  const lines = (error instanceof Error ? error.message : String(error)).split('\n').map((line) => line.trim());
  return lines.filter((line) => /[a-z]/i.test(line)).at(-1) ?? 'could not be decoded';
}

/** Writes interleaved pixels (r g b r g b ...) as planes (r r ... g g ... b b ...) into `to`, from byte `start` on. */
function toPlanes(from: Uint8Array, channels: number, to: Uint8Array, start: number): void {
  const area = from.length / channels;
  for (let c = 0; c < channels; c++) {
    const plane = start + c * area;
    for (let i = 0, j = c; i < area; i++, j += channels) to[plane + i] = from[j] as number;
  }
}

/** Moves the kept images together, in place. */
function compact(pixels: Uint8Array, kept: readonly number[], stride: number): Uint8Array {
  for (const [to, from] of kept.entries()) {
    if (to !== from) pixels.copyWithin(to * stride, from * stride, (from + 1) * stride);
  }
  return pixels.subarray(0, kept.length * stride);
}
