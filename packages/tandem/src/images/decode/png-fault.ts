/**
 * Whether what a PNG says of its colours is whole: the decoder passes over damaged profiles,
 * transparencies and orientations, and shows other colours. The format's definition is "Portable
 * Network Graphics" (W3C).
 */

import { crc32 } from '../sources/crc32.js';

/** What is wrong with a chunk beside the pixels, whose sums the decoder checks. */
export function pngFault(bytes: Uint8Array): string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    const name = Buffer.from(bytes.subarray(at + 4, at + 8)).toString('latin1');
    const end = at + 8 + length;
    if (name === 'IEND' || end + 4 > bytes.length) return undefined;
    const isSound = name === 'IDAT' || crc32(bytes.subarray(at + 4, end)) === view.getUint32(end);
    if (!isSound) return `PNG: its ${JSON.stringify(name)} part is damaged`;
    at = end + 4;
  }
  return undefined;
}
