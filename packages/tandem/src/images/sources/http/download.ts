import { closeSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { type Receiving, receive, type Sink } from './receive.js';
import type { Remote } from './remote.js';

/**
 * Puts a remote file on disk, whole or not at all. What an earlier process left half-done beside it
 * (`.part`) is continued.
 *
 * @throws NoAnswer, or Changed where it is no longer what it was
 */
export async function download(
  { place, size, version }: Remote,
  file: string,
  how: Pick<Receiving, 'signal' | 'patient' | 'onBytes' | 'onRetry'>,
): Promise<void> {
  const part = new PartFile(`${file}.part`, version);
  try {
    if (part.length > size) part.begin(version);
    // Where all is there, it only lacks its name.
    if (part.length < size || size === 0) await receive(place, part, { ...how, expected: { version, size } });
  } finally {
    part.close();
  }
  await rename(`${file}.part`, file);
  await rm(`${file}.part.version`, { force: true });
}

/** A file that grows, with the version that it is of beside it. */
class PartFile implements Sink {
  length: number;
  version: string | undefined;
  readonly #path: string;
  #descriptor: number;

  constructor(path: string, expected: string) {
    const there = lengthOf(path, expected);
    this.#path = path;
    this.#descriptor = openSync(path, there === undefined ? 'w' : 'a');
    this.length = there ?? 0;
    this.version = expected;
    if (there === undefined) writeFileSync(`${path}.version`, expected);
  }

  begin(version: string | undefined): void {
    this.close();
    this.#descriptor = openSync(this.#path, 'w');
    writeFileSync(`${this.#path}.version`, version ?? '');
    this.length = 0;
    this.version = version;
  }

  add(chunk: Uint8Array): void {
    // At once: the system only copies it. A disk that is nearly full takes part of it.
    for (let done = 0; done < chunk.length; ) done += writeSync(this.#descriptor, chunk, done);
    this.length += chunk.length;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** Bytes of a part of this version; undefined where there is none. */
function lengthOf(path: string, version: string): number | undefined {
  const length = statSync(path, { throwIfNoEntry: false })?.size;
  if (length === undefined) return undefined;
  try {
    return readFileSync(`${path}.version`, 'utf8') === version ? length : undefined;
  } catch {
    return undefined;
  }
}
