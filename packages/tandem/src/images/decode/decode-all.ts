import type { Skipped } from '../set/image-set.js';
import type { NewStore, Store, Stored } from '../set/store.js';
import type { Source } from '../sources/source.js';
import { withSeveral } from './concurrency.js';
import { decodeOne, MOST_REASONS } from './decode-one.js';
import { decoder } from './sharp.js';
import { toPlanes } from './to-planar.js';

/**
 * Images in hand at once: enough to keep Node's four worker threads busy while the next ones are
 * made ready.
 */
const IN_FLIGHT = 8;
/** Square images up to this side are kept as they are, in pixels. */
const LARGEST_KEPT = 128;
/** Side that other images are brought to, in pixels. */
const DEFAULT_SIDE = 96;

export interface DecodeOptions {
  /**
   * Side to bring every image to; without it 96, unless all are squares of one side of 128 or less.
   */
  readonly size?: number | undefined;
  /** See `OpenOptions.margin`. */
  readonly margin?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onDone?: (done: number) => void;
}

/** The side that images are brought to, where they do not all keep theirs. */
export function targetSide({ size, margin = 1 }: DecodeOptions): number {
  return sideFor(size ?? DEFAULT_SIDE, margin);
}

/** The side of images that crops of `size` are taken from. */
export function sideFor(size: number, margin: number): number {
  return Math.ceil(size * margin);
}

/** The side of views that suits decoded images of `side`. */
export function viewSize(side: number, { size, margin = 1 }: DecodeOptions): number {
  return size ?? (side === sideFor(DEFAULT_SIDE, margin) ? DEFAULT_SIDE : side);
}

/**
 * Decodes image files to squares of one side, in parallel; planar RGB, in the order asked for.
 *
 * Images are turned as their EXIF data say, brought to 8-bit sRGB (grey as three equal channels),
 * laid over white where they are transparent; of an animation the first frame counts. The shorter
 * side is resized to the working size, then the centre is cut out.
 *
 * @param likely the side that they keep if all have it (`likelySide`, or `sideOf` one of them)
 * @throws UserError where the result would not fit
 */
export async function decodeAll(
  source: Source,
  paths: readonly string[],
  likely: number,
  newStore: NewStore,
  options: DecodeOptions,
): Promise<Stored> {
  const side = targetSide(options);
  if (likely !== side) {
    try {
      return await decodePass(source, paths, newStore, { own: likely }, options);
    } catch (error) {
      if (!(error instanceof SizesDiffer)) throw error;
    }
  }
  return decodePass(source, paths, newStore, { side }, options);
}

/**
 * The side that all images come out at if they are like the first that can be decoded, and so the
 * only one but `targetSide` that they may come out at: which of them is looked at changes nothing.
 */
export async function likelySide(source: Source, paths: readonly string[], options: DecodeOptions): Promise<number> {
  if (largestOwn(options) > 0) {
    for await (const content of source.contents(paths, options.signal)) {
      const side = 'reason' in content ? undefined : await sideOf(content.input, options);
      // A header may be readable, and the rest not: what will be skipped decides nothing.
      if ('input' in content && side !== undefined && (await isWhole(content.input))) return side;
    }
  }
  return targetSide(options);
}

/**
 * The side that an image comes out at by itself: its own where it is a small square; undefined
 * where its header cannot be read.
 */
export async function sideOf(input: string | Uint8Array, options: DecodeOptions): Promise<number | undefined> {
  const sharp = await decoder();
  const header = await sharp(input)
    .metadata()
    .catch(() => undefined);
  if (!header) return undefined;
  const { width, height } = header;
  return width === height && width <= largestOwn(options) ? width : targetSide(options);
}

/** The largest square that is left as it is; 0 where all images are brought to one side. */
function largestOwn({ size, margin = 1 }: DecodeOptions): number {
  if (size === undefined) return LARGEST_KEPT;
  return margin > 1 ? Math.min(sideFor(size, margin), LARGEST_KEPT) : 0;
}

async function isWhole(input: string | Uint8Array): Promise<boolean> {
  return typeof (await decodeOne(input, 1, false)) !== 'string';
}

/** The pass that keeps sizes met an image that is no square of the first one's side. */
class SizesDiffer extends Error {}

/** The side to bring images to, or the one that all must have already. */
type Target = { readonly side: number; readonly own?: undefined } | { readonly side?: undefined; readonly own: number };

async function decodePass(
  source: Source,
  paths: readonly string[],
  newStore: NewStore,
  target: Target,
  { signal, onDone }: DecodeOptions,
): Promise<Stored> {
  const reasons: (string | undefined)[] = new Array(paths.length).fill('not found again');
  const side = target.side ?? target.own;
  let made: Promise<Store> | undefined;
  let done = 0;
  let failed = 0;
  try {
    await withSeveral(source.contents(paths, signal), IN_FLIGHT, async (encoded) => {
      signal?.throwIfAborted();
      const { index } = encoded;
      const image =
        'reason' in encoded ? encoded.reason : await decodeOne(encoded.input, target.side, failed < MOST_REASONS);
      if (typeof image === 'string') {
        reasons[index] = image;
        failed++;
      } else {
        if (image.width !== side || image.height !== side) throw new SizesDiffer();
        made ??= newStore(paths.length, 3, side);
        const store = await made;
        store.write(index, (to, start) => toPlanes(image.data, to, start));
        reasons[index] = undefined;
      }
      onDone?.(++done);
    });
    signal?.throwIfAborted();
    const store = await (made ?? newStore(0, 3, 1));
    const kept = [...paths.keys()].filter((i) => reasons[i] === undefined);
    const skipped: Skipped[] = [...paths.entries()].flatMap(([i, file]) => {
      const reason = reasons[i];
      return reason === undefined ? [] : [{ file, reason }];
    });
    return await store.finish({ side, kept, skipped });
  } catch (error) {
    await made?.then(
      (store) => store.discard(),
      () => undefined,
    );
    throw error;
  }
}
