// Parts of a remote file, one after another in a local one, whose length says how far the download
// has come: an interrupted one continues from there.

import { closeSync, fstatSync, ftruncateSync, openSync, read, rmSync, writeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { Failure } from '../run.mjs';

/**
 * Bytes; `end` is the first that is no part of it.
 * @typedef {{ start: number, end: number }} Range
 */

/** Tries in a row that bring nothing, and the pause between them. */
const tries = 3;
const pauseMs = 1000;

/** A connection that brings nothing for so long counts as cut. */
const stallMs = 60_000;

export class PartialFile {
  #path;
  #url;
  #again;
  #fd;
  /**
   * What was asked for, and where each range begins in the local file.
   * @type {(Range & { at: number })[]}
   */
  #ranges = [];

  /**
   * @param {string} path @param {string} url @param {number} size of the remote file
   * @param {string} again  the command that continues, for messages
   */
  constructor(path, url, size, again) {
    this.size = size;
    this.#path = path;
    this.#url = url;
    this.#again = again;
    this.#fd = openSync(path, 'a+');
  }

  /**
   * Fetches what is missing of these ranges. Calls must come in the same order each time.
   * @param {Range[]} ranges
   * @param {(share: number) => void} [progress]
   */
  async fetch(ranges, progress) {
    const begin = this.#next();
    for (const { start, end } of ranges) this.#ranges.push({ start, end, at: this.#next() });
    const all = this.#next();
    for (let fruitless = 0; ; ) {
      const before = this.#length();
      const missing = this.#ranges.find(({ start, end, at }) => at + end - start > before);
      if (missing === undefined) return;
      const { start, end, at } = missing;
      const why = await this.#append(start + before - at, end, () =>
        progress?.((this.#length() - begin) / (all - begin)),
      );
      fruitless = this.#length() > before ? 0 : fruitless + 1;
      if (why !== undefined && fruitless >= tries) {
        throw new Failure(`The download broke off: ${new URL(this.#url).origin}: ${why}.`, {
          cure: `What was fetched is kept; ${this.#again} continues.`,
        });
      }
      if (why !== undefined) await wait(pauseMs);
    }
  }

  /**
   * Appends a range, as far as it comes.
   * @param {number} start @param {number} end @param {() => void} onBytes
   * @returns {Promise<string | undefined>} why it ended early
   */
  async #append(start, end, onBytes) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(new Error('no answer')), stallMs);
    try {
      const headers = { range: `bytes=${start}-${end - 1}` };
      const response = await fetch(this.#url, { headers, signal: stop.signal });
      if (!response.headers.get('content-range')?.startsWith(`bytes ${start}-`) || response.body === null) {
        return `it gives no part of the file (answer ${response.status})`;
      }
      for await (const chunk of response.body) {
        writeSync(this.#fd, chunk);
        timer.refresh();
        onBytes();
      }
      return undefined;
    } catch (error) {
      const { cause, message } = /** @type {Error & { cause?: NodeJS.ErrnoException }} */ (error);
      if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOSPC') throw error;
      return cause?.code ?? message;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Reads bytes of the remote file from where they lie here.
   * @param {Uint8Array} into @param {number} offset @param {number} length @param {number} position
   * @param {(error: Error | null, bytes?: number) => void} done
   */
  read(into, offset, length, position, done) {
    const range = this.#ranges.find(({ start, end }) => start <= position && position + length <= end);
    if (range === undefined) done(new Error(`bytes ${position} to ${position + length} were not fetched`));
    else read(this.#fd, into, offset, length, range.at + position - range.start, done);
  }

  /** The next time all of it is fetched again. */
  restart() {
    ftruncateSync(this.#fd, 0);
  }

  close() {
    closeSync(this.#fd);
  }

  remove() {
    rmSync(this.#path, { force: true });
  }

  #next() {
    const last = this.#ranges.at(-1);
    return last === undefined ? 0 : last.at + last.end - last.start;
  }

  #length() {
    return fstatSync(this.#fd).size;
  }
}
