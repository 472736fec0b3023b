import { readFile, stat } from 'node:fs/promises';
import { formatNames } from '../sources/formats.js';

/** Formats that are decoded. */
export type Format = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'avif' | 'npy' | 'npz';

/** A file's bytes, and what they are. */
export interface ImageFile {
  readonly format: Format;
  readonly bytes: Uint8Array;
}

/** Texts that stand at places of a file, of one byte a character. */
type Signature = readonly (readonly [at: number, text: string])[];

const signatures: readonly (readonly [Format, Signature])[] = [
  ['jpeg', [[0, '\xff\xd8\xff']]],
  ['png', [[0, '\x89PNG\r\n\x1a\n']]],
  ['gif', [[0, 'GIF87a']]],
  ['gif', [[0, 'GIF89a']]],
  [
    'webp',
    [
      [0, 'RIFF'],
      [8, 'WEBP'],
    ],
  ],
  ['tiff', [[0, 'II*\0']]],
  ['tiff', [[0, 'MM\0*']]],
  ['tiff', [[0, 'II+\0']]],
  ['tiff', [[0, 'MM\0+']]],
  ['npy', [[0, '\x93NUMPY']]],
];

/** What else is found under the names of images. */
const others: readonly (readonly [string, Signature])[] = [
  ['a PDF', [[0, '%PDF']]],
  ['a BMP', [[0, 'BM']]],
  ['JPEG XL', [[0, '\xff\x0a']]],
  ['JPEG XL', [[4, 'JXL ']]],
  ['JPEG 2000', [[4, 'jP  ']]],
  ['JPEG 2000', [[0, '\xff\x4f\xff\x51']]],
  ['a Photoshop document', [[0, '8BPS']]],
  ['a zip', [[0, 'PK']]],
  ['gzip', [[0, '\x1f\x8b']]],
  ['a pointer of Git LFS', [[0, 'version https://git-lfs']]],
];

/** Texts, after blanks and a byte order mark. */
const texts: readonly (readonly [string, RegExp])[] = [
  ['an SVG', /^(<\?xml.*?|<!--.*?|<!doctype.*?)?<svg/is],
  ['a web page', /^<(!doctype )?html/i],
  ['XML', /^<\?xml/],
];

/** So many bytes are looked at. */
const looked = 512;

/**
 * Reads a file and tells its format by its first bytes, whatever its name says.
 * @returns the reason where it is none of those that are read: the decoder knows more of them,
 * which may read other files or take minutes; or where it has no end
 */
export async function identify(input: string | Uint8Array): Promise<ImageFile | string> {
  const found = typeof input === 'string' ? await stat(input) : undefined;
  if (found && !found.isFile() && !found.isDirectory()) return 'neither a file nor a folder';
  const bytes = typeof input === 'string' ? await readFile(input) : input;
  if (bytes.length === 0) return 'an empty file';
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, looked)).toString('latin1');
  const format = formatOf(head);
  if (format) return { format, bytes };
  const other = otherOf(head);
  return `${other === undefined ? 'not an image' : `it is ${other}`}: only ${formatNames} are read`;
}

function formatOf(head: string): Format | undefined {
  const format = signatures.find(([, signature]) => fits(head, signature))?.[0];
  if (format) return format;
  if (brandsOf(head).some((brand) => brand === 'avif' || brand === 'avis')) return 'avif';
  return head.startsWith('PK\x03\x04') && nameInZip(head).endsWith('.npy') ? 'npz' : undefined;
}

function otherOf(head: string): string | undefined {
  if (brandsOf(head).length > 0) return 'HEIF or a film';
  const text = head.replace(/^ï»¿/, '').trimStart();
  return (
    texts.find(([, pattern]) => pattern.test(text))?.[0] ?? others.find(([, signature]) => fits(head, signature))?.[0]
  );
}

function fits(head: string, signature: Signature): boolean {
  return signature.every(([at, text]) => head.startsWith(text, at));
}

/**
 * What a file of ISO's media format says it is: its major brand, then those it is compatible with.
 */
function brandsOf(head: string): string[] {
  if (!head.startsWith('ftyp', 4)) return [];
  const length = Buffer.from(head, 'latin1').readUInt32BE(0);
  return [head.slice(8, 12), ...(head.slice(16, length).match(/.{4}/gs) ?? [])];
}

/** The name of a zip's first file. */
function nameInZip(head: string): string {
  const length = Buffer.from(head, 'latin1').readUInt16LE(26);
  return head.slice(30, 30 + length);
}
