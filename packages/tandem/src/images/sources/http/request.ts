import { maxFile } from '../formats.js';
import { type Patience, patience, pauseBefore } from './patience.js';

/** What a server gave. */
export interface Answer {
  /** Empty where nothing changed. */
  readonly bytes: Uint8Array;
  /** Names this version of it, where the server names versions. */
  readonly etag?: string;
  /** Whether what the caller has is what there is. */
  readonly isSame: boolean;
}

/** Why there is nothing: the server's word, or that there was none after all tries. */
export class NoAnswer extends Error {}

/** Answers after which asking again may help. */
const passing = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * All that a URL gives, of at most 256 MiB. What fails in passing is asked for again, after pauses
 * that grow; what was cut short is continued where it ended, if the server says that it is the same
 * still.
 *
 * @param known the version that the caller has
 * @throws NoAnswer where there is nothing to be had; the signal's reason
 */
export async function request(
  url: string,
  known?: string | undefined,
  signal?: AbortSignal,
  patient: Patience = patience,
): Promise<Answer> {
  const part = new Part();
  let reason = '';
  for (let attempt = 1; attempt <= patient.tries; attempt++) {
    signal?.throwIfAborted();
    const before = part.length;
    let wait: number | undefined;
    try {
      const answer = await once(url, known, part, patient.stall, signal);
      if ('bytes' in answer) return answer;
      ({ reason, wait } = answer);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof NoAnswer) throw error;
      reason = whyOf(error);
    }
    if (part.length > before) attempt = 0; // it moves on
    if (attempt < patient.tries) await pauseBefore(Math.max(attempt, 1), patient, wait, signal);
  }
  throw new NoAnswer(`${reason}, ${patient.tries} times`);
}

/** What has come of an answer that was cut short. */
class Part {
  chunks: Uint8Array[] = [];
  length = 0;
  /** Names the version that it is of. */
  etag: string | undefined;

  clear(): void {
    this.chunks = [];
    this.length = 0;
  }

  add(chunk: Uint8Array): void {
    this.chunks.push(chunk);
    this.length += chunk.length;
  }
}

async function once(
  url: string,
  known: string | undefined,
  part: Part,
  stall: number,
  signal: AbortSignal | undefined,
): Promise<Answer | { reason: string; wait: number | undefined }> {
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(new Error(`nothing came for ${stall / 1000} s`)), stall);
  try {
    const isRest = part.length > 0 && part.etag !== undefined && !part.etag.startsWith('W/');
    const response = await fetch(url, {
      headers: {
        'accept-encoding': 'identity',
        ...(isRest ? { range: `bytes=${part.length}-`, 'if-range': part.etag as string } : {}),
        ...(known !== undefined && !isRest ? { 'if-none-match': known } : {}),
      },
      signal: signal ? AbortSignal.any([signal, stalled.signal]) : stalled.signal,
    });
    if (response.status === 304) return { bytes: new Uint8Array(), isSame: true };
    if (!response.ok) return refused(response);
    if (response.status !== 206) part.clear();
    part.etag = response.headers.get('etag') ?? undefined;
    const length = Number(response.headers.get('content-length') ?? Number.NaN);
    const whole = part.length + length;
    if (whole > maxFile) throw new NoAnswer(`larger than ${maxFile / 2 ** 20} MiB`);
    for await (const chunk of response.body ?? []) {
      timer.refresh();
      part.add(chunk);
      if (part.length > maxFile) throw new NoAnswer(`larger than ${maxFile / 2 ** 20} MiB`);
    }
    if (part.length < whole) return { reason: 'cut short', wait: undefined };
    return { bytes: Buffer.concat(part.chunks), isSame: false, ...(part.etag !== undefined && { etag: part.etag }) };
  } finally {
    clearTimeout(timer);
  }
}

async function refused(response: Response): Promise<{ reason: string; wait: number | undefined }> {
  await response.body?.cancel();
  const reason = `HTTP ${response.status} ${response.statusText}`.trim();
  if (!passing.has(response.status)) throw new NoAnswer(reason);
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return { reason, wait: seconds >= 0 ? seconds * 1000 : undefined };
}

function whyOf(error: unknown): string {
  const cause = (error as { cause?: { code?: string; message?: string } }).cause;
  return cause?.code ?? cause?.message ?? (error as Error).message;
}
