import { fromBufferPromise } from 'yauzl';
import { crc32 } from '../../sources/crc32.js';

/** Larger arrays are not unpacked: a few kilobytes can claim to be gigabytes. */
const largest = 2 ** 30;

/**
 * The one array of an `.npz`, or of several that called `image` or `arr_0`.
 * @returns the reason where there is none that is meant
 * @throws Error where the file is damaged
 */
export async function arrayIn(npz: Uint8Array): Promise<Uint8Array | string> {
  const zip = await fromBufferPromise(Buffer.from(npz.buffer, npz.byteOffset, npz.length));
  const entries = [];
  for await (const entry of zip.eachEntry()) if (entry.fileName.endsWith('.npy')) entries.push(entry);
  const named = entries.filter(({ fileName }) => fileName === 'image.npy' || fileName === 'arr_0.npy');
  const [entry] = entries.length === 1 ? entries : named;
  if (!entry) return `NumPy: ${entries.length} arrays, none of them called image or arr_0`;
  if (entry.uncompressedSize > largest) return 'NumPy: an array of more than 1 GiB';
  const pieces: Buffer[] = [];
  for await (const piece of await zip.openReadStreamPromise(entry)) pieces.push(piece as Buffer);
  const bytes = Buffer.concat(pieces);
  return crc32(bytes) === entry.crc32 ? bytes : 'NumPy: its checksum is wrong';
}
