import { type Device, deviceMemory, empty, fromBuffer, noGrad, scope, type Tensor } from 'tandem-torch';
import { type ImageSet, imageBytes, inOrder } from '../images/index.js';
import { byteShape } from './make.js';

/** What images may take of a GPU's free memory: networks and activations come after them. */
const shareOfMemory = 1 / 3;

/** Bytes taken for free on a device of which the engine cannot tell. */
const unknown = 3 * 2 ** 30;

/** Bytes that go over at a time, so that a set in a file needs no memory of the host. */
const part = 2 ** 26;

/**
 * All images of a set in a GPU's memory, where they fit: a step then sends only which ones it
 * takes.
 *
 * @returns uint8, in `byteShape`, for the caller to free; undefined on the CPU, and where they are
 * too many
 */
export function residentImages(
  set: ImageSet,
  device: Device,
  free = deviceMemory(device)?.free ?? unknown,
): Tensor | undefined {
  const each = imageBytes(set);
  if (device === 'cpu' || set.count * each > shareOfMemory * free) return undefined;
  return noGrad(() =>
    scope(() => {
      const all = empty(byteShape(set, set.count), { dtype: 'uint8', device });
      let from = 0;
      for (const { bytes } of inOrder(set, Math.max(1, Math.floor(part / each)))) {
        const images = bytes.length / each;
        scope(() => all.narrow(0, from, images).copy_(fromBuffer(bytes, byteShape(set, images))));
        from += images;
      }
      return all;
    }),
  ).keep();
}
