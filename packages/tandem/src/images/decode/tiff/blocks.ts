/**
 * Unpacking strips and tiles, to no more bytes than they hold: damaged ones unpack to gigabytes
 * otherwise, and their numbers would end the process. Blocks of another size than the directory
 * says are named, as one of both is damaged and the picture would be another.
 */

import * as zlib from 'node:zlib';
import { Decompress } from 'fzstd';
import type * as GeoTiff from 'geotiff';
import { jpegFault } from '../jpeg-fault.js';
import { jpegSize } from '../jpeg-size.js';
import { type TiffDirectory, tag } from './directory.js';
import { lercFault } from './lerc.js';

/** Unpacks a block of at most so many bytes. @throws Error where it is damaged */
type Unpack = (packed: Uint8Array, most: number) => Uint8Array;

/** The parts of a file's directory that say how large a block is. */
type Directory = Parameters<NonNullable<Parameters<typeof GeoTiff.addDecoder>[2]>>[0];

const tooMuch = 'TIFF: a strip or tile holds more than its size needs';

/** By the numbers of codecs. */
const codecs = new Map<number, Unpack>([
  [5, unpackLzw],
  [8, inflate],
  [32946, inflate],
  [32773, unpackBits],
  [50000, unpackZstd],
]);

/** Has the library unpack LZW, Deflate, PackBits and Zstandard with what stands here. */
export function useOwnCodecs({ addDecoder, BaseDecoder }: typeof GeoTiff): void {
  for (const [codec, unpack] of codecs) {
    class Own extends BaseDecoder {
      override decodeBlock(buffer: ArrayBufferLike): ArrayBufferLike {
        const { tileWidth, tileHeight, bitsPerSample, planarConfiguration } = this.parameters;
        const bits = [bitsPerSample].flatMap((some) => (typeof some === 'number' ? some : Array.from(some)));
        const ofPixel = planarConfiguration === 2 ? (bits[0] ?? 1) : bits.reduce((sum, each) => sum + each, 0);
        const bytes = unpack(new Uint8Array(buffer), Math.ceil((tileWidth * ofPixel) / 8) * tileHeight);
        return new Uint8Array(bytes).buffer;
      }
    }
    addDecoder(codec, async () => Own, blockOf, false);
  }
}

/**
 * A strip or tile of another size than the directory says, in a file that the library of all other
 * formats reads: it leaves out what is too much.
 */
export function sizeFault(directory: TiffDirectory): string | undefined {
  const codec = directory.number(tag.compression, 1);
  const unpack = codecs.get(codec);
  const isSubsampled = directory.number(tag.photometric, 1) === 6;
  if ((codec !== 1 && !unpack) || isSubsampled || directory.number(tag.fillOrder, 1) !== 1) return undefined;
  const { isTiled, height, offsets, counts, across, rows, samples } = blocksOf(directory);
  const ofRow = Math.ceil((across * samples * directory.number(tag.bits, 1)) / 8);
  const stripsOfPlane = Math.ceil(height / rows);
  for (const [i, offset] of offsets.entries()) {
    const rowsLeft = isTiled ? rows : Math.min(rows, height - (i % stripsOfPlane) * rows);
    const packed = directory.bytes.subarray(offset, offset + (counts[i] ?? 0));
    // LZW as first defined, with its bits the other way round, is of a few old files.
    const isOld = codec === 5 && packed[0] === 0 && ((packed[1] ?? 0) & 1) === 1;
    if (isOld) return undefined;
    const length = unpack ? unpack(packed, ofRow * rows).length : packed.length;
    const name = `${isTiled ? 'tile' : 'strip'} ${i + 1} of ${offsets.length}`;
    if (length < ofRow * rowsLeft) return `TIFF: ${name} is cut short`;
    if (length > ofRow * rows + Math.max(ofRow, padding)) return tooMuch;
  }
  return undefined;
}

/** What is wrong with blocks of JPEG: below one that is too small the library leaves black. */
export function jpegFaultIn(directory: TiffDirectory): string | undefined {
  if (directory.number(tag.compression, 1) !== 7) return undefined;
  const { isTiled, height, offsets, counts, across, rows } = blocksOf(directory);
  const stripsOfPlane = Math.ceil(height / rows);
  for (const [i, offset] of offsets.entries()) {
    const block = directory.bytes.subarray(offset, offset + (counts[i] ?? 0));
    const rowsLeft = isTiled ? rows : Math.min(rows, height - (i % stripsOfPlane) * rows);
    const size = jpegSize(block);
    if (!size || size.width < across || size.height < rowsLeft) {
      return `TIFF: ${isTiled ? 'tile' : 'strip'} ${i + 1} of ${offsets.length} is a JPEG of another size`;
    }
    const fault = jpegFault(block);
    if (fault) return fault;
  }
  return undefined;
}

/** What is wrong with blocks of LERC, which may be packed once more. */
export function lercFaultIn(directory: TiffDirectory): string | undefined {
  if (directory.number(tag.compression, 1) !== 34887) return undefined;
  const { offsets, counts, across, rows, samples } = blocksOf(directory);
  const within = [undefined, inflate, unpackZstd][directory.numbers(tag.lerc)[1] ?? 0];
  // Floats of 64 bits, and some bytes for a head.
  const most = 2 ** 16 + 16 * across * rows * samples;
  for (const [i, offset] of offsets.entries()) {
    const packed = directory.bytes.subarray(offset, offset + (counts[i] ?? 0));
    const fault = lercFault(within ? within(packed, most) : packed, across * rows);
    if (fault) return fault;
  }
  return undefined;
}

