import type { Entry, ZipFile } from 'yauzl';
import { crc32 } from './crc32.js';

/**
 * The bytes of a zip's entry. The reader compares lengths with what the list says, so that nothing
 * unpacks to more than was checked; sums are left to us. So is the name, which has no sum, but
 * stands in the list and before the bytes: it may say the class.
 *
 * @returns the reason where it is damaged
 * @throws Error where it cannot be unpacked
 */
export async function entryBytes(zip: ZipFile, entry: Entry): Promise<Buffer | string> {
  const { fileName } = await zip.readLocalFileHeaderPromise(entry);
  if (!entry.fileNameRaw.equals(fileName)) return 'damaged: the zip has another name before its bytes';
  const chunks: Buffer[] = [];
  for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  return crc32(bytes) === entry.crc32 ? bytes : 'damaged: its CRC-32 is not the one that the zip says';
}
