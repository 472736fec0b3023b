import type { PixelFormat } from '../set/image-set.js';
import { resizer } from '../set/resize.js';
import type { Given, RawPixels } from '../sources/source.js';
import { decodeOne } from './decode-one.js';
import { toPlanar } from './to-planar.js';

/** The most channels that images may have. */
const mostChannels = 16;

/** What the images come out as that are given encoded: 8-bit sRGB. */
export const colour: PixelFormat = { channels: 3 };

/** An image that can be put into a set. */
export interface DecodedImage {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** Of its pixels. */
  readonly format: PixelFormat;
  /** Writes its planes, from byte `start` on. */
  write(to: Uint8Array, start: number): void;
}

/**
 * An image, whichever way it is given, or the reason why there is none. Pixels are brought to a
 * side as those of binary data sets are: the shorter side resized, the centre cut out.
 *
 * @param side to bring it to; without it the image keeps its size
 * @param findReason see `decodeOne`
 */
export async function decodeImage(
  given: Given,
  side: number | undefined,
  findReason: boolean,
): Promise<DecodedImage | string> {
  if ('pixels' in given) return faultOf(given.pixels) ?? fromPixels(given.pixels, side);
  const image = await decodeOne(given.input, side, findReason);
  if (typeof image === 'string') return image;
  const { data, width, height } = image;
  return { width, height, format: colour, write: (to, start) => toPlanar(data, to, start) };
}

/** What a source's pixels consist of. */
export function formatOf({ channels, data }: RawPixels): PixelFormat {
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

function fromPixels(pixels: RawPixels, side: number | undefined): DecodedImage {
  const { width, height } = pixels;
  const format = formatOf(pixels);
  const planar = planesOf(pixels);
  if (side === undefined || (width === side && height === side)) {
    return { width, height, format, write: (to, start) => to.set(planar, start) };
  }
  const resize = resizer({ ...format, width, height }, side);
  return { width: side, height: side, format, write: (to, start) => resize(planar, to, start) };
}

function planesOf({ data, channels }: RawPixels): Uint8Array {
  const planes = data instanceof Uint16Array ? new Uint16Array(data.length) : new Uint8Array(data.length);
  const area = data.length / channels;
  for (let c = 0, to = 0; c < channels; c++) {
    for (let from = c; to < (c + 1) * area; from += channels) planes[to++] = data[from] as number;
  }
  return new Uint8Array(planes.buffer);
}