/** Where the strips or tiles of a file are, and how large. */
function blocksOf(directory: TiffDirectory) {
  const isTiled = directory.has(tag.tileOffsets);
  const [width, height] = [directory.number(tag.width, 0), directory.number(tag.height, 0)];
  return {
    isTiled,
    height,
    offsets: directory.numbers(isTiled ? tag.tileOffsets : tag.stripOffsets),
    counts: directory.numbers(isTiled ? tag.tileByteCounts : tag.stripByteCounts),
    across: isTiled ? directory.number(tag.tileWidth, 1) : width,
    rows: isTiled ? directory.number(tag.tileHeight, 1) : Math.min(directory.number(tag.rowsPerStrip, height), height),
    samples: directory.number(tag.planar, 1) === 2 ? 1 : directory.number(tag.samples, 1),
  };
}

/** Blocks without a codec may be filled up to whole sectors, in bytes. */
const padding = 512;

async function blockOf(directory: Directory): Promise<ConstructorParameters<typeof GeoTiff.BaseDecoder>[0]> {
  const value = async (name: Parameters<Directory['loadValue']>[0]) => Number(await directory.loadValue(name));
  const isTiled = !directory.hasTag('StripOffsets');
  const height = await value('ImageLength');
  return {
    tileWidth: await value(isTiled ? 'TileWidth' : 'ImageWidth'),
    tileHeight: isTiled ? await value('TileLength') : Math.min((await value('RowsPerStrip')) || height, height),
    planarConfiguration: (await value('PlanarConfiguration')) || 1,
    bitsPerSample: Array.from((await directory.loadValue('BitsPerSample')) ?? [1]),
    predictor: (await value('Predictor')) || 1,
  };
}

function inflate(packed: Uint8Array, most: number): Uint8Array {
  return bounded(zlib.inflateSync, packed, most);
}

/** Node's own, which there is from 22.15 on, notices damage that the library lets pass. */
const { zstdDecompressSync } = zlib as { zstdDecompressSync?: typeof zlib.inflateSync };

/** Zstandard, of RFC 8878. */
export function unpackZstd(packed: Uint8Array, most: number): Uint8Array {
  if (zstdDecompressSync) return bounded(zstdDecompressSync, packed, most);
  const parts: Uint8Array[] = [];
  let length = 0;
  const stream = new Decompress((part) => {
    length += part.length;
    if (length > most) throw new Error(tooMuch);
    parts.push(part);
  });
  stream.push(packed, true);
  return Buffer.concat(parts);
}

function bounded(unpack: typeof zlib.inflateSync, packed: Uint8Array, most: number): Uint8Array {
  try {
    return unpack(packed, { maxOutputLength: Math.max(1, most) });
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? new Error(tooMuch) : error;
  }
}

/** LZW as in "TIFF Revision 6.0" (Adobe, 1992), section 13. */
export function unpackLzw(packed: Uint8Array, most: number): Uint8Array {
  const [clear, end] = [256, 257];
  /** What each code stands for, as where it was last written. */
  const [starts, lengths] = [new Uint32Array(4096), new Uint32Array(4096)];
  const bytes = new Uint8Array(most);
  let [at, next, width, last] = [0, 258, 9, -1];
  let [held, count] = [0, 0];
  for (const byte of packed) {
    held = ((held << 8) | byte) & 0xffffff;
    count += 8;
    if (count < width) continue;
    count -= width;
    const code = (held >>> count) & ((1 << width) - 1);
    if (code === end) break;
    if (code === clear) {
      [next, width, last] = [258, 9, -1];
      continue;
    }
    if (code > 255 && (last < 0 || code > next)) throw new Error(`TIFF: LZW: code ${code} has no meaning`);
    if (last >= 0 && next < 4096) {
      // The string before, with the first byte of this one, which stands behind it.
      [starts[next], lengths[next]] = [last, at - last + 1];
      next++;
    }
    const [start, length] = code < 256 ? [at, 1] : [starts[code] as number, lengths[code] as number];
    if (at + length > most) throw new Error(tooMuch);
    last = at;
    if (code < 256) bytes[at++] = code;
    else for (let i = 0; i < length; i++) bytes[at++] = bytes[start + i] as number;
    if (next >= 2 ** width - 1 && width < 12) width++;
  }
  return bytes.subarray(0, at);
}

/** PackBits as in section 9. */
export function unpackBits(packed: Uint8Array, most: number): Uint8Array {
  const bytes = new Uint8Array(most);
  let at = 0;
  for (let i = 0; i < packed.length; ) {
    const head = packed[i++] as number;
    if (head === 128) continue;
    const length = head < 128 ? head + 1 : 257 - head;
    if (at + length > most) throw new Error(tooMuch);
    if (i + (head < 128 ? length : 1) > packed.length) throw new Error('TIFF: PackBits: the block ends within a run');
    if (head < 128) bytes.set(packed.subarray(i, i + length), at);
    else bytes.fill(packed[i] as number, at, at + length);
    i += head < 128 ? length : 1;
    at += length;
  }
  return bytes.subarray(0, at);
}
