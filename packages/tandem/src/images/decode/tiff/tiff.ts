/**
 * Which of two readers a TIFF needs. The library of all other formats knows colour profiles, CMYK
 * and every codec of scanners and cameras, but takes floats for linear light, signed numbers for
 * unsigned ones, any fourth band for transparency, and leaves tiles black that it cannot read. So
 * it reads pictures of unsigned numbers of up to 16 bits, once their tiles are known to be whole,
 * and `values.ts` all others.
 */

import type { PixelFormat } from '../../set/image-set.js';
import { type Bands, mostPixels } from '../samples.js';
import { jpegFaultIn, lercFaultIn, sizeFault } from './blocks.js';
import { asColours, colourReader } from './colours.js';
import { TiffDirectory, tag } from './directory.js';
import { readValues } from './values.js';

/** What becomes of a TIFF. */
export type Tiff =
  /**
   * It is read like files of other formats; `check`, where there is one, must be decoded before.
   * Of fax codes that are damaged the decoder only warns.
   */
  | { readonly picture: Uint8Array; readonly check?: Uint8Array; readonly isFax: boolean }
  /** Its numbers, and what they are. */
  | { readonly bands: Bands };

/** Larger ones are not read; a few kilobytes can claim to be gigabytes. */
const maxSamples = 2 ** 29;
const maxChannels = 16;

const codecs: Readonly<Record<number, string>> = {
  6: 'old JPEG',
  7: 'JPEG',
  33003: 'JPEG 2000',
  33005: 'JPEG 2000',
  34661: 'JBIG',
  34712: 'JPEG 2000',
  34887: 'LERC',
  34925: 'LZMA',
  34933: 'PNG',
  50000: 'Zstandard',
  50001: 'WebP',
  50002: 'JPEG XL',
  52546: 'JPEG XL',
};
/** Of the library of all other formats: none, CCITT, LZW, JPEG, Deflate, PackBits, WebP. */
const pictureCodecs = new Set([1, 2, 3, 4, 5, 7, 8, 32773, 32946, 50001]);
/** Of the other reader: none, LZW, Deflate, PackBits, LERC, Zstandard. */
const valueCodecs = new Set([1, 5, 8, 32773, 32946, 34887, 50000]);

const photometrics: Readonly<Record<number, string>> = {
  3: 'palette',
  4: 'mask',
  5: 'CMYK',
  6: 'YCbCr',
  8: 'Lab',
  9: 'Lab',
  10: 'Lab',
};
const types = { 1: 'uint', 2: 'int', 3: 'float', 4: 'uint' } as const;

/**
 * Reads what a TIFF's first page says.
 *
 * @param hasRange whether it was said which numbers are black and white
 * @returns the reason where it cannot be read
 */
export async function openTiff(bytes: Uint8Array, hasRange: boolean): Promise<Tiff | string> {
  const directory = new TiffDirectory(bytes);
  const damaged = directory.damaged();
  if (damaged) return `TIFF: damaged: ${damaged}`;
  const kind = kindOf(directory);
  const { width, height, channels, type, bits, photometric, compression, alpha, isPlain } = kind;
  if (width === 0 || height === 0) return 'TIFF: no pixels';
  const tiles = directory.numbers(tag.tileOffsets).length;
  const ofTiles = tiles * directory.number(tag.tileWidth, 0) * directory.number(tag.tileHeight, 0);
  if (width * height > mostPixels || ofTiles > 2 ** 31) return `TIFF: ${width} x ${height} pixels are too many`;
  if (bits === undefined || type === undefined) return 'TIFF: bands of different kinds, or of none that is known';
  // Neither planes in tiles nor tiles much larger than the picture are read by the other.
  const isApart =
    directory.has(tag.tileOffsets) &&
    (directory.number(tag.planar, 1) === 2 ||
      directory.number(tag.tileWidth, 0) > 2 * width ||
      directory.number(tag.tileHeight, 0) > 2 * height);
  const asValues = ((hasRange && bits > 8) || isApart) && photometric < 3 && valueCodecs.has(compression);
  const toColours = colourReader(directory);
  if (isPlain && pictureCodecs.has(compression) && !asValues && !toColours) {
    const fault = blockFault(directory) ?? sizeFault(directory) ?? jpegFaultIn(directory);
    if (fault) return fault;
    const isFax = compression >= 2 && compression <= 4;
    return { picture: bytes, isFax, ...(directory.has(tag.tileOffsets) && { check: directory.tilesAsStrips() }) };
  }
  if (directory.numbers(tag.photometric).length === 0) return 'TIFF: it does not say what its numbers stand for';
  const name = photometrics[photometric];
  if (!valueCodecs.has(compression))
    return `TIFF: ${codecs[compression] ?? `codec ${compression}`}${isPlain ? '' : ` with ${type}${bits} numbers or bands`} is not read`;
  if (name && !(toColours && isPlain))
    return `TIFF: ${name} with ${isPlain ? (codecs[compression] ?? 'this codec') : `${type}${bits} numbers or more bands`} is not read`;
  if (channels > maxChannels) return `TIFF: ${channels} bands; at most ${maxChannels} are read`;
  if (width * height * channels > maxSamples)
    return `TIFF: ${width} x ${height} pixels of ${channels} bands are too many`;
  if (kind.isMultiplied)
    return 'TIFF: colours multiplied by transparency, in numbers or a codec of this kind, are not read';
  const fault = blockFault(directory) ?? lercFaultIn(directory);
  if (fault) return fault;
  const values = await readValues(bytes);
  if (values.length !== width * height * channels) return 'TIFF: fewer numbers than pixels';
  const orientation = directory.number(tag.orientation, 1);
  if (toColours) {
    const data = asColours(values, channels, bits, toColours);
    return {
      bands: { values: data, width, height, channels, kind: { type, bits: 8 }, colours: 3, alpha, orientation },
    };
  }
  if (photometric === 0) invert(values, bits, type);
  const { colours } = kind;
  return { bands: { values, width, height, channels, kind: { type, bits }, colours, alpha, orientation } };
}

