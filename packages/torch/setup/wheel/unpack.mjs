// Unpacks what is wanted of a wheel, which is a zip file, and compares each file with the checksum
// that the wheel's own list has of it.

import { createHash } from 'node:crypto';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import yauzl from 'yauzl';
import { Failure } from '../run.mjs';

/** @typedef {import('./partial-file.mjs').PartialFile} PartialFile */

/** So near to each other, ranges are fetched as one. */
const gapBytes = 2 ** 16;

class Reader extends yauzl.RandomAccessReader {
  /** @param {PartialFile} file */
  constructor(file) {
    super();
    this.file = file;
  }

  /** @override @type {yauzl.RandomAccessReader['read']} */
  read(buffer, offset, length, position, callback) {
    this.file.read(buffer, offset, length, position, (error) => callback(error));
  }

  /** @override @param {number} start @param {number} end */
  _readStreamForRange(start, end) {
    const { file } = this;
    let position = start;
    return new Readable({
      highWaterMark: 2 ** 18,
      read(size) {
        const length = Math.min(size, end - position);
        if (length === 0) return void this.push(null);
        const chunk = Buffer.alloc(length);
        file.read(chunk, 0, length, position, (error) => {
          position += length;
          if (error) this.destroy(error);
          else this.push(chunk);
        });
      },
    });
  }
}

/**
 * What an archive holds, by the list at its end.
 * @param {PartialFile} file
 */
export async function listArchive(file) {
  const zip = await openZip(file);
  /** @type {yauzl.Entry[]} */
  const entries = [];
  await new Promise((resolve, reject) => {
    zip.on('entry', (entry) => {
      entries.push(entry);
      zip.readEntry();
    });
    zip.on('end', resolve).on('error', reject);
    zip.readEntry();
  });
  entries.sort((a, b) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader);
  return {
    zip,
    entries,
    /**
     * The bytes of the entries whose names are wanted, in few ranges.
     * @param {(name: string) => boolean} isWanted
     */
    rangesOf(isWanted) {
      /** @type {import('./partial-file.mjs').Range[]} */
      const ranges = [];
      entries.forEach(({ fileName, relativeOffsetOfLocalHeader: start }, i) => {
        if (!isWanted(fileName)) return;
        const end = entries[i + 1]?.relativeOffsetOfLocalHeader ?? file.size;
        const last = ranges.at(-1);
        if (last !== undefined && start - last.end <= gapBytes) last.end = end;
        else ranges.push({ start, end });
      });
      return ranges;
    },
  };
}

/**
 * Writes the files that have a place below a folder.
 * @param {PartialFile} file
 * @param {string} folder
 * @param {{ placeOf: (name: string) => string | null, record: string }} what `record`: the SHA-256
 * of the wheel's list
 * @throws {Failure} where a file is not what it should be; nothing of the download is kept then
 */
export async function unpack(file, folder, { placeOf, record }) {
  const { zip, entries } = await listArchive(file);
  const list = entries.find(({ fileName }) => fileName.endsWith('.dist-info/RECORD'));
  if (list === undefined) throw otherFile(file, 'RECORD');
  const chunks = await (await openEntry(zip, list)).toArray();
  const text = Buffer.concat(chunks);
  if (createHash('sha256').update(text).digest('hex') !== record) throw otherFile(file, list.fileName);
  const sums = sumsOf(text.toString());
  for (const entry of entries) {
    const place = placeOf(entry.fileName);
    if (place === null) continue;
    const path = join(folder, place);
    mkdirSync(dirname(path), { recursive: true });
    const sum = createHash('sha256');
    const stream = await openEntry(zip, entry);
    stream.on('data', (chunk) => sum.update(chunk));
    await pipeline(stream, createWriteStream(path));
    if (sum.digest('base64url') !== sums.get(entry.fileName)) throw otherFile(file, entry.fileName);
  }
}

/** @param {PartialFile} file @param {string} name */
function otherFile(file, name) {
  file.restart();
  return new Failure(`${name} of the wheel is not what PyTorch published; nothing of it was kept.`, {
    cure: 'Try again; if it stays so, the index or a proxy on the way gives another file.',
  });
}

/**
 * The list of a wheel: name, `sha256=` and the sum in URL-safe base64, length.
 * @param {string} record
 */
function sumsOf(record) {
  return new Map([...record.matchAll(/^"?([^",\n]+)"?,sha256=([\w-]+),\d+\r?$/gm)].map(([, name, sum]) => [name, sum]));
}

/** @param {PartialFile} file @returns {Promise<yauzl.ZipFile>} */
function openZip(file) {
  return new Promise((resolve, reject) => {
    const options = { lazyEntries: true, autoClose: false };
    yauzl.fromRandomAccessReader(new Reader(file), file.size, options, (error, zip) => {
      if (error) reject(error);
      else resolve(zip);
    });
  });
}

/** @param {yauzl.ZipFile} zip @param {yauzl.Entry} entry @returns {Promise<Readable>} */
function openEntry(zip, entry) {
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => {
      if (error) reject(error);
      else resolve(stream);
    });
  });
}
