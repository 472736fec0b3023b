import { extname } from 'node:path';

/** What is decoded, by the end of the file's name. */
const READ = new Set(['.jpg', '.jpeg', '.jpe', '.jfif', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif']);

/** Images all the same, but of formats that the decoder at hand does not read or that have no pixels. */
const NOT_READ = new Set(['.bmp', '.heic', '.heif', '.jp2', '.jxl', '.pbm', '.pgm', '.ppm', '.svg', '.tga', '.ico']);

/** The formats read, for messages. */
export const FORMATS = 'jpg png webp gif tiff avif';

/** Whether a file's name says that it is an image that can be decoded. */
export function isImage(path: string): boolean {
  return READ.has(extname(path).toLowerCase());
}

/** The extension of an image whose format is not read, otherwise undefined. */
export function unreadFormat(path: string): string | undefined {
  const extension = extname(path).toLowerCase();
  return NOT_READ.has(extension) ? extension : undefined;
}

/** Whether any part of a path with `/` is hidden, or is the folder in which macOS keeps resource forks. */
export function isHidden(path: string): boolean {
  return path.split('/').some((part) => /^\.(?!\.?$)/.test(part) || part === '__MACOSX');
}
