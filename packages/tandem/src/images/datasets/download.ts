import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ReadableStreamReadResult } from 'node:stream/web';
import { setTimeout } from 'node:timers/promises';
import { shownBytes, UserError } from '../../errors.js';
import { makeFolder } from '../../files/make-folder.js';
import { syncFolder } from '../../files/sync.js';
import { withLock } from '../../files/with-lock.js';
import type { ProgressOptions } from '../options.js';

/** A file that can be fetched. */
export interface Remote {
  /** Its name on the disk. */
  readonly file: string;
  /** The same file at several places, tried in order. */
  readonly urls: readonly string[];
  /** Of the whole file. */
  readonly md5: string;
  /**
   * The file has fewer bytes for certain: what is longer is another one, and not fetched to its
   * end.
   */
  readonly mostBytes: number;
}

/** No place gave the file: there may be no network. */
export class UnreachableError extends UserError {}

/** How patient a download is; in milliseconds. */
export interface Patience {
  /** Tries in a row that bring nothing, for each place. */
  readonly tries: number;
  readonly pause: number;
  /** A connection that brings nothing for so long counts as cut. */
  readonly stall: number;
}

const patience: Patience = { tries: 3, pause: 1_000, stall: 60_000 };

/**
 * Fetches a file into a folder. It grows under `<file>.part`, from which a later call resumes, and
 * gets its name only when its checksum is right; where it is not, the next place is tried. Of two
 * processes that want it at once one fetches.
 *
 * @returns the file's path
 * @throws UnreachableError where no place gives it; UserError where a place gives another file and
 * none the one expected, or it cannot be written
 */
