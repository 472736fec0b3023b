import { concurrently } from '../concurrency.js';
import type { Counts } from './counts.js';
import { partsIn } from './order.js';
import type { OpenedPart, Part } from './part.js';

/** Parts that are opened at once. */
const openedAtOnce = 4;

/** How windows are chosen. */
export interface WindowOptions {
  readonly seed: number;
  /** Parts in a window. */
  readonly size: number;
  /** Bytes on disk that open parts may take. */
  readonly most: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * The windows of a stream, one open at a time. While one is used the next is made ready, as far as
 * the disk's share has room.
 */
export class Windows {
  readonly #parts: readonly Part[];
  readonly #options: WindowOptions;
  readonly #counts: Counts;
  readonly #opened = new Map<number, Promise<OpenedPart>>();
  readonly #closing = new AbortController();
  readonly #signal: AbortSignal;
  #current = -1;

  constructor(parts: readonly Part[], counts: Counts, options: WindowOptions) {
    this.#parts = parts;
    this.#counts = counts;
    this.#options = options;
    this.#signal = AbortSignal.any([this.#closing.signal, ...(options.signal ? [options.signal] : [])]);
  }

  /** The parts of a window, in their order. */
  partsOf(window: number): readonly Part[] {
    return this.#partsIn(window).map((part) => this.#parts[part] as Part);
  }

  /** Images in a window; parts that nobody has counted yet are opened for it. */
  async count(window: number): Promise<number> {
    const parts = this.#partsIn(window);
    if (parts.some((part) => this.#counts.of(part) === undefined)) await this.#openAll(parts, [window]);
    return parts.reduce((sum, part) => sum + (this.#counts.of(part) ?? 0), 0);
  }

  /** The parts of a window, all open; those of others are closed, but for the next one's. */
  async open(window: number): Promise<readonly OpenedPart[]> {
    const parts = this.#partsIn(window);
    const opened = await this.#openAll(parts, [window]);
    if (window !== this.#current) {
      this.#current = window;
      this.#makeReady(window + 1).catch(() => {}); // what fails fails again when it is wanted
    }
    return opened;
  }

  close(): void {
    this.#closing.abort();
    this.#closeAllBut(new Set());
  }

  #partsIn(window: number): readonly number[] {
    const { size, seed } = this.#options;
    return partsIn(window, this.#parts.length, size, seed);
  }

  async #openAll(parts: readonly number[], windows: readonly number[]): Promise<OpenedPart[]> {
    this.#closeAllBut(new Set([...windows, ...windows.map((window) => window + 1)].flatMap((w) => this.#partsIn(w))));
    await concurrently(parts, openedAtOnce, async (part) => {
      await this.#open(part);
    });
    return Promise.all(parts.map((part) => this.#open(part)));
  }

  /** The next window's parts, one by one while those that are open leave room. */
  async #makeReady(window: number): Promise<void> {
    const parts = this.#partsIn(window);
    const fitting: number[] = [];
    let bytes = [...this.#opened.keys()].reduce((sum, part) => sum + this.#bytes(part), 0);
    for (const part of parts) {
      if (!this.#opened.has(part)) bytes += this.#bytes(part);
      if (bytes > this.#options.most) break;
      fitting.push(part);
    }
    await concurrently(fitting, openedAtOnce, async (part) => {
      await this.#open(part);
    });
  }

  #bytes(part: number): number {
    return this.#parts[part]?.diskBytes ?? 0;
  }

  #open(part: number): Promise<OpenedPart> {
    const before = this.#opened.get(part);
    if (before) return before;
    const opening = (this.#parts[part] as Part).open(this.#signal).then((opened) => {
      this.#counts.note(part, opened.paths.length);
      return opened;
    });
    this.#opened.set(part, opening);
    opening.catch(() => this.#opened.delete(part));
    return opening;
  }

  #closeAllBut(wanted: ReadonlySet<number>): void {
    for (const [part, opening] of this.#opened) {
      if (wanted.has(part)) continue;
      this.#opened.delete(part);
      opening.then(
        (opened) => opened.close(),
        () => {},
      );
    }
  }
}
