import { readFile } from 'node:fs/promises';
import { UserError } from '../../errors.js';
import type { Said, Source } from '../sources/source.js';

/**
 * The file in which Tiny ImageNet says the classes of its val/images: file, class and box, by tabs.
 */
const annotationsName = 'val_annotations.txt';
const annotationsPath = /(^|\/)val\/val_annotations\.txt$/;

/**
 * What is known of images beside their paths: what the source knows, and where it holds Tiny
 * ImageNet's val_annotations.txt, for each image of val a folder of its class.
 *
 * @throws UserError where that file cannot be read, or says nothing of some of the images of
 * val/images
 */
export async function saidOf(source: Source): Promise<Source['said']> {
  const annotations = source.others.find((path) => annotationsPath.test(path));
  if (annotations === undefined) return source.said;
  const folders = new Map<string, Said>();
  const val = annotations.split('/').slice(0, -1);
  const images = [...val, 'images', ''].join('/');
  const named = new Set<string>();
  for (const line of (await textOf(source, annotations)).split('\n')) {
    const [file, name] = line.split('\t').map((part) => part.trim());
    if (!file || !name) continue;
    named.add(images + file);
    folders.set(images + file, { folders: [...val, name] });
  }
  const all = source.paths.filter((path) => path.startsWith(images));
  const without = all.filter((path) => !named.has(path)).length;
  if (without === 0) return (path) => folders.get(path) ?? source.said?.(path);
  const what = named.size === 0 ? 'names no image' : 'is cut short or of another set';
  throw new UserError(
    `${source.where}: ${annotations} ${what}: ${without} of the ${all.length} images of val have no line in it. Fetch it again`,
  );
}

/**
 * @throws UserError where Tiny ImageNet's images of val are there without the file that says their
 * classes
 */
export function checkAnnotations({ where, paths, others }: Source): void {
  const image = paths.find((path) => /(^|\/)val\/images\/[^/]+$/.test(path));
  if (image === undefined || others.some((path) => annotationsPath.test(path))) return;
  const file = image.replace(/images\/[^/]+$/, annotationsName);
  throw new UserError(`${where}: ${file} is missing, which says the classes of the images of val. Fetch it again`);
}

async function textOf(source: Source, path: string): Promise<string> {
  let reason = 'not found again';
  for await (const content of source.contents([path])) {
    if (!('input' in content)) {
      if ('reason' in content) reason = content.reason;
      continue;
    }
    const { input } = content;
    if (typeof input !== 'string') return Buffer.from(input).toString('utf8');
    try {
      return await readFile(input, 'utf8');
    } catch (error) {
      reason = (error as NodeJS.ErrnoException).code ?? String(error);
    }
  }
  throw new UserError(`${source.where}: ${path} cannot be read (${reason})`);
}
