import { UserError } from '../errors.js';
import { colour, decodeImage, formatOf, headerOf } from './decode/decode-image.js';
import { ownSide, targetSide } from './decode/side.js';
import { cropMargin } from './options.js';
import { type ImageSet, pixelBytes } from './set/image-set.js';
import { encodedOf, type ImageLike } from './sources/own.js';

/**
 * One image, prepared as `streamImages` prepares it.
 * @param name for messages, and the set's
 * @param wanted side of the views that will be made of it, channels of a file's image, and how many
 * pixels it may have at most; more than the decoder takes it never has
 * @returns a set of one
 * @throws UserError where it cannot be read or decoded
 */
export async function decodeSingle(
  name: string,
  image: ImageLike,
  wanted: { readonly size: number; readonly channels: number; readonly mostPixels?: number | undefined },
): Promise<ImageSet> {
  const given = await encodedOf(image);
  if ('reason' in given) throw new UserError(`${name} cannot be read: ${given.reason}`);
  const { size, channels, mostPixels = Number.POSITIVE_INFINITY } = wanted;
  const sizing = { size, margin: cropMargin };
  const header = await headerOf(given);
  if (header && header.width * header.height > mostPixels) {
    const most = mostPixels.toLocaleString('en');
    throw new UserError(`${name} cannot be read: ${header.width} x ${header.height} pixels, at most ${most} are taken`);
  }
  const own = header && ownSide(header, sizing);
  const side = own === targetSide(sizing) ? own : undefined;
  const format = (await formatOf(given, { channels })) ?? colour;
  const decoded = await decodeImage(given, { side, format, range: undefined }, true);
  if (typeof decoded === 'string') throw new UserError(`${name} cannot be read: ${decoded}`);
  const { height, width } = decoded;
  const pixels = new Uint8Array(height * width * pixelBytes(format));
  decoded.write(pixels, 0);
  return { name, count: 1, ...format, height, width, pixels };
}
