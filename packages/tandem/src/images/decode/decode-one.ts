import { identify } from './content.js';
import { planarImage } from './picture.js';
import type { Decoding, PlanarImage } from './pixels.js';
import { readableOf } from './readable.js';
import { SharedLock } from './shared-lock.js';

/**
 * So many files are decoded again for their reason: others wait meanwhile, and after a thousand
 * reasons few more are new.
 */
export const mostReasons = 1000;
const noReason = `could not be decoded; the reasons of the first ${mostReasons.toLocaleString('en')} such files are reported`;

const lock = new SharedLock();

/**
 * One image as planes, or the reason why there is none. The decoder keeps one text of errors for
 * all images in hand: a file that fails beside others is decoded once more alone, so that the
 * reason is its own.
 *
 * @param findReason whether to do so; where not, the reason is left open
 */
export async function decodeOne(
  input: string | Uint8Array,
  decoding: Decoding,
  findReason: boolean,
): Promise<PlanarImage | string> {
  const work = () => decode(input, decoding);
  const image = await lock.shared(work);
  if (typeof image !== 'string') return image;
  return findReason ? lock.exclusive(work) : noReason;
}

async function decode(input: string | Uint8Array, decoding: Decoding): Promise<PlanarImage | string> {
  try {
    const file = await identify(input);
    if (typeof file === 'string') return file;
    const readable = await readableOf(file, decoding.range);
    return typeof readable === 'string' ? readable : await planarImage(readable, decoding);
  } catch (error) {
    return oneLine(error);
  }
}

/**
 * The decoder reports the course of a failure over several lines; the last one says what it was.
 */
function oneLine(error: unknown): string {
  const lines = (error instanceof Error ? error.message : String(error)).split('\n').map((line) => line.trim());
  return lines.filter((line) => /[a-z]/i.test(line)).at(-1) ?? 'could not be decoded';
}