/** What the directory says of the pixels. */
interface Kind {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Undefined where bands differ. */
  readonly bits: number | undefined;
  readonly type: 'uint' | 'int' | 'float' | undefined;
  readonly photometric: number;
  readonly compression: number;
  readonly alpha: boolean;
  /** Whether colours are multiplied by transparency. */
  readonly isMultiplied: boolean;
  /** Whether it is a picture of unsigned numbers. */
  readonly isPlain: boolean;
  /** As in `Bands`. */
  readonly colours: 0 | 1 | 3;
}

function kindOf(directory: TiffDirectory): Kind {
  const channels = directory.number(tag.samples, 1);
  const bits = allAlike(directory.numbers(tag.bits), 1);
  const format = allAlike(directory.numbers(tag.sampleFormat), 1);
  const photometric = directory.number(tag.photometric, 1);
  const [extra] = directory.numbers(tag.extraSamples);
  const type = types[format as keyof typeof types];
  const inks =
    photometric === 2 || photometric === 6 || photometric === 8 || photometric === 9 ? 3 : photometric === 5 ? 4 : 1;
  const alpha = channels === inks + 1 && (extra === 1 || extra === 2);
  const depths = inks === 1 ? [1, 2, 4, 8, 16] : [8, 16];
  return {
    ...{ channels, bits, type, photometric, alpha },
    width: directory.number(tag.width, 0),
    height: directory.number(tag.height, 0),
    compression: directory.number(tag.compression, 1),
    isMultiplied: alpha && extra === 1,
    isPlain: type === 'uint' && depths.includes(bits ?? 0) && (channels === inks || alpha),
    colours: photometric === 2 ? 3 : channels === 1 || alpha ? 1 : 0,
  };
}

/** What the bands of a TIFF are, where it is no picture; undefined where it is one. */
export function tiffFormat(bytes: Uint8Array): PixelFormat | undefined {
  const { channels, bits = 8, isPlain, colours, alpha } = kindOf(new TiffDirectory(bytes));
  if (isPlain || (colours > 0 && channels === colours + (alpha ? 1 : 0))) return undefined;
  return { channels, ...(bits > 8 && { depth: 16 }) };
}

/** The size of a TIFF's first page. */
export function tiffSize(bytes: Uint8Array): { readonly width: number; readonly height: number } {
  const directory = new TiffDirectory(bytes);
  return { width: directory.number(tag.width, 0), height: directory.number(tag.height, 0) };
}

/** The number that all are; undefined where they differ. */
function allAlike(numbers: readonly number[], otherwise: number): number | undefined {
  const [first = otherwise] = numbers;
  return numbers.every((number) => number === first) ? first : undefined;
}

/** Tiles and strips that are not there at all. */
function blockFault(directory: TiffDirectory): string | undefined {
  const isTiled = directory.has(tag.tileOffsets);
  const offsets = directory.numbers(isTiled ? tag.tileOffsets : tag.stripOffsets);
  const lengths = directory.numbers(isTiled ? tag.tileByteCounts : tag.stripByteCounts);
  const what = isTiled ? 'tile' : 'strip';
  if (offsets.length === 0 || offsets.length !== lengths.length) return `TIFF: its ${what}s are not named`;
  const [width, height] = [directory.number(tag.width, 0), directory.number(tag.height, 0)];
  const across = isTiled ? Math.ceil(width / directory.number(tag.tileWidth, 1)) : 1;
  const rows = isTiled ? directory.number(tag.tileHeight, 1) : directory.number(tag.rowsPerStrip, height);
  const planes = directory.number(tag.planar, 1) === 2 ? directory.number(tag.samples, 1) : 1;
  const wanted = across * Math.ceil(height / rows) * planes;
  // A damaged height would have millions of tiles looked for, which takes minutes.
  if (offsets.length < wanted) return `TIFF: ${offsets.length} ${what}s, where its size needs ${wanted}`;
  const missing = lengths.findIndex(
    (length, i) => length === 0 || (offsets[i] as number) + length > directory.bytes.length,
  );
  return missing < 0 ? undefined : `TIFF: ${what} ${missing + 1} of ${offsets.length} is missing or cut short`;
}

/** Where white is zero. */
function invert(values: { [i: number]: number; length: number }, bits: number, type: string): void {
  const white = type === 'float' ? 1 : 2 ** (type === 'int' ? bits - 1 : bits) - 1;
  for (let i = 0; i < values.length; i++) values[i] = white - (values[i] as number);
}
