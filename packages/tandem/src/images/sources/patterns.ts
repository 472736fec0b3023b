import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, normalize } from 'node:path';
import { expand } from 'brace-expansion';
import { glob } from 'tinyglobby';
import { UserError } from '../../errors.js';

/** Most paths that a pattern in braces may stand for. */
export const mostPaths = 100_000;

/** Whether a path stands for several: `name-{000..099}.tar`, `{a,b}`, `*.tar`. */
export function isPattern(where: string): boolean {
  return /[*?]|\{[^{}]*(,|\.\.)[^{}]*\}|\[[^\]]+\]/s.test(where);
}

/** Several paths as one: `{a,b}`, with what braces mean taken from their names. */
export function asPattern(paths: readonly string[]): string {
  const [first = ''] = paths;
  if (paths.length === 1) return first;
  return `{${paths.map((path) => path.replace(/[\\{},]/g, '\\$&')).join(',')}}`;
}

/**
 * The paths that a pattern stands for: braces in their order, of each what is there by that name,
 * or what fits it as a glob, sorted.
 *
 * @throws UserError where some of them are missing
 */
export async function matching(pattern: string): Promise<string[]> {
  checkRanges(pattern);
  const alternatives = expand(pattern, { max: mostPaths }).map((one) => normalize(one));
  const listed = await listingOf(new Set(alternatives.map(dirname)));
  const missing: string[] = [];
  const found: string[] = [];
  for (const one of alternatives) {
    const fits = listed.get(dirname(one))?.has(basename(one)) || (await isThere(one)) ? [one] : await fitting(one);
    if (fits.length === 0) missing.push(one);
    found.push(...fits);
  }
  if (missing.length === 0) return [...new Set(found)];
  if (alternatives.length === 1) throw new UserError(`${pattern}: no file or folder fits`);
  const what = missing.every((one) => /\.tar$/i.test(one)) ? 'shards' : 'files';
  throw new UserError(
    `${pattern}: ${missing.length} of ${alternatives.length} ${what} are missing, first ${missing[0]}`,
  );
}

async function fitting(one: string): Promise<string[]> {
  if (!/[*?]|\[[^\]]+\]/.test(one)) return [];
  const found = await glob(one, { onlyFiles: false, expandDirectories: false, dot: false, absolute: false });
  // Of a folder and what is in it, the folder says it all.
  const paths = found.map((path) => normalize(path.replace(/\/$/, ''))).sort();
  const folders = new Set(paths);
  return paths.filter((path) => !above(path).some((folder) => folders.has(folder)));
}

function above(path: string): string[] {
  const folder = dirname(path);
  return folder === path || folder === '.' ? [] : [folder, ...above(folder)];
}

async function listingOf(folders: ReadonlySet<string>): Promise<Map<string, ReadonlySet<string>>> {
  const listed = await Promise.all(
    [...folders].map(async (folder) => [folder, new Set(await readdir(folder).catch(() => []))] as const),
  );
  return new Map(listed);
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

export function checkRanges(pattern: string): void {
  for (const [all, from, to] of pattern.matchAll(/\{(\d+)\.\.(\d+)\}/g)) {
    if (Number(to) < Number(from) || Number(to) - Number(from) >= mostPaths) {
      throw new UserError(`${pattern}: ${all} must count upwards, to 100,000 at most`);
    }
  }
}

/** A note where files that are numbered lack some numbers between; nothing where none does. */
export function gapsNote(files: readonly string[]): string[] {
  const series = new Map<string, number[]>();
  for (const file of files) {
    const [, before, number, after] = /^(.*?)(\d+)(\D*)$/s.exec(basename(file)) ?? [];
    if (number === undefined) continue;
    const key = `${join(dirname(file), before ?? '')}*${after}`;
    series.set(key, [...(series.get(key) ?? []), Number(number)]);
  }
  return [...series].flatMap(([name, numbers]) => {
    const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
    const there = new Set(numbers);
    if (numbers.length < 2 || most - least >= 10 * numbers.length) return [];
    const missing = Array.from({ length: most - least }, (_, i) => least + i).filter((n) => !there.has(n));
    if (missing.length === 0) return [];
    const first = missing.slice(0, 3).join(', ');
    return [
      `of ${name} numbers are missing between ${least} and ${most}: ${first}${missing.length > 3 ? `, ... (${missing.length})` : ''}`,
    ];
  });
}
