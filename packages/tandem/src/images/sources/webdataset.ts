import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../../errors.js';

// WebDataset's format: a set is a row of tars, `name-{000..099}.tar`, and files of one tar that
// share a path up to its last part's first dot are one sample: `0017.jpg` beside `0017.cls`.
// https://github.com/webdataset/webdataset

/** Larger files tell of something else than a class; in bytes. */
export const largestClassFile = 2 ** 16;

/** Whether a file beside an image may say its class. */
export function isClassFile(path: string): boolean {
  return /\.(cls|json|txt)$/i.test(path);
}

/** What the files of one sample have in common. */
export function sampleKey(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return path.slice(0, path.length - name.length) + name.split('.', 1)[0];
}

/**
 * The class that a file beside an image names: the text of a `.cls`, or of a `.txt` of one word
 * (longer ones are captions), or `cls`, `label` or `class` of a `.json`. Undefined where it names
 * none.
 */
export function classOf(path: string, bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8').trim();
  if (/\.json$/i.test(path)) return classOfJson(text);
  const isName = text !== '' && (/\.cls$/i.test(path) ? !text.includes('\n') : /^\S+$/.test(text));
  return isName ? text : undefined;
}

function classOfJson(text: string): string | undefined {
  try {
    const { cls, label = cls, class: name = label } = JSON.parse(text) as Record<string, unknown>;
    return typeof name === 'number' || (typeof name === 'string' && name !== '') ? String(name) : undefined;
  } catch {
    return undefined;
  }
}

const shardRange = /\{(\d+)\.\.(\d+)\}/;

/** Whether a path stands for several: `name-{000..099}.tar`. */
export function isPattern(where: string): boolean {
  return shardRange.test(where);
}

/**
 * The tars that a pattern stands for, in order.
 *
 * @throws UserError where some of them are missing
 */
export async function shardsOf(pattern: string): Promise<string[]> {
  const shards = expanded(pattern);
  const listed = new Map<string, Set<string>>();
  for (const folder of new Set(shards.map(dirname))) {
    listed.set(folder, new Set(await readdir(folder).catch(() => [])));
  }
  const missing = shards.filter((shard) => !listed.get(dirname(shard))?.has(basename(shard)));
  if (missing.length > 0) {
    throw new UserError(`${pattern}: ${missing.length} of ${shards.length} shards are missing, first ${missing[0]}`);
  }
  return shards;
}

function expanded(pattern: string): string[] {
  const range = shardRange.exec(pattern);
  if (!range) return [join(pattern)];
  const [all, first = '', last = ''] = range;
  const [from, to] = [Number(first), Number(last)];
  if (to < from || to - from >= 100_000)
    throw new UserError(`${pattern}: ${all} must count upwards, to 100,000 at most`);
  return Array.from({ length: to - from + 1 }, (_, i) => String(from + i).padStart(first.length, '0')).flatMap(
    (number) => expanded(pattern.slice(0, range.index) + number + pattern.slice(range.index + all.length)),
  );
}
