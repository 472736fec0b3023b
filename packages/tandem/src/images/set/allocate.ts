import { constants } from 'node:buffer';
import { shownBytes, UserError } from '../../errors.js';
import { type PixelFormat, pixelBytes } from './image-set.js';

/**
 * Memory for `count` square images.
 *
 * @throws UserError where it does not fit in one buffer
 */
export function allocate(count: number, format: PixelFormat, side: number): Uint8Array {
  const bytes = count * pixelBytes(format) * side * side;
  try {
    if (bytes <= constants.MAX_LENGTH) return new Uint8Array(bytes);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw new UserError(
    `${count} images of ${side}x${side} take ${shownBytes(bytes)}, more than can be held at once: choose a smaller size or a limit`,
  );
}
