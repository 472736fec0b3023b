import type Sharp from 'sharp';

let loaded: Promise<typeof Sharp> | undefined;

/**
 * The library that decodes and encodes, loaded at its first use: binary data sets do without, and
 * begin a tenth of a second earlier.
 */
export function loadSharp(): Promise<typeof Sharp> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<typeof Sharp> {
  const { default: sharp } = await import('sharp');
  // One image a thread is quicker than several threads an image, and no image is decoded twice, so
  // a cache only costs.
  sharp.concurrency(1);
  sharp.cache(false);
  return sharp;
}
