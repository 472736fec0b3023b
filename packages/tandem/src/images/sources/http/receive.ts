import { addressed, type Place } from './address.js';
import { type Patience, patience, pauseBefore } from './patience.js';

/** Why there is nothing: the server's word, or that there was none after all tries. */
export class NoAnswer extends Error {}

/** Something is another than it was. */
export class Changed extends NoAnswer {}

/** Where what comes is put: in memory, or in a file that a later process continues. */
export interface Sink {
  /** Bytes that are there. */
  readonly length: number;
  /** Names the version that they are of, where the server names versions. */
  readonly version: string | undefined;
  /** Forgets all bytes: those that come are of this version. */
  begin(version: string | undefined): void;
  add(chunk: Uint8Array): void;
}

/** How something is asked for. */
export interface Receiving {
  /** The version that the caller has: it is not sent again. */
  readonly known?: string | undefined;
  /** The version that it must be, and its bytes. */
  readonly expected?: { readonly version: string; readonly size: number } | undefined;
  /** Most bytes that are taken. */
  readonly most?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly patient?: Patience | undefined;
  /** Told of bytes as they come. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
  /** Told why it is asked for again. */
  readonly onRetry?: ((reason: string) => void) | undefined;
}

/** Why a try gave nothing, and how long the server asks to wait; milliseconds. */
export interface Refusal {
  readonly reason: string;
  readonly wait: number | undefined;
}

/**
 * All that an address gives. What fails in passing is asked for again, after pauses that grow; what
 * was cut short is continued where it ended, if the server says that it is the same still.
 *
 * @returns whether what the caller has is what there is, and nothing was sent
 * @throws NoAnswer where there is nothing to be had, Changed where it is not what was expected; the
 * signal's reason
 */
export async function receive(place: Place, sink: Sink, how: Receiving = {}): Promise<'whole' | 'same'> {
  return persistently(
    () => once(place, sink, how),
    how,
    () => sink.length,
  );
}

/**
 * Tries until there is an answer, as long as tries bring something.
 *
 * @param moved grows while it moves on: only tries that bring nothing count
 */
export async function persistently<T>(
  work: () => Promise<T | Refusal>,
  { signal, patient = patience, onRetry }: Pick<Receiving, 'signal' | 'patient' | 'onRetry'>,
  moved: () => number = () => 0,
): Promise<T> {
  let reason = '';
  for (let attempt = 1; attempt <= patient.tries; attempt++) {
    signal?.throwIfAborted();
    const before = moved();
    let wait: number | undefined;
    try {
      const answer = await work();
      if (!isRefusal(answer)) return answer;
      ({ reason, wait } = answer);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof NoAnswer || isOfTheDisk(error)) throw error;
      reason = whyOf(error);
    }
    if (moved() > before) attempt = 0; // it moves on
    onRetry?.(reason);
    if (attempt < patient.tries) await pauseBefore(Math.max(attempt, 1), patient, wait, signal);
  }
  throw new NoAnswer(`${reason}, ${patient.tries} times`);
}

function isRefusal(answer: unknown): answer is Refusal {
  return typeof answer === 'object' && answer !== null && 'reason' in answer && 'wait' in answer;
}

async function once(place: Place, sink: Sink, how: Receiving): Promise<'whole' | 'same' | Refusal> {
  const { known, expected, most = Number.POSITIVE_INFINITY, signal, patient = patience, onBytes } = how;
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(new Error(`nothing came for ${patient.stall / 1000} s`)), patient.stall);
  try {
    const isRest = sink.length > 0 && isStrong(sink.version);
    const { url, headers } = await addressed(place, {
      'accept-encoding': 'identity',
      ...(isRest ? { range: `bytes=${sink.length}-`, 'if-range': sink.version as string } : {}),
      ...(known !== undefined && !isRest ? { 'if-none-match': known } : {}),
    });
    const response = await fetch(url, {
      headers,
      signal: signal ? AbortSignal.any([signal, stalled.signal]) : stalled.signal,
    });
    if (response.status === 304) return 'same';
    if (!response.ok) return await refused(response);
    const version = versionOf(response);
    const isContinued = response.status === 206 && (startOf(response) ?? sink.length) === sink.length;
    const length = Number(response.headers.get('content-length') ?? Number.NaN);
    const whole = (isContinued ? sink.length : 0) + length;
    if (expected) await checkVersion(response, expected, version, whole);
    if (!isContinued) sink.begin(version);
    if (whole > most) throw await tooLarge(response, most);
    for await (const chunk of response.body ?? []) {
      timer.refresh();
      sink.add(chunk);
      onBytes?.(chunk.length);
      if (sink.length > most) throw await tooLarge(response, most);
    }
    return sink.length < whole ? { reason: 'cut short', wait: undefined } : 'whole';
  } finally {
    clearTimeout(timer);
  }
}

/** Of a weak one, or of a time, two that are alike may be of different bytes. */
function isStrong(version: string | undefined): boolean {
  return version?.startsWith('"') === true;
}

/** What names the version of an answer: its ETag or, where there is none, when it was changed. */
export function versionOf({ headers }: Response): string | undefined {
  return headers.get('etag') ?? headers.get('last-modified') ?? undefined;
}

/** Where an answer begins; undefined where the server does not say: then where it was asked to. */
function startOf({ headers }: Response): number | undefined {
  const start = /^bytes (\d+)-/.exec(headers.get('content-range') ?? '')?.[1];
  return start === undefined ? undefined : Number(start);
}

async function checkVersion(
  response: Response,
  expected: { readonly version: string; readonly size: number },
  version: string | undefined,
  whole: number,
): Promise<void> {
  const isOther = (version ?? '') !== expected.version || (whole >= 0 && whole !== expected.size);
  if (!isOther) return;
  await discard(response);
  throw new Changed(
    `changed meanwhile: it was ${expected.version || 'of no version'} of ${expected.size} bytes, and is ${version ?? 'of no version'} of ${whole}`,
  );
}

async function tooLarge(response: Response, most: number): Promise<NoAnswer> {
  await discard(response);
  return new NoAnswer(`larger than ${most / 2 ** 20} MiB`);
}

async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {});
}

/** Answers after which asking again may help. */
const passing = new Set([408, 425, 429, 500, 502, 503, 504]);

/** @throws NoAnswer where asking again is of no use */
export async function refused(response: Response): Promise<Refusal> {
  await discard(response);
  const reason = `HTTP ${response.status} ${response.statusText}`.trim();
  if (!passing.has(response.status)) throw new NoAnswer(reason);
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return { reason, wait: seconds >= 0 ? seconds * 1000 : undefined };
}

/** What a full or unwritable disk says; asking again does not help. */
function isOfTheDisk(error: unknown): boolean {
  const { syscall = '' } = error as NodeJS.ErrnoException;
  return syscall === 'open' || syscall === 'write';
}

function whyOf(error: unknown): string {
  const cause = (error as { cause?: { code?: string; message?: string } }).cause;
  return cause?.code ?? cause?.message ?? (error as Error).message;
}
