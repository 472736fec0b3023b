import { SharedLock } from './shared-lock.js';
import { loadSharp } from './sharp.js';

/** Larger images are not decoded: a few kilobytes can claim to be gigabytes. */
const maxPixels = 2 ** 27;
/**
 * So many files are decoded again for their reason: others wait meanwhile, and after a thousand
 * reasons few more are new.
 */
export const mostReasons = 1000;
const noReason = `could not be decoded; the reasons of the first ${mostReasons.toLocaleString('en')} such files are reported`;

const lock = new SharedLock();

/** An image, the colours of a pixel side by side. */
export interface Interleaved {
  /** Pixel by pixel, 0 to 255. */
  readonly data: Uint8Array;
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
}

/**
 * One image as interleaved RGB, or the reason why there is none. The decoder keeps one text of
 * errors for all images in hand: a file that fails beside others is decoded once more alone, so
 * that the reason is its own.
 *
 * @param side to bring it to; without it the image keeps its size
 * @param findReason whether to do so; where not, the reason is left open
 */
export async function decodeOne(
  input: string | Uint8Array,
  side: number | undefined,
  findReason: boolean,
): Promise<Interleaved | string> {
  const work = () => decode(input, side);
  const image = await lock.shared(work);
  if (typeof image !== 'string') return image;
  return findReason ? lock.exclusive(work) : noReason;
}

async function decode(input: string | Uint8Array, side: number | undefined): Promise<Interleaved | string> {
  const sharp = await loadSharp();
  try {
    const upright = sharp(input, { failOn: 'error', limitInputPixels: maxPixels })
      .autoOrient()
      .flatten({ background: '#ffffff' });
    const image = side === undefined ? upright : upright.resize(side, side, { fit: 'cover', position: 'centre' });
    const { data, info } = await image.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) return `${info.channels} channels after conversion to RGB`;
    return { data, width: info.width, height: info.height };
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
