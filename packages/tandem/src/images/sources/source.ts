/**
 * Where bytes come from: folders, tars, zips and WebDataset's shards, each as one `Source` that
 * lists image files and gives their contents. A source does not decode, and what it finds it cannot
 * use it names as a fault. To add one, return a `Source` and let `open-source.ts` choose it.
 */

import type { SkippedFile } from '../set/image-set.js';
import { formatNames, isImage, unreadFormat } from './formats.js';
import type { FilePath } from './listing.js';

/** The encoded bytes of an image, the path of a file that holds them, or why there are none. */
export type Encoded = { readonly input: string | Uint8Array } | { readonly reason: string };

/** The contents of one of several files; `index` says which of them. */
export type Content = Encoded & { readonly index: number };

/** What is known of an image beside its path. */
export interface Said {
  /**
   * The folders that it counts as lying in, outermost first, where those are not the ones of its
   * path.
   */
  readonly folders?: readonly string[] | undefined;
  /** The name of its class, as a file beside it or a column says. */
  readonly label?: string | undefined;
  /** The name of its split. */
  readonly split?: string | undefined;
}

/** What image files can be read from: a folder or an archive. */
export interface Source {
  /** What to call the collection. */
  readonly name: string;
  /** Where it is, for messages. */
  readonly where: string;
  /** Image files, sorted, `/` between parts. */
  readonly paths: readonly string[];
  /** What the source knows of an image beside its path; absent where that is nothing. */
  readonly said?: (path: string) => Said | undefined;
  /**
   * What is named like an image and cannot be one: links to nowhere, pipes, names that climb out of
   * an archive.
   */
  readonly faults: readonly SkippedFile[];
  /** What was left out and why. */
  readonly notes: readonly string[];
  /** The files that are no images, for a hint where nothing else is found. */
  readonly others: readonly string[];
  /** The contents of the given files, in whatever order is quick. */
  contents(paths: readonly string[], signal?: AbortSignal): AsyncIterable<Content>;
  /** The files on disk whose change would change these images. */
  origins(paths: readonly string[]): readonly FilePath[];
}

/** Sorts the files of a folder or an archive into images and others. */
export function sourceOf(
  name: string,
  where: string,
  files: readonly string[],
): Pick<Source, 'name' | 'where' | 'paths' | 'others' | 'notes'> {
  const unread = new Map<string, number>();
  for (const path of files) {
    const format = unreadFormat(path);
    if (format) unread.set(format, (unread.get(format) ?? 0) + 1);
  }
  return {
    name,
    where,
    paths: files.filter(isImage).sort(),
    others: files.filter((path) => !isImage(path)),
    notes: [...unread].map(([format, n]) => `${n} ${format} left out, as only ${formatNames} are read`),
  };
}

/** Images directly in `test` or `test/images`, of the top or below one folder around all. */
const bareTest = /^([^/]+\/)?test\/(images\/)?[^/]+$/;

/** ImageNet's test images are given away without their classes: a source without them. */
export function withoutBareTest(source: Source): Source {
  return { ...source, paths: source.paths.filter((path) => !bareTest.test(path)) };
}
