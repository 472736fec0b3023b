import { didYouMean, UsageError } from '../../errors.js';
import { largestFloat32 } from '../../math.js';

/** What commander calls with an option's text. */
type Parser<T> = (text: string) => T;

/** Reads a whole number of at least `least`; the parser throws UsageError for others. */
export function wholeNumber(name: string, least = 1): Parser<number> {
  return (text) => {
    if (/^\d+$/.test(text) && Number(text) >= least && Number.isSafeInteger(Number(text))) return Number(text);
    throw new UsageError(`${name} must be a whole number of at least ${least}, got ${text}`);
  };
}

/** Reads a number above 0; the parser throws UsageError for others. */
export function aboveZero(name: string): Parser<number> {
  return (text) => {
    if (Number(text) > 0 && Number.isFinite(Number(text))) return notTooLarge(name, text);
    throw new UsageError(`${name} must be a number above 0, got ${text}`);
  };
}

/** Reads a number of at least 0; the parser throws UsageError for others. */
export function notNegative(name: string): Parser<number> {
  return (text) => {
    if (text.trim() !== '' && Number(text) >= 0 && Number.isFinite(Number(text))) return notTooLarge(name, text);
    throw new UsageError(`${name} must be a number of at least 0, got ${text}`);
  };
}

function notTooLarge(name: string, text: string): number {
  if (Number(text) <= largestFloat32) return Number(text);
  throw new UsageError(`${name} must be at most 3.4e38, the largest number of float32, got ${text}`);
}

/**
 * Reads a time such as `90s`, `20m`, `2h` or `1h30m`, in seconds; the parser throws UsageError for
 * others.
 */
export function timeSpan(name: string): Parser<number> {
  return (text) => {
    const parts = /^(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?$/.exec(text) ?? [];
    const [hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0));
    const all = 3600 * hours + 60 * minutes + seconds;
    if (all > 0) return all;
    throw new UsageError(`${name} must be a time such as 90s, 20m or 2h, got ${text || 'nothing'}`);
  };
}

/** Reads a share from 0 to 1; the parser throws UsageError for others. */
export function share(name: string): Parser<number> {
  return (text) => {
    if (text.trim() !== '' && Number(text) >= 0 && Number(text) <= 1) return Number(text);
    throw new UsageError(`${name} must be a share from 0 to 1, got ${text || 'nothing'}`);
  };
}

/** Numbers above 0 with commas between. */
export function numberList(name: string): Parser<number[]> {
  return (text) => text.split(',').map(aboveZero(name));
}

/** Reads one of some words; the parser throws UsageError for others, with the nearest. */
export function oneOf<T extends string>(name: string, words: readonly T[]): Parser<T> {
  return (text) => {
    const found = words.find((word) => word === text);
    if (found !== undefined) return found;
    throw new UsageError(`${name} must be ${words.join(', ')}, got ${text}.${didYouMean(text, words)}`);
  };
}
