import { expand } from 'brace-expansion';
import picomatch from 'picomatch';
import { UserError } from '../../../errors.js';
import { checkRanges, mostPaths } from '../patterns.js';
import { listed } from '../s3/list.js';
import { isAskable } from './address.js';
import { NoAnswer, type Receiving } from './receive.js';
import { type Remote, remotes } from './remote.js';

/** What makes up sets that come in parts, by the endings of their names. */
const shard = /\.(tar|tar\.gz|tgz|zip|parquet|arrow|feather)$/i;

/** Whether a name is that of a shard or a table. */
export function isShard(name: string): boolean {
  return shard.test(name.replace(/[?#].*$/, ''));
}

/**
 * Whether an address stands for several files: `{000..099}`, `*`, and of a bucket `?`, `[ab]` and
 * `folder/`.
 */
export function isRemotePattern(where: string): boolean {
  const isSeveral = /\{[^{}]*(,|\.\.)[^{}]*\}|^[^?#]*\*/.test(where);
  return isSeveral || (isBucket(where) && (isGlob(where) || isFolder(where)));
}

/**
 * The files that an address stands for, with their sizes and versions: braces in their order; in a
 * bucket what fits a glob, or all shards below a folder, by listing it.
 *
 * @throws UserError where some are missing, or cannot be listed
 */
export async function matchingRemotes(where: string, how: Receiving): Promise<Remote[]> {
  checkRanges(where);
  const alternatives = expand(where, { max: mostPaths });
  const found: Remote[] = [];
  try {
    for (const run of runsOf(alternatives)) {
      const files = isListed(run[0] as string) ? await fitting(run[0] as string, how) : await remotes(run, how);
      if (files.length === 0) throw new UserError(`${run[0]}: nothing fits it there`);
      found.push(...files);
    }
  } catch (error) {
    if (error instanceof NoAnswer) throw new UserError(error.message, { cause: error });
    throw error;
  }
  return found;
}

/** Addresses that are asked for one by one stay together; each that is listed is by itself. */
function runsOf(places: readonly string[]): string[][] {
  const runs: string[][] = [];
  for (const place of places) {
    if (!isAskable(place)) throw new UserError(`${place}: a kind of address that is not read; http, https and s3 are`);
    if (!isBucket(place) && place.includes('*')) {
      throw new UserError(`${place}: only buckets (s3://) can be listed; name the files, as in {000..099}.tar`);
    }
    const last = runs.at(-1);
    if (last && !isListed(place) && !isListed(last[0] as string)) last.push(place);
    else runs.push([place]);
  }
  return runs;
}

function isListed(place: string): boolean {
  return isBucket(place) && (isGlob(place) || isFolder(place));
}

function isBucket(place: string): boolean {
  return /^s3:\/\//i.test(place);
}

function isGlob(place: string): boolean {
  return /[*?]|\[[^\]]+\]/.test(place);
}

/** Of a bucket, or of all below a prefix. */
function isFolder(place: string): boolean {
  return place.endsWith('/') || /^s3:\/\/[^/]+$/i.test(place);
}

async function fitting(place: string, how: Receiving): Promise<Remote[]> {
  const prefix = isFolder(place) ? place : place.slice(0, place.search(/[*?[]/));
  const fits = isFolder(place) ? (one: string) => shard.test(one) : picomatch(place);
  const found: Remote[] = [];
  try {
    for await (const one of listed(prefix, how)) if (fits(one.place)) found.push(one);
  } catch (error) {
    throw error instanceof NoAnswer
      ? new UserError(`${place}: cannot be listed: ${error.message}`, { cause: error })
      : error;
  }
  return found;
}
