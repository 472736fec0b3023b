import { maxFile } from '../formats.js';
import type { Place } from './address.js';
import type { Patience } from './patience.js';
import { receive, type Sink } from './receive.js';

export { NoAnswer } from './receive.js';

/** What a server gave. */
export interface Answer {
  /** Empty where nothing changed. */
  readonly bytes: Uint8Array;
  /** Names this version of it, where the server names versions. */
  readonly etag?: string;
  /** Whether what the caller has is what there is. */
  readonly isSame: boolean;
}

/**
 * All that a URL gives, of at most 256 MiB, in memory.
 *
 * @param known the version that the caller has
 * @throws NoAnswer where there is nothing to be had; the signal's reason
 */
export async function request(
  url: Place,
  known?: string | undefined,
  signal?: AbortSignal,
  patient?: Patience,
): Promise<Answer> {
  const sink = new Memory();
  const outcome = await receive(url, sink, { known, most: maxFile, signal, patient });
  if (outcome === 'same') return { bytes: new Uint8Array(), isSame: true };
  const { version } = sink;
  return { bytes: Buffer.concat(sink.chunks), isSame: false, ...(version !== undefined && { etag: version }) };
}

/** What came so far, in memory. */
class Memory implements Sink {
  chunks: Uint8Array[] = [];
  length = 0;
  version: string | undefined;

  begin(version: string | undefined): void {
    this.chunks = [];
    this.length = 0;
    this.version = version;
  }

  add(chunk: Uint8Array): void {
    this.chunks.push(chunk);
    this.length += chunk.length;
  }
}
