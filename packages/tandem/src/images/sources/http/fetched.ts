import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../../../files/make-folder.js';
import { cacheHome } from '../../cache/cache-home.js';
import type { Encoded } from '../source.js';
import { isAskable } from './address.js';
import { NoAnswer, request } from './request.js';

/** Bytes of fetched images that are kept on disk; the longest unused go first. */
const mostBytes = Number(process.env.TANDEM_FETCHED_BYTES ?? 10 * 2 ** 30);

/** What was asked for in this process: it is not asked for again. */
const asked = new Map<string, Promise<Encoded>>();

/**
 * The file that holds what a URL gives, kept in the user's cache. A server is asked once a process:
 * what it says is unchanged is not sent again, and where it does not answer at all what was kept
 * serves.
 */
export async function fetched(url: string, signal?: AbortSignal): Promise<Encoded> {
  if (!isAskable(url)) return { reason: `a kind of address that is not read; http, https and s3 are` };
  const file = join(cacheHome(), 'fetched', keyOf(url));
  const before = await asked.get(file)?.catch(() => undefined);
  if (before && 'input' in before && (await isThere(file))) return before;
  const now = ask(url, file, signal);
  asked.set(file, now);
  now.then(
    (found) => 'reason' in found && asked.delete(file),
    () => asked.delete(file),
  );
  return now;
}

async function ask(url: string, file: string, signal: AbortSignal | undefined): Promise<Encoded> {
  const kept = await isThere(file);
  const etag = kept ? await readFile(`${file}.etag`, 'utf8').catch(() => undefined) : undefined;
  try {
    const answer = await request(url, etag, signal);
    if (answer.isSame) await utimes(file, new Date(), new Date());
    else await keep(file, answer.bytes, answer.etag);
    return { input: file };
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    return kept && !/^HTTP 4/.test(error.message) ? { input: file } : { reason: `not fetched: ${error.message}` };
  }
}

async function keep(file: string, bytes: Uint8Array, etag: string | undefined): Promise<void> {
  const folder = join(file, '..');
  makeFolder(folder);
  const part = `${file}.${randomUUID()}.part`;
  await rm(`${file}.etag`, { force: true });
  await writeFile(part, bytes);
  await rename(part, file);
  if (etag !== undefined) await writeFile(`${file}.etag`, etag);
  await makeRoom(folder, bytes.length);
}

/** What the folder holds, counted once and then kept; bytes. */
let total: Promise<number> | undefined;

/** Removes the longest unused, down to nine tenths of what may be kept. */
async function makeRoom(folder: string, added: number): Promise<void> {
  total = total ? total.then((sum) => sum + added) : sizeOf(folder);
  if ((await total) <= mostBytes) return;
  total = evict(folder);
  await total;
}

async function sizeOf(folder: string): Promise<number> {
  return (await listed(folder)).reduce((sum, { size }) => sum + size, 0);
}

async function evict(folder: string): Promise<number> {
  const files = (await listed(folder)).sort((a, b) => a.mtimeMs - b.mtimeMs);
  let left = files.reduce((sum, { size }) => sum + size, 0);
  for (const { file, size } of files) {
    if (left <= 0.9 * mostBytes) break;
    await rm(file, { force: true });
    await rm(`${file}.etag`, { force: true });
    asked.delete(file);
    left -= size;
  }
  return left;
}

async function listed(folder: string): Promise<{ file: string; size: number; mtimeMs: number }[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => !name.endsWith('.etag'));
  const found = await Promise.all(
    names.map(async (name) => {
      const file = join(folder, name);
      const { size, mtimeMs } = (await stat(file).catch(() => undefined)) ?? {};
      return size === undefined || mtimeMs === undefined ? [] : [{ file, size, mtimeMs }];
    }),
  );
  return found.flat();
}

async function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

function keyOf(url: string): string {
  const ending = /\.[a-z0-9]{1,8}(\.gz)?$/i.exec(new URL(url).pathname)?.[0] ?? '';
  return createHash('sha256').update(url).digest('hex').slice(0, 32) + ending.toLowerCase();
}
