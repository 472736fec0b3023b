import { shownBytes, UserError } from '../../errors.js';

/** Larger files of names or labels there are none in any known set. */
const largest = 2 ** 20;

/**
 * What a file holds that should be small.
 * @throws UserError where it is not: a few kilobytes may unpack to gigabytes
 */
export async function readBounded(pieces: AsyncIterable<Uint8Array>, label: string): Promise<Buffer> {
  const copies: Buffer[] = [];
  let length = 0;
  for await (const piece of pieces) {
    length += piece.length;
    if (length > largest) throw new UserError(`${label}: larger than ${shownBytes(largest)}; it is not of this set`);
    copies.push(Buffer.from(piece)); // a piece may be overwritten by the next
  }
  return Buffer.concat(copies);
}
