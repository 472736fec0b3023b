/**
 * Whether the codes of a JPEG have a marker among them that there is none of: the decoder stops
 * there, and in the last rows it says nothing. Markers are those of ITU-T T.81, table B.1.
 */

/** What is wrong; undefined where nothing is, or where the decoder will say it. */
export function jpegFault(bytes: Uint8Array): string | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let isInCodes = false;
  for (let at = 2; ; ) {
    at = file.indexOf(0xff, at);
    if (at < 0 || at + 3 >= file.length) return undefined;
    const marker = file[at + 1] as number;
    const isPart = marker === 0 || marker === 0xff || (marker >= 0xd0 && marker <= 0xd7);
    if (marker === 0xd9) return undefined;
    if (isPart || !(isSegment(marker) || isInCodes)) {
      at += marker === 0xff ? 1 : 2;
    } else if (!isSegment(marker)) {
      return `JPEG: its codes are damaged: marker 0x${marker.toString(16).padStart(2, '0')} among them`;
    } else {
      isInCodes ||= marker === 0xda;
      at += 2 + file.readUInt16BE(at + 2);
    }
  }
}

/** Tables, frames, scans, restarts, numbers of lines, notes of applications and comments. */
function isSegment(marker: number): boolean {
  return (marker >= 0xc0 && marker <= 0xcf) || (marker >= 0xda && marker <= 0xef) || marker === 0xfe;
}
