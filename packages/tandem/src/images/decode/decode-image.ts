import type { PixelOptions } from '../options.js';
import type { PixelFormat } from '../set/image-set.js';
import type { Given } from '../sources/source.js';
import { decodeOne } from './decode-one.js';
import { type Decoding, faultOf, formatOfPixels, fromPixels, type PlanarImage } from './pixels.js';
import { formatIn, type Size, sizeOf } from './readable.js';

/** What pictures come out as: sRGB of 8 bits. */
export const colour: PixelFormat = { channels: 3 };

/**
 * An image, whichever way it is given, or the reason why there is none. Bands and pixels are
 * brought to a side as those of binary data sets are: the shorter side resized, the centre cut out.
 *
 * @param findReason see `decodeOne`
 */
export async function decodeImage(
  given: Given,
  decoding: Decoding,
  findReason: boolean,
): Promise<PlanarImage | string> {
  if ('input' in given) return decodeOne(given.input, decoding, findReason);
  return faultOf(given.pixels) ?? fromPixels(given.pixels, decoding);
}

/** An image's width and height; undefined where they cannot be told. */
export async function headerOf(given: Given): Promise<Size | undefined> {
  if ('input' in given) return sizeOf(given.input);
  return faultOf(given.pixels) === undefined ? given.pixels : undefined;
}

/**
 * What the pixels of an image come out as: as they are given, or what is asked for of a file;
 * without that, colour of a picture, and of a file of bands what it has. Undefined where it cannot
 * be told.
 */
export async function formatOf(given: Given, { channels, bits }: PixelOptions): Promise<PixelFormat | undefined> {
  if ('pixels' in given) return formatOfPixels(given.pixels);
  if (bits !== undefined && channels !== undefined) return asked({ channels, bits });
  const own = await formatIn(given.input);
  if (!own) return undefined;
  // Bands asked for as a picture are converted as one.
  const natural = channels !== undefined && own.channels !== channels ? { channels } : own;
  return bits === undefined ? natural : asked({ channels: natural.channels, bits });
}

/** What was asked for, as far as it was. */
export function asked({ channels, bits }: PixelOptions): PixelFormat {
  return { channels: channels ?? colour.channels, ...(bits === 16 && { depth: 16 }) };
}
