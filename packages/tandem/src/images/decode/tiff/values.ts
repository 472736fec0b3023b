import type * as GeoTiff from 'geotiff';
import { useOwnCodecs } from './blocks.js';

let loaded: Promise<typeof GeoTiff> | undefined;

/**
 * The numbers of the first page of a TIFF, pixel by pixel.
 * @throws Error where it is damaged
 */
export async function readValues(bytes: Uint8Array): Promise<GeoTiff.TypedArray> {
  loaded ??= load();
  const { fromArrayBuffer } = await loaded;
  // A small file may stand in a buffer with others.
  const tiff = await fromArrayBuffer(new Uint8Array(bytes).buffer);
  const image = await tiff.getImage(0);
  return image.readRasters({ interleave: true });
}

async function load(): Promise<typeof GeoTiff> {
  const library = await import('geotiff');
  useOwnCodecs(library);
  return library;
}
