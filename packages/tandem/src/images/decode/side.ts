/** The side that images come out at: all decisions about it stand here. */

import type { PixelOptions, SizeOptions } from '../options.js';
import type { PixelFormat } from '../set/image-set.js';
import type { Given, Source } from '../sources/source.js';
import { asked, colour, decodeImage, formatOf, headerOf } from './decode-image.js';
import type { Size } from './readable.js';
import type { SampleRange } from './samples.js';

/** Square images up to this side are kept as they are, in pixels. */
const largestSideKept = 128;
/** Side of the views where none is asked for, in pixels. */
const defaultSize = 96;

/** The sides that the images of a collection may come out at, and what their pixels are. */
export interface Sides {
  /** The side that all images keep if all have it; the target where none may keep theirs. */
  readonly own: number;
  /** The side that all are brought to otherwise. */
  readonly target: number;
  /** That of the first image; what is of another is left out. */
  readonly format: PixelFormat;
  /** Which numbers are black and white, where it was said. */
  readonly range?: SampleRange | undefined;
}

/**
 * The sides that the images of a source may come out at. The first image that can be decoded says
 * which one they may keep; which of them is looked at changes nothing, as all must have it.
 */
export async function sidesOf(
  source: Source,
  paths: readonly string[],
  sizing: SizeOptions,
  pixels: PixelOptions,
  signal: AbortSignal | undefined,
): Promise<Sides> {
  const target = targetSide(sizing);
  const { range } = pixels;
  for await (const content of source.contents(paths, signal)) {
    if ('reason' in content) continue;
    const own = await sideOf(content, sizing);
    const format = await formatOf(content, pixels);
    if (own === undefined || !format) continue;
    // A header may be readable, and the rest not: what will be skipped decides nothing.
    const whole = await decodeImage(content, { side: 1, format, range }, false);
    if (typeof whole !== 'string') return { own, target, format, range };
  }
  return { own: target, target, format: { ...colour, ...asked(pixels) }, range };
}

/** The side that images are brought to, where they do not all keep theirs. */
export function targetSide({ size = defaultSize, margin = 1 }: SizeOptions): number {
  return Math.ceil(size * margin);
}

/**
 * The side that an image comes out at by itself: its own where it is a small square; undefined
 * where its header cannot be read.
 */
export async function sideOf(given: Given, sizing: SizeOptions): Promise<number | undefined> {
  const header = await headerOf(given);
  return header && ownSide(header, sizing);
}

/** The side that an image of this size comes out at by itself. */
export function ownSide({ width, height }: Size, sizing: SizeOptions): number {
  return width === height && width <= largestKept(sizing) ? width : targetSide(sizing);
}

/**
 * The side that images of a data set of one size are brought to; undefined where they stay as they
 * are, as small ones do that crops are taken from.
 */
export function resizedSide(own: number, { size, margin = 1 }: SizeOptions): number | undefined {
  if (size === undefined) return undefined;
  const side = targetSide({ size, margin });
  return margin > 1 && own <= side ? undefined : side;
}

/** The side of views that suits decoded images of `side`. */
export function viewSize(side: number, { size, margin }: SizeOptions): number {
  return size ?? (side === targetSide({ margin }) ? defaultSize : side);
}

/** The largest square that is left as it is; 0 where all images are brought to one side. */
function largestKept({ size, margin = 1 }: SizeOptions): number {
  if (size === undefined) return largestSideKept;
  return margin > 1 ? Math.min(targetSide({ size, margin }), largestSideKept) : 0;
}
