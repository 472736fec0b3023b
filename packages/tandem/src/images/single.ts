import { UserError } from '../errors.js';
import { colour, decodeImage, formatOf } from './decode/decode-image.js';
import { sideOf, targetSide } from './decode/side.js';
import { cropMargin } from './options.js';
import { type ImageSet, pixelBytes } from './set/image-set.js';
import { encodedOf, type ImageLike } from './sources/own.js';

/**
 * One image, prepared as `streamImages` prepares it.
 * @param name for messages, and the set's
 * @param wanted side of the views that will be made of it, and channels of a file's image
 * @returns a set of one
 * @throws UserError where it cannot be read or decoded
 */
export async function decodeSingle(
  name: string,
  image: ImageLike,
  { size, channels }: { readonly size: number; readonly channels: number },
): Promise<ImageSet> {
  const given = await encodedOf(image);
  if ('reason' in given) throw new UserError(`${name} cannot be read: ${given.reason}`);
  const sizing = { size, margin: cropMargin };
  const own = await sideOf(given, sizing);
  const side = own === targetSide(sizing) ? own : undefined;
  const format = (await formatOf(given, { channels })) ?? colour;
  const decoded = await decodeImage(given, { side, format, range: undefined }, true);
  if (typeof decoded === 'string') throw new UserError(`${name} cannot be read: ${decoded}`);
  const { height, width } = decoded;
  const pixels = new Uint8Array(height * width * pixelBytes(format));
  decoded.write(pixels, 0);
  return { name, count: 1, ...format, height, width, pixels };
}
