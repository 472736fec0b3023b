import { UserError } from '../../errors.js';
import type { SkippedFile } from '../set/image-set.js';

/** A handful of bad files is no reason to refuse a small collection. */
const handful = 5;
/** Share of files that may be bad unless told otherwise. */
const defaultShare = 0.05;
/** Bad files that a message names. */
const filesNamed = 3;

/** More files than are tolerated could not be decoded; `skipped` are all of them. */
export class TooManySkippedError extends UserError {
  constructor(
    where: string,
    total: number,
    share: number,
    /** All of them, with the reason of each. */
    readonly skipped: readonly SkippedFile[],
  ) {
    const raise = skipped.length < total ? `, or allow more than maxSkipped=${share}` : '';
    super(
      `${where}: ${skipped.length} of ${total} images could not be decoded: ${firstOf(skipped)}. Repair or remove them${raise}`,
    );
  }
}

/** The first files with their reasons, for a message. */
export function firstOf(skipped: readonly SkippedFile[]): string {
  const named = skipped.slice(0, filesNamed).map(({ file, reason }) => `${file} (${reason})`);
  return `${named.join(', ')}${skipped.length > named.length ? ', ...' : ''}`;
}

/** Counts skipped files and names the first, for the user. */
export function skippedNote(skipped: readonly SkippedFile[]): string {
  const count = skipped.length === 1 ? '1 image' : `${skipped.length} images`;
  return `${count} could not be read, skipped: ${firstOf(skipped)}`;
}

/**
 * Ends what cannot continue with so few of its files.
 * @param share that may be bad, see `OpenOptions.maxSkippedShare`
 * @throws TooManySkippedError
 */
export function refuseTooMany(
  where: string,
  total: number,
  skipped: readonly SkippedFile[],
  share = defaultShare,
): void {
  const tolerated = share === 0 ? 0 : Math.max(share * total, Math.min(handful, total / 2));
  if (skipped.length <= tolerated && skipped.length < total) return;
  throw new TooManySkippedError(where, total, share, skipped);
}
