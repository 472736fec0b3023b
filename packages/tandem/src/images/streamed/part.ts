/**
 * Sets that are read while they are learned from. A set is a row of parts (`parts.ts`): shards,
 * tables, or some lines of a list. A window of parts lies open at a time (`windows.ts`), fetched to
 * the disk first where they are remote, and its images are mixed (`order.ts`). Batches are decoded
 * as they are asked for (`stream-batches.ts`). Some of the images are opened as a set, to measure
 * and to show (`sample.ts`).
 */

import { closeSync, openSync, read } from 'node:fs';
import { promisify } from 'node:util';
import { UserError } from '../../errors.js';
import { maxFile } from '../sources/formats.js';
import type { Content, Encoded, Extent, Said, Source } from '../sources/source.js';
import { Spool } from '../sources/spool.js';

/** A piece of a streamed set that is opened by itself. */
export interface Part {
  /** Unlike that of any other part. */
  readonly name: string;
  /** What the paths of its images begin with: its name, or nothing where they differ anyhow. */
  readonly prefix: string;
  /** Bytes that it takes on the disk while it is open. */
  readonly diskBytes: number;
  /** How large it is: of parts of one set, images go by this; bytes, or images. */
  readonly weight: number;
  /** Tells it from what has been there under its name. */
  readonly version: string;
  open(signal: AbortSignal | undefined): Promise<OpenedPart>;
}

/** A part whose images can be had in any order. */
export interface OpenedPart {
  /** Of its images, below the part. */
  readonly paths: readonly string[];
  said(path: string): Said | undefined;
  /** The contents of images, by their numbers; in whatever order is quick. */
  contents(numbers: readonly number[], signal?: AbortSignal): AsyncIterable<Content>;
  close(): void;
}

const readAt = promisify(read);

/**
 * Opens a source whose files are on disk: what lies by itself in a file is read from there, all
 * else is unpacked to a file that has no name.
 *
 * @param release called when it is closed
 */
export async function openedFrom(
  source: Source,
  signal: AbortSignal | undefined,
  release: () => void = () => {},
): Promise<OpenedPart> {
  const { paths } = source;
  const said = (path: string) => source.said?.(path);
  const extents = extentsOf(source);
  if (extents) {
    const file = extents[0]?.file;
    const descriptor = file === undefined ? undefined : openSync(file, 'r');
    return {
      paths,
      said,
      async *contents(numbers) {
        for (const [index, number] of numbers.entries()) {
          yield { index, ...(await contentAt(descriptor as number, extents[number] as Extent)) };
        }
      },
      close() {
        if (descriptor !== undefined) closeSync(descriptor);
        release();
      },
    };
  }
  const images = await unpacked(source, signal);
  return {
    paths,
    said,
    async *contents(numbers) {
      for (const [index, number] of numbers.entries()) yield { index, ...images.read(number) };
    },
    close() {
      images.close();
      release();
    },
  };
}

/** Images of a source that can be asked for by path at any time, such as the lines of a list. */
export function openedWithin(source: Source, paths: readonly string[]): OpenedPart {
  return {
    paths,
    said: (path) => source.said?.(path),
    contents: (numbers, signal) =>
      source.contents(
        numbers.map((number) => paths[number] as string),
        signal,
      ),
    close() {},
  };
}

/** Where all images lie, in one file; undefined where some are packed. */
function extentsOf({ paths, at }: Source): readonly Extent[] | undefined {
  if (!at) return undefined;
  const extents = paths.flatMap((path) => at(path) ?? []);
  return extents.length === paths.length ? extents : undefined;
}

async function contentAt(descriptor: number, { file, offset, size }: Extent): Promise<Encoded> {
  if (size > maxFile) return { reason: `larger than ${maxFile / 2 ** 20} MiB` };
  const input = Buffer.allocUnsafe(size);
  for (let done = 0; done < size; ) {
    const { bytesRead } = await readAt(descriptor, input, done, size - done, offset + done);
    if (bytesRead === 0) throw new UserError(`${file}: became shorter while it was read`);
    done += bytesRead;
  }
  return { input };
}

async function unpacked(source: Source, signal: AbortSignal | undefined): Promise<Spool> {
  const images = new Spool(0);
  const missing = new Set(source.paths.keys());
  try {
    for await (const { index, ...image } of source.contents(source.paths, signal)) {
      signal?.throwIfAborted();
      images.add(image, index);
      missing.delete(index);
    }
  } catch (error) {
    images.close();
    throw error;
  }
  for (const index of missing) images.add({ reason: 'not found again' }, index);
  return images;
}
