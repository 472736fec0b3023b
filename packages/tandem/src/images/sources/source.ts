/**
 * Where bytes come from: folders, tars, zips and WebDataset's shards, each as one `Source` that
 * lists image files and gives their contents. A source does not decode, and what it finds it cannot
 * use it names as a fault. To add one, return a `Source` and let `open-source.ts` choose it.
 */

import type { SkippedFile } from '../set/image-set.js';
import { formatNames, isArray, isImage, unreadFormat } from './formats.js';
import type { FilePath } from './listing.js';

/** An image as its samples: of each pixel one a channel, pixel by pixel, row by row. */
export interface RawPixels {
  /** 0 to 255, or 0 to 65535 in a Uint16Array: width x height x channels. */
  readonly data: Uint8Array | Uint8ClampedArray | Uint16Array;
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** 1 to 16. */
  readonly channels: number;
}

/**
 * An image as a source gives it: the encoded bytes, the path of a file that holds them, or the
 * pixels.
 */
export type Given = { readonly input: string | Uint8Array } | { readonly pixels: RawPixels };

/** An image, or why there is none. */
export type Encoded = Given | { readonly reason: string };

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

/** Some bytes of a file. */
export interface Extent {
  readonly file: string;
  readonly offset: number;
  readonly size: number;
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
  /** Where an image lies by itself in a file on disk, where all of them do. */
  readonly at?: ((path: string) => Extent | undefined) | undefined;
  /** What tells these images from others of the same names, where they lie in no files. */
  readonly state?: string | undefined;
}

/**
 * Sorts the files of a folder or an archive into images and others.
 *
 * @param byContent files without an ending that are images all the same, as their first bytes tell
 */
export function sourceOf(
  name: string,
  where: string,
  files: readonly string[],
  byContent: ReadonlySet<string> = new Set(),
): Pick<Source, 'name' | 'where' | 'paths' | 'others' | 'notes'> {
  const pictures: string[] = [];
  const rest: string[] = [];
  for (const path of files) (isImage(path) || byContent.has(path) ? pictures : rest).push(path);
  const isUsed = pictures.length > 0 ? () => false : isArray;
  const unread = new Map<string, number>();
  for (const path of rest) {
    const format = unreadFormat(path);
    if (format) unread.set(format, (unread.get(format) ?? 0) + 1);
  }
  return {
    name,
    where,
    paths: (pictures.length > 0 ? pictures : rest.filter(isUsed)).sort(),
    others: rest.filter((path) => !isUsed(path)),
    notes: [
      ...[...unread].map(([format, n]) => `${n} ${format} left out, as only ${formatNames} are read`),
      ...(byContent.size > 0 ? [`${byContent.size} files without an ending are images by their content`] : []),
    ],
  };
}

/** Images directly in `test` or `test/images`, of the top or below one folder around all. */
const bareTest = /^([^/]+\/)?test\/(images\/)?[^/]+$/;

/** ImageNet's test images are given away without their classes: a source without them. */
export function withoutBareTest(source: Source): Source {
  return { ...source, paths: source.paths.filter((path) => !bareTest.test(path)) };
}
