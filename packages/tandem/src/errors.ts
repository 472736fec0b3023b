import { distance } from 'fastest-levenshtein';

/**
 * Something the user can put right. The message is one clear line: what is wrong, where, and the
 * nearest right thing. The command line prints it without a stack and exits with `exitCode`.
 */
export class UserError extends Error {
  /** Of its class; `instanceof UserError` tells all of them. */
  override readonly name: string = 'UserError';
  /** Of the command line: 1, or 2 where the command itself was wrong. */
  readonly exitCode: number = 1;
}

/** The command was called wrongly: an unknown flag, key or value. */
export class UsageError extends UserError {
  override readonly name: string = 'UsageError';
  override readonly exitCode: number = 2;
}

/** What is longer is near to nothing, and would take long to compare. */
const longestWord = 200;

/**
 * The candidate closest to `word`, or undefined where none is near. Near means that a third of the
 * letters differ at most, or that `word` (of four letters or more) is how the candidate begins,
 * give or take a quarter. Case does not count, and numbers compare as numbers: `resnet19` is nearer
 * to `resnet18` than to `resnet10`. The first of several equally close wins.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > longestWord) return undefined;
  const wanted = word.toLowerCase();
  let best: string | undefined;
  let bestScore = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const score = unlikeness(wanted, candidate.toLowerCase());
    if (score < bestScore) {
      best = candidate;
      bestScore = score;
    }
  }
  return best;
}

function unlikeness(wanted: string, other: string): number {
  const digits = wanted.match(number) ?? [];
  const otherDigits = other.match(number) ?? [];
  if (digits.length === 0 || digits.length !== otherDigits.length) return lettersApart(wanted, other);
  const gaps = digits.map((text, i) => Math.abs(Number(text) - Number(otherDigits[i])));
  const gap = gaps.reduce((sum, one) => sum + one, 0);
  // Below one, so that numbers decide among names whose letters are equally close.
  return lettersApart(wanted.replace(number, '0'), other.replace(number, '0')) + gap / (1 + gap);
}

const number = /\d+/g;

function lettersApart(wanted: string, other: string): number {
  const whole = distance(wanted, other);
  if (whole <= Math.max(1, Math.floor(Math.max(wanted.length, other.length) / 3))) return whole;
  if (wanted.length < 4) return Number.POSITIVE_INFINITY;
  const begins = Math.min(...[-1, 0, 1].map((more) => distance(wanted, other.slice(0, wanted.length + more))));
  // A whole name that is one letter off comes first: `epoch` means `epochs` before `epochMode`.
  return begins <= Math.floor(wanted.length / 4) ? begins + 1.5 : Number.POSITIVE_INFINITY;
}

/**
 * `" Did you mean 'x'?"` for the end of a message, or an empty string where no candidate is near.
 */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const guess = nearest(word, candidates);
  return guess === undefined ? '' : ` Did you mean '${guess}'?`;
}

/**
 * A value as it may stand in a message of one line, whatever it is: short, and without control
 * characters.
 */
export function shown(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  return typeof value === 'string' ? JSON.stringify(shortened(value)) : String(value);
}

/** A name as it was written, if it is short and plain. */
export function shownName(name: string): string {
  return /^[\x20-\x7e]{0,80}$/.test(name) ? `'${name}'` : JSON.stringify(shortened(name));
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}

/** As a shell takes it for one word. */
export function shellWord(path: string): string {
  return /^[\w./:@%+,=-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/** A number of bytes as messages tell it. */
export function shownBytes(n: number): string {
  return n < 2 ** 30 ? `${(n / 2 ** 20).toFixed(1)} MiB` : `${(n / 2 ** 30).toFixed(2)} GiB`;
}

/** A time as messages tell it: `75` seconds as `1m15s`. */
export function shownDuration(seconds: number): string {
  const s = Math.round(seconds);
  if (s < 60) return `${s}s`;
  if (s < 3600) return `${Math.floor(s / 60)}m${String(s % 60).padStart(2, '0')}s`;
  return `${Math.floor(s / 3600)}h${String(Math.floor((s % 3600) / 60)).padStart(2, '0')}m`;
}
