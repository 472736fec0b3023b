import { type Entry, fromBufferPromise } from 'yauzl';
import { entryBytes } from '../../sources/zip-entry.js';

/** Larger arrays are not unpacked: a few kilobytes can claim to be gigabytes. */
const largest = 2 ** 30;

/**
 * The one array of an `.npz`, or of several that called `image` or `arr_0`.
 * @returns the reason where there is none that is meant
 * @throws Error where the file is damaged
 */
export async function arrayIn(npz: Uint8Array): Promise<Uint8Array | string> {
  const zip = await fromBufferPromise(Buffer.from(npz.buffer, npz.byteOffset, npz.length));
  const entries: Entry[] = [];
  for await (const entry of zip.eachEntry()) if (entry.fileName.endsWith('.npy')) entries.push(entry);
  const called = (name: string) => entries.findLast(({ fileName }) => fileName === name);
  const entry = entries.length === 1 ? entries[0] : (called('image.npy') ?? called('arr_0.npy'));
  if (!entry) return `NumPy: ${entries.length} arrays, none of them called image or arr_0`;
  if (entry.uncompressedSize > largest) return 'NumPy: an array of more than 1 GiB';
  const bytes = await entryBytes(zip, entry);
  return typeof bytes === 'string' ? `NumPy: ${bytes}` : bytes;
}
