import { UserError } from '../../errors.js';

/** What is decoded, by the end of the file's name. */
const read = new Set(['.jpg', '.jpeg', '.jpe', '.jfif', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif']);

/**
 * Images all the same, but of formats that the decoder at hand does not read or that have no
 * pixels.
 */
const notRead = new Set(['.bmp', '.heic', '.heif', '.jp2', '.jxl', '.pbm', '.pgm', '.ppm', '.svg', '.tga', '.ico']);

/** Arrays of NumPy, which often hold something else. */
const arrays = new Set(['.npy', '.npz']);

/** The formats read, for messages. */
export const formatNames = 'jpg png webp gif tiff avif npy npz';

/**
 * Largest image file read from an archive, in bytes: what is packed a thousandfold must not fill
 * the memory.
 */
export const maxFile = 256 * 2 ** 20;

/** Most files in a folder or archive: some ten times ImageNet. */
const maxFiles = 20_000_000;

/** The ending of a name, as `path.extname` has it, which takes three times as long. */
function endingOf(path: string): string {
  const dot = path.lastIndexOf('.');
  return dot > path.lastIndexOf('/') + 1 ? path.slice(dot).toLowerCase() : '';
}

/** Whether a file's name says that it is an image that can be decoded. */
export function isImage(path: string): boolean {
  return read.has(endingOf(path));
}

/** How many of a file's first bytes `looksLikeImage` wants. */
export const headBytes = 12;

/** Whether a file without an ending begins as an image of a format that is read. */
export function looksLikeImage(head: Uint8Array): boolean {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, headBytes)).toString('latin1');
  return /^(\xff\xd8\xff|\x89PNG\r\n|GIF8[79]a|RIFF....WEBP|II\*\0|MM\0\*|....ftypavi[fs])/s.test(text);
}

/** Whether a name has no ending that says what the file is. */
export function lacksEnding(path: string): boolean {
  return endingOf(path) === '';
}

/**
 * Whether a file's name says that it is an array. Where there are pictures, arrays are something
 * else.
 */
export function isArray(path: string): boolean {
  return arrays.has(endingOf(path));
}

/** The extension of an image whose format is not read, otherwise undefined. */
export function unreadFormat(path: string): string | undefined {
  const extension = endingOf(path);
  return notRead.has(extension) ? extension : undefined;
}

/** Folders in which systems keep copies: macOS's resource forks, a NAS's thumbnails, bins. */
const ofTheSystem = new Set(['__MACOSX', '@eaDir', '#recycle', '$RECYCLE.BIN', 'lost+found']);

/** Whether any part of a path with `/` is hidden, or a folder that a system keeps for itself. */
export function isHidden(path: string): boolean {
  return path.includes('/') ? path.split('/').some(isHiddenName) : isHiddenName(path);
}

function isHiddenName(name: string): boolean {
  return name.startsWith('.') ? name !== '.' && name !== '..' : ofTheSystem.has(name);
}

/**
 * Whether an archive's entry would stay inside a folder that it is unpacked to. Nothing here ever
 * unpacks to disk.
 */
export function isSafe(path: string): boolean {
  const parts = path.split(/[/\\]/);
  return path !== '' && parts[0] !== '' && !/^[a-z]:/i.test(path) && !path.includes('\0') && !parts.includes('..');
}

/** @throws UserError where there are more files than any set of images has */
export function checkNumber(where: string, files: number): void {
  if (files > maxFiles) throw new UserError(`${where}: more than ${maxFiles.toLocaleString('en')} files`);
}
