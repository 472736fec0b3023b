import type { PixelFormat } from '../set/image-set.js';
import { resizer } from '../set/resize.js';
import type { RawPixels } from '../sources/source.js';
import type { SampleRange } from './samples.js';

/** The most channels that images may have. */
export const mostChannels = 16;

/** How images come out. */
export interface Decoding {
  /** The side to bring them to, in pixels; without it they keep their size. */
  readonly side?: number | undefined;
  /** 3 channels are red, green and blue, one is gray; of others, files must have as many bands. */
  readonly format: PixelFormat;
  /** Which numbers are black and white, in files of floats or of more than 8 bits. */
  readonly range?: SampleRange | undefined;
}

/** An image that can be put into a set. */
export interface PlanarImage {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** Writes its planes, from byte `start` on. */
  readonly write: (to: Uint8Array, start: number) => void;
}

/** What pixels consist of. */
export function formatOfPixels({ channels, data }: RawPixels): PixelFormat {
  return data instanceof Uint16Array ? { channels, depth: 16 } : { channels };
}

/** In words, for messages. */
export function shownFormat({ channels, depth }: PixelFormat): string {
  return `${channels} channel${channels === 1 ? '' : 's'} of ${depth ?? 8} bits`;
}

/** Why pixels are none, in words. */
export function faultOf({ data, width, height, channels }: RawPixels): string | undefined {
  const isCount = (n: number) => Number.isInteger(n) && n >= 1;
  if (!isCount(width) || !isCount(height)) return `pixels of ${width} x ${height}`;
  if (!isCount(channels) || channels > mostChannels) return `pixels of ${channels} channels, not 1 to ${mostChannels}`;
  const isRead = [Uint8Array, Uint8ClampedArray, Uint16Array].some((type) => data instanceof type);
  if (!isRead) return 'pixels that are neither a Uint8Array nor a Uint16Array';
  const wanted = width * height * channels;
  return data.length === wanted
    ? undefined
    : `${data.length} samples where ${width} x ${height} x ${channels} are told`;
}

/** Pixels of the format that is wanted, at their side; the reason where they are of another. */
export function fromPixels(pixels: RawPixels, { side, format: wanted }: Decoding): PlanarImage | string {
  const { width, height } = pixels;
  const format = formatOfPixels(pixels);
  if (shownFormat(format) !== shownFormat(wanted)) {
    return `${shownFormat(format)}, where the first image has ${shownFormat(wanted)}`;
  }
  const planar = planesOf(pixels);
  if (side === undefined || (width === side && height === side)) {
    return { width, height, write: (to, start) => to.set(planar, start) };
  }
  const resize = resizer({ ...format, width, height }, side);
  return { width: side, height: side, write: (to, start) => resize(planar, to, start) };
}

/** The planes of pixels that stand side by side, as bytes. */
export function planesOf({ data, channels }: Pick<RawPixels, 'data' | 'channels'>): Uint8Array {
  const planes = data instanceof Uint16Array ? new Uint16Array(data.length) : new Uint8Array(data.length);
  const area = data.length / channels;
  for (let c = 0, to = 0; c < channels; c++) {
    for (let from = c; to < (c + 1) * area; from += channels) planes[to++] = data[from] as number;
  }
  return new Uint8Array(planes.buffer);
}
