/**
 * Whether blocks of LERC are whole: their decoder trusts what they say, and a damaged one would
 * fill the memory. See Esri's Lerc2, whose blobs carry their length and a sum since version 3.
 */

const mark = 'Lerc2 ';

/** What is wrong with the blobs of a block of so many pixels; undefined where nothing is. */
export function lercFault(block: Uint8Array, pixels: number): string | undefined {
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  for (let at = 0; at < block.length; ) {
    const head = block.subarray(at, at + mark.length);
    if (Buffer.from(head).toString('latin1') !== mark) return 'TIFF: LERC: damaged, or of its first kind';
    const version = view.getInt32(at + 6, true);
    if (version < 3) return `TIFF: LERC of version ${version}, which has no checksums, is not read`;
    const [rows, columns] = [view.getInt32(at + 14, true), view.getInt32(at + 18, true)];
    const length = view.getInt32(at + (version >= 4 ? 34 : 30), true);
    if (rows * columns > pixels || length <= 14 || at + length > block.length) return 'TIFF: LERC: a damaged block';
    if (fletcher32(block.subarray(at + 14, at + length)) !== view.getUint32(at + 10, true)) {
      return 'TIFF: LERC: a block whose checksum is another';
    }
    at += length;
  }
  return undefined;
}

/** Fletcher's sum of 32 bits, over pairs of bytes of which the first is the higher. */
function fletcher32(bytes: Uint8Array): number {
  let [first, second] = [0xffff, 0xffff];
  for (let i = 0; i < bytes.length; i += 2) {
    first += ((bytes[i] as number) << 8) + (bytes[i + 1] ?? 0);
    second += first;
    // Words are added up so far without overflow.
    if (i % 718 === 716) [first, second] = [folded(first), folded(second)];
  }
  [first, second] = [folded(folded(first)), folded(folded(second))];
  return second * 0x10000 + first;
}

function folded(sum: number): number {
  return (sum & 0xffff) + Math.floor(sum / 0x10000);
}
