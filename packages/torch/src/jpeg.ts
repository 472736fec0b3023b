import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { jpegAddon } from '../setup/places.mjs';

/** A picture as planes of red, green and blue, a byte a pixel. */
export interface JpegPlanes {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** 3 x height x width bytes. */
  readonly planes: Uint8Array<ArrayBuffer>;
}

/**
 * Decodes a JPEG of the usual kind in one of Node's worker threads.
 *
 * @param bytes of the file; they must not change meanwhile
 * @param side the shorter side is reduced to it and the centre cut out, as sharp's `resize` with
 * `fit: 'cover'` does; 0 leaves the picture its size
 * @returns undefined for all that is better left to another decoder: what would be enlarged or made
 * less than a third, is large, is gray or of four colours, has EXIF or a profile, or is damaged
 */
export type DecodeJpeg = (bytes: Uint8Array, side: number) => Promise<JpegPlanes | undefined>;

let found: DecodeJpeg | null | undefined;

/** What decodes JPEGs; null where set-up found no libjpeg-turbo. Loads no libtorch. */
export function jpegDecoder(): DecodeJpeg | null {
  found ??= load();
  return found;
}

function load(): DecodeJpeg | null {
  const file = jpegAddon();
  if (!existsSync(file)) return null;
  try {
    const { decodeJpeg } = createRequire(import.meta.url)(file) as { decodeJpeg: DecodeJpeg };
    return decodeJpeg;
  } catch {
    return null; // such as a library that went: libvips serves
  }
}
