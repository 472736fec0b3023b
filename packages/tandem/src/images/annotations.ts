import { readFile } from 'node:fs/promises';
import type { Source } from './source.js';

/** The file in which Tiny ImageNet says the classes of its val/images: file, class and box, by tabs. */
const FILE = /(^|\/)val\/val_annotations\.txt$/;

/**
 * The folders that images count as lying in: what the source knows, and where it holds Tiny ImageNet's val_annotations.txt,
 * for each image of val a folder of its class.
 */
export async function foldersOf(source: Source): Promise<ReadonlyMap<string, readonly string[]> | undefined> {
  const annotations = source.others.find((path) => FILE.test(path));
  if (annotations === undefined) return source.folders;
  const folders = new Map(source.folders);
  const val = annotations.split('/').slice(0, -1);
  for (const line of (await textOf(source, annotations)).split('\n')) {
    const [file, name] = line.split('\t');
    if (file && name) folders.set([...val, 'images', file].join('/'), [...val, name.trim()]);
  }
  return folders;
}

/** A file's text; empty where it cannot be read. */
async function textOf(source: Source, path: string): Promise<string> {
  for await (const content of source.contents([path])) {
    if ('reason' in content) break;
    const { input } = content;
    return typeof input === 'string' ? readFile(input, 'utf8') : Buffer.from(input).toString('utf8');
  }
  return '';
}
