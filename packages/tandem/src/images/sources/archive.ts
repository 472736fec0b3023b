import { basename, dirname } from 'node:path';
import type { SkippedFile } from '../set/image-set.js';
import { checkNumber, isHidden, isImage, lacksEnding, looksLikeImage, maxFile } from './formats.js';
import { allEntries } from './nested-tar.js';
import { type Content, type Extent, type Source, sourceOf } from './source.js';
import { chooseParts, isClassFile, largestClassFile, SampleClasses } from './webdataset.js';

/** How tars are opened. */
export interface TarOptions {
  /** Which image of each sample, where they have several: `left.jpg`. */
  readonly part?: string | undefined;
  /** Called now and then with the number of files seen so far. */
  readonly onFound?: ((files: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A tar of images, gzipped or not, or several that make up one collection. They are read once to
 * see what is in them, and once more for the contents; nothing is written to disk. Of several
 * entries with one path the last counts, as when unpacking. A tar in a tar is a folder. Classes may
 * stand in files beside the images, as in WebDataset's shards (see `webdataset.ts`), and the names
 * of shards may say a split.
 *
 * @param where the tar, or what stands for all of them in messages
 * @throws UserError where one is no tar, damaged or cut short
 */
export async function openTars(where: string, tars: readonly string[], options: TarOptions = {}): Promise<Source> {
  const { members, folders, classes, faults, byContent } = await survey(where, tars, options);
  const source = sourceOf(archiveName(where), where, [...members.keys()], byContent);
  const { paths, notes } = chooseParts(source.paths, options.part);
  const splits = new Map(tars.map((tar) => [tar, archiveName(tar).replace(/[-_.]?\d+$/, '')]));
  return {
    ...source,
    paths,
    said: (path) => ({
      folders: folders.get(path),
      label: classes.of(path),
      split: tars.length > 1 ? splits.get(members.get(path)?.tar ?? '') : undefined,
    }),
    faults,
    notes: [...source.notes, ...notes],
    origins: () => tars,
    at: (path) => extentOf(members.get(path)),
    contents: (wanted, contentsSignal) => contentsOf(tars, members, wanted, contentsSignal),
  };
}

/** Which entry of which tar a file is. */
interface Member {
  readonly tar: string;
  readonly ordinal: number;
  readonly size: number;
  /** Where its contents begin; undefined where they are packed. */
  readonly offset: number | undefined;
}

function extentOf(member: Member | undefined): Extent | undefined {
  return member?.offset === undefined ? undefined : { file: member.tar, offset: member.offset, size: member.size };
}

/** What one or several tars hold. */
interface Survey {
  readonly members: Map<string, Member>;
  /** The folders that files of several shards lie in, without the name of the shard. */
  readonly folders: Map<string, readonly string[]>;
  readonly classes: SampleClasses;
  readonly faults: SkippedFile[];
  /** Files without an ending that begin as images. */
  readonly byContent: Set<string>;
}

async function survey(where: string, tars: readonly string[], { onFound, signal }: TarOptions): Promise<Survey> {
  const members = new Map<string, Member>();
  const folders = new Map<string, readonly string[]>();
  const classes = new SampleClasses();
  const faults: SkippedFile[] = [];
  const byContent = new Set<string>();
  const names = shardNames(tars);
  for (const tar of tars) {
    // The name of its shard keeps apart what has one path in two of them.
    const prefix = tars.length > 1 ? `${names.get(tar)}/` : '';
    for await (const entry of allEntries(tar, signal)) {
      if (isHidden(entry.path)) continue;
      const path = prefix + entry.path;
      if (entry.usable) {
        const { offset, size, ordinal } = entry;
        members.set(path, { tar, ordinal, size, offset });
        if (prefix !== '') folders.set(path, entry.path.split('/').slice(0, -1));
        if (isClassFile(path) && entry.size <= largestClassFile) classes.add(path, await entry.read());
        else if (lacksEnding(path) && entry.size <= maxFile && looksLikeImage(await entry.read())) byContent.add(path);
      } else if (isImage(entry.path)) {
        const reason = entry.isFile ? 'a name that leads out of the archive' : 'no file but a link';
        faults.push({ file: path, reason });
      }
      if (members.size % 1000 === 0) onFound?.(members.size);
      checkNumber(where, members.size);
    }
  }
  return { members, folders, classes, faults, byContent };
}

/** What shards are called in paths: by their names, or by their paths where two have one name. */
function shardNames(tars: readonly string[]): ReadonlyMap<string, string> {
  const isDistinct = new Set(tars.map(archiveName)).size === tars.length;
  return new Map(
    tars.map((tar) => [
      tar,
      isDistinct ? archiveName(tar) : `${dirname(tar)}/${archiveName(tar)}`.replace(/^[./]+/, ''),
    ]),
  );
}

/** The contents of files, tar by tar, each in its own order. */
async function* contentsOf(
  tars: readonly string[],
  members: ReadonlyMap<string, Member>,
  paths: readonly string[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Content> {
  const indices = new Map(tars.map((tar) => [tar, new Map<number, number>()]));
  for (const [index, path] of paths.entries()) {
    const member = members.get(path);
    if (member) indices.get(member.tar)?.set(member.ordinal, index);
  }
  for (const [tar, byOrdinal] of indices) {
    let missing = byOrdinal.size;
    if (missing === 0) continue;
    for await (const entry of allEntries(tar, signal)) {
      const index = byOrdinal.get(entry.ordinal);
      if (index === undefined) continue;
      if (entry.size > maxFile) yield { index, reason: `larger than ${maxFile / 2 ** 20} MiB` };
      else yield { index, input: await entry.read() };
      if (--missing === 0) break;
    }
  }
}

/** A file's name without `.tar`, `.tar.gz`, `.tgz` or `.zip`. */
export function archiveName(where: string): string {
  return basename(where).replace(/\.(tar|tar\.gz|tgz|zip)$/i, '');
}
