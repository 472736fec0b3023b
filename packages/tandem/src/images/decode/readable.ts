import type { Sharp } from 'sharp';
import type { PixelFormat } from '../set/image-set.js';
import { type ImageFile, identify } from './content.js';
import { gifFrame } from './gif.js';
import { jpegFault } from './jpeg-fault.js';
import { jpegSize } from './jpeg-size.js';
import { type NpyHeader, npyHeader, readNpy } from './numpy/npy.js';
import { arrayIn } from './numpy/npz.js';
import { pngFault } from './png-fault.js';
import { type Bands, mostPixels, type SampleRange } from './samples.js';
import { loadSharp } from './sharp.js';
import { openTiff, tiffFormat, tiffSize } from './tiff/tiff.js';

/** A file that the decoder may be given, or numbers that were read from one. */
export type Readable =
  | {
      readonly picture: Uint8Array;
      /** Whether what the decoder merely warns of is damage, or may be. */
      readonly isStrict?: boolean;
      readonly isJpeg?: boolean;
    }
  | { readonly bands: Bands };

/**
 * Opens a file so that it comes out right.
 *
 * @param range whether it was said what is black and white
 * @returns the reason where it is damaged in a way that the decoder keeps to itself, or of a kind
 * that would come out wrong
 */
export async function readableOf(
  { format, bytes }: ImageFile,
  range: SampleRange | undefined,
): Promise<Readable | string> {
  if (format === 'gif') return gifPicture(bytes);
  if (format === 'png') return pngFault(bytes) ?? { picture: bytes };
  if (format === 'jpeg') return jpegFault(bytes) ?? { picture: bytes, isStrict: true, isJpeg: true };
  if (format === 'avif') return { picture: asStill(bytes) };
  if (format === 'npy' || format === 'npz') {
    const array = await arrayOf({ format, bytes });
    const bands = typeof array === 'string' ? array : readNpy(array);
    return typeof bands === 'string' ? bands : { bands };
  }
  if (format !== 'tiff') return { picture: bytes };
  const tiff = await openTiff(bytes, range !== undefined);
  if (typeof tiff === 'string' || 'bands' in tiff) return tiff;
  // A damaged tile fails here, as a strip; as a tile it would be black.
  if (tiff.check) await (await decoder(tiff.check)).extractChannel(0).raw().toBuffer();
  return { picture: bytes, isStrict: tiff.isFax };
}

/** What a GIF's first frame leaves free is transparent, so white. */
async function gifPicture(bytes: Uint8Array): Promise<Readable | string> {
  const frame = gifFrame(bytes);
  if (typeof frame === 'string') return frame;
  const { left, top, width, height, right, bottom } = frame;
  if (left + top + right + bottom === 0) return { picture: bytes };
  const background = '#ffffff';
  const alone = (await decoder(bytes)).extract({ left, top, width, height }).flatten({ background });
  return { picture: await alone.extend({ left, top, right, bottom, background }).png().toBuffer() };
}

/** The bytes of NumPy's array in a file of NumPy's. */
async function arrayOf({ format, bytes }: ImageFile): Promise<Uint8Array | string> {
  return format === 'npz' ? arrayIn(bytes) : bytes;
}

/**
 * An AVIF film holds its first frame as a picture too, which the decoder reads where it is not
 * told.
 */
function asStill(bytes: Uint8Array): Uint8Array {
  if (Buffer.from(bytes.subarray(8, 12)).toString('latin1') !== 'avis') return bytes;
  const still = Buffer.from(bytes);
  still.write('avif', 8, 'latin1');
  return still;
}

/** The decoder for a file's bytes. */
export async function decoder(bytes: Uint8Array, isStrict = false): Promise<Sharp> {
  const sharp = await loadSharp();
  return sharp(bytes, { failOn: isStrict ? 'warning' : 'error', limitInputPixels: mostPixels });
}

/** @throws Error where it is an array that cannot be read; undefined for other formats */
async function arrayHeader(file: ImageFile): Promise<NpyHeader | undefined> {
  if (file.format !== 'npy' && file.format !== 'npz') return undefined;
  const array = await arrayOf(file);
  const header = typeof array === 'string' ? array : npyHeader(array);
  if (typeof header === 'string') throw new Error(header);
  return header;
}

/**
 * What the pixels of a file are: colour of 8 bits, or its bands. Undefined where it cannot be told.
 */
export async function formatIn(input: string | Uint8Array): Promise<PixelFormat | undefined> {
  try {
    const file = await identify(input);
    if (typeof file === 'string') return undefined;
    if (file.format === 'tiff') return tiffFormat(file.bytes) ?? { channels: 3 };
    const header = await arrayHeader(file);
    if (!header || header.channels === 1 || header.channels === 3) return { channels: 3 };
    return { channels: header.channels, ...(header.kind.bits > 8 && { depth: 16 }) };
  } catch {
    return undefined;
  }
}

/** A picture's width and height as they stand in its file; undefined where it cannot be told. */
export async function sizeOf(input: string | Uint8Array): Promise<Size | undefined> {
  try {
    const file = await identify(input);
    if (typeof file === 'string') return undefined;
    if (file.format === 'tiff') return tiffSize(file.bytes);
    const inFrame = file.format === 'jpeg' ? jpegSize(file.bytes) : undefined;
    if (inFrame) return inFrame;
    return (await arrayHeader(file)) ?? (await (await decoder(file.bytes)).metadata());
  } catch {
    return undefined;
  }
}

/** In pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}
