import { type Device, scope, Tensor, upload } from 'tandem-torch';
import { drawParameters, plainParameters, type ViewKey, type ViewParameters } from './parameters.js';
import { render } from './render.js';
import type { ImageShape, View } from './view.js';

/** Some images of a set, as the image room hands them out. */
export interface ImageBatch {
  /** Which images they are. */
  readonly indices: Uint32Array;
  /**
   * images x channels x height x width, as in their set; a tensor (uint8) where they are on the
   * device already.
   */
  readonly bytes: Uint8Array | Tensor;
}

/**
 * One view of each image of a batch.
 *
 * @param images the shape of the images; their set will do
 * @param key null: nothing is left to chance, each image is taken whole and only resized and
 * normalised
 * @returns float32 [n, channels, size, size] on `device`; the caller's scope frees it
 * @throws UserError where the view does not suit the images; RangeError where the bytes are not
 * those of so many images
 */
export function makeView(
  batch: ImageBatch,
  images: ImageShape,
  view: View,
  key: ViewKey | null,
  device: Device = 'cpu',
): Tensor {
  const parameters = key
    ? drawParameters(view, images, key, batch.indices)
    : plainParameters(images, batch.indices.length);
  return scope(() => render(uploadImages(batch, images, device), view, parameters, images.depth));
}

/**
 * Several views of each image of a batch: the first is view number 0, and so on. The bytes go to
 * the device once.
 *
 * @param key see `ViewKey`
 * @returns as many tensors as there are views; see `makeView`
 */
export function makeViews(
  batch: ImageBatch,
  images: ImageShape,
  views: readonly View[],
  key: Pick<ViewKey, 'seed' | 'draw'>,
  device: Device = 'cpu',
): Tensor[] {
  const drawn = views.map((view, number) => drawParameters(view, images, { ...key, view: number }, batch.indices));
  return scope(() => {
    const bytes = uploadImages(batch, images, device);
    return views.map((view, number) => render(bytes, view, drawn[number] as ViewParameters, images.depth));
  });
}

/** The shape of the bytes of so many images; a sample of 16 bits counts as two in a row. */
export function byteShape({ channels, depth, height, width }: ImageShape, count: number): number[] {
  return [count, channels, height, depth === 16 ? 2 * width : width];
}

function uploadImages({ indices, bytes }: ImageBatch, images: ImageShape, device: Device): Tensor {
  if (bytes instanceof Tensor) return bytes;
  const shape = byteShape(images, indices.length);
  const expected = shape.reduce((product, n) => product * n);
  if (bytes.length !== expected) {
    throw new RangeError(`views: ${shape.join(' x ')} images are ${expected} bytes, not ${bytes.length}`);
  }
  return upload(bytes, shape, device);
}