export async function download(
  remote: Remote,
  folder: string,
  { onProgress, signal }: ProgressOptions = {},
  { tries, pause, stall }: Patience = patience,
): Promise<string> {
  const path = join(folder, remote.file);
  const part = `${path}.part`;
  const what = `fetching ${remote.file}`;
  const attempt = async (): Promise<string> => {
    if (await exists(path)) return path;
    const failures: string[] = [];
    let isOther = false;
    for (const url of remote.urls) {
      // Of what another place or an earlier call began, the beginning may be what is wrong.
      let isInherited = (await sizeOf(part)) > 0;
      for (let fruitless = 0; fruitless < tries; ) {
        const before = await sizeOf(part);
        const transferred = await transfer(url, remote, part, stall, signal, (done, total) =>
          onProgress?.(done, total, what),
        );
        signal?.throwIfAborted();
        const failure = transferred ?? (await check(remote, part));
        if (failure === undefined) {
          await rename(part, path);
          syncFolder(dirname(path));
          return path;
        }
        if (failure.isOther) await rm(part, { force: true });
        if (failure.isOther && isInherited) {
          isInherited = false;
          continue;
        }
        isOther ||= failure.isOther === true;
        fruitless = (await sizeOf(part)) > before ? 0 : fruitless + 1;
        if (failure.isFinal || fruitless >= tries) {
          failures.push(`${url}: ${failure.why}`);
          break;
        }
        await setTimeout(pause, undefined, { signal });
      }
    }
    const message = failures.join('; ');
    throw isOther ? new UserError(message) : new UnreachableError(message);
  };
  try {
    makeFolder(folder);
    return await withLock(`${path}.lock`, attempt, {
      onWait: () => onProgress?.(0, undefined, `waiting for another process ${what}`),
      signal,
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof UserError || signal?.aborted || code === undefined) throw error;
    throw new UserError(`${path}: cannot be written (${code}); what was fetched so far is kept`, { cause: error });
  }
}

/** Why a transfer ended early, and whether trying again is of no use. */
interface Failure {
  readonly why: string;
  readonly isFinal: boolean;
  /** What came is not the file expected, and not kept. */
  readonly isOther?: true;
}

const tooLong = (file: string, mostBytes: number): Failure => ({
  why: `not the file expected: longer than ${shownBytes(mostBytes)}, which ${file} is not; it was not kept`,
  isFinal: true,
  isOther: true,
});

/** Brings the rest of a file; undefined when it is whole. @throws what writing throws */
async function transfer(
  url: string,
  { file, mostBytes }: Remote,
  part: string,
  stall: number,
  signal: AbortSignal | undefined,
  onProgress: (done: number, total: number | undefined) => void,
): Promise<Failure | undefined> {
  const stalled = new AbortController();
  const timer = globalThis.setTimeout(() => stalled.abort(), stall);
  const cut = (error: unknown): Failure => ({
    why: stalled.signal.aborted ? `nothing came for ${stall / 1000} s` : reasonOf(error),
    isFinal: false,
  });
  try {
    const have = await sizeOf(part);
    const response = await fetch(url, {
      // Packed on the way, the bytes and their number would not be the file's.
      headers: { 'accept-encoding': 'identity', ...(have > 0 && { range: `bytes=${have}-` }) },
      signal: AbortSignal.any([stalled.signal, ...(signal ? [signal] : [])]),
    }).catch(cut);
    if ('why' in response) return response;
    const start = response.status === 206 ? startOf(response) : 0;
    if (response.status === 416 || start > have) {
      await response.body?.cancel();
      await rm(part, { force: true }); // what is there is no beginning of that file
      return { why: 'it has changed there', isFinal: false };
    }
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      return { why: `${response.status} ${response.statusText}`.trim(), isFinal: response.status < 500 };
    }
    const length = response.headers.get('content-length');
    const total = length === null ? undefined : start + Number(length);
    if (total !== undefined && total > mostBytes) {
      await response.body.cancel();
      return tooLong(file, mostBytes);
    }
    const reader = response.body.getReader();
    const done = await appendAt(
      start,
      part,
      () => reader.read().catch(cut),
      (now) => {
        timer.refresh();
        onProgress(now, total);
        return now > mostBytes ? tooLong(file, mostBytes) : undefined;
      },
    );
    if (typeof done !== 'number') return done;
    return total !== undefined && done < total ? cut(new Error(`cut after ${done} of ${total} bytes`)) : undefined;
  } finally {
    clearTimeout(timer);
    stalled.abort();
  }
}

/**
 * Writes what comes after the first `start` bytes of a file.
 * @param onProgress says why no more may come, or nothing
 * @returns the file's bytes, or why no more came
 */
async function appendAt(
  start: number,
  part: string,
  read: () => Promise<ReadableStreamReadResult<Uint8Array> | Failure>,
  onProgress: (done: number) => Failure | undefined,
): Promise<number | Failure> {
  const file = await open(part, start > 0 ? 'r+' : 'w');
  try {
    await file.truncate(start);
    let done = start;
    for (;;) {
      const next = await read();
      if ('why' in next) return next;
      if (next.done) break;
      await file.write(next.value, 0, next.value.length, done);
      done += next.value.length;
      const stop = onProgress(done);
      if (stop) return stop;
    }
    await file.sync();
    return done;
  } finally {
    await file.close();
  }
}

/** The first byte of what a partial answer brings. */
function startOf(response: Response): number {
  const [, start] = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '') ?? [];
  return start === undefined ? Number.POSITIVE_INFINITY : Number(start);
}

async function check({ file, md5 }: Remote, part: string): Promise<Failure | undefined> {
  const sum = createHash('md5');
  for await (const chunk of createReadStream(part)) sum.update(chunk as Buffer);
  const got = sum.digest('hex');
  if (got === md5) return undefined;
  const why = `not the file expected: ${file} has md5 ${md5}, this one ${got}; it was not kept`;
  return { why, isFinal: true, isOther: true };
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  const { code } = (cause ?? {}) as NodeJS.ErrnoException;
  return code ?? message;
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    (found) => found.size,
    () => 0,
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
