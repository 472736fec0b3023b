/**
 * Whether a JPEG has a marker among its codes that does not belong there: the decoder stops at one,
 * and in the last rows it says nothing. Markers are those of ITU-T T.81, table B.1.
 */

import { isFrame } from './jpeg-size.js';

/** What is wrong; undefined where nothing is, or where the decoder will say it. */
export function jpegFault(bytes: Uint8Array): string | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let isInCodes = false;
  /** Components whose codes are still to come; in progressive files each comes several times. */
  let wanted = Number.POSITIVE_INFINITY;
  let restarts = 0;
  for (let at = 2; ; ) {
    at = file.indexOf(0xff, at);
    if (at < 0 || at + 1 >= file.length) return undefined;
    const marker = file[at + 1] as number;
    if (marker === 0xd9) return undefined;
    const isRestart = isInCodes && marker === 0xd0 + (restarts % 8);
    if (isRestart) restarts++;
    if (isRestart || marker === 0 || marker === 0xff || !(isSegment(marker) || isInCodes)) {
      at += marker === 0xff ? 1 : 2;
      continue;
    }
    const isScan = marker === 0xda;
    if (!isSegment(marker) || (isFrame(marker) && isInCodes) || (isScan && wanted <= 0)) {
      return `JPEG: its codes are damaged: marker 0x${marker.toString(16).padStart(2, '0')} among them`;
    }
    if (at + 3 >= file.length) return undefined;
    isInCodes ||= isScan;
    if (isScan) restarts = 0;
    if (isSequential(marker)) wanted = file[at + 9] ?? 0;
    if (isScan) wanted -= file[at + 4] ?? 0;
    at += 2 + file.readUInt16BE(at + 2);
  }
}

/** Tables, frames, scans, restarts, numbers of lines, notes of applications and comments. */
function isSegment(marker: number): boolean {
  return (marker >= 0xc0 && marker <= 0xcf) || (marker >= 0xda && marker <= 0xef) || marker === 0xfe;
}

/** Frames whose components are scanned once. */
function isSequential(marker: number): boolean {
  return [0xc0, 0xc1, 0xc3, 0xc9, 0xcb].includes(marker);
}
