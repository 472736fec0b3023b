/**
 * JPEGs without libvips, where that gives the same pixels: for a small picture most of libvips'
 * time goes into building and taking down its chain of operations.
 */

import { type DecodeJpeg, type JpegPlanes, jpegDecoder } from 'tandem-torch/jpeg';
import type { Decoding } from './pixels.js';
import { loadSharp } from './sharp.js';

/** A JPEG by way of libvips, as pixels r g b r g b .... @param side 0 for its own size */
type Reference = (bytes: Uint8Array, side: number) => Promise<Uint8Array>;

let proven: Promise<DecodeJpeg | null> | undefined;

/**
 * A JPEG of the usual kind as planes; undefined where libvips is to decode it.
 * @param reference the decoder has to agree with it, or is not used in this process
 */
export async function directJpeg(
  bytes: Uint8Array,
  { side = 0, format: { channels, depth } }: Decoding,
  reference: Reference,
): Promise<JpegPlanes | undefined> {
  if (channels !== 3 || depth === 16) return undefined;
  proven ??= provenDecoder(reference);
  return (await proven)?.(bytes, side);
}

/** Versions of the two libraries may come to differ: a picture of noise goes through both. */
async function provenDecoder(reference: Reference): Promise<DecodeJpeg | null> {
  const decode = jpegDecoder();
  if (!decode) return null;
  const sharp = await loadSharp();
  const [width, height] = [97, 71];
  const noise = Uint8Array.from({ length: 3 * width * height }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 24);
  const bytes = await sharp(noise, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer();
  for (const side of [0, 40, 64]) {
    const own = await decode(bytes, side);
    if (!own || !isSame(own, await reference(bytes, side))) return null;
  }
  return decode;
}

function isSame({ planes }: JpegPlanes, pixels: Uint8Array): boolean {
  const area = planes.length / 3;
  return (
    pixels.length === planes.length && pixels.every((byte, i) => byte === planes[(i % 3) * area + Math.floor(i / 3)])
  );
}
