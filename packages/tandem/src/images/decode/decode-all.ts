/**
 * Bytes to pixels: one image (`decode-one.ts`), or all of a source at once into a store. `side.ts`
 * decides how large they come out, `skipped.ts` how many may fail. The room knows sources and
 * stores by their interfaces alone, and it alone knows sharp.
 */

import { concurrently } from '../concurrency.js';
import type { Pixels } from '../set/pixel-file.js';
import type { NewStore, Outcome, Store, Stored } from '../set/store.js';
import type { Source } from '../sources/source.js';
import { decodeImage } from './decode-image.js';
import { mostReasons } from './decode-one.js';
import type { Sides } from './side.js';

/**
 * Images in hand at once: enough to keep Node's four worker threads busy while the next ones are
 * made ready.
 */
const inFlight = 8;

/** How decoding is followed and stopped. */
export interface DecodeProgress {
  /** Called after each image, with how many are done. */
  readonly onDone?: (done: number) => void;
  /** Stops the work. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Decodes images to squares of one side, in parallel; planar, in the order asked for.
 *
 * Pictures are turned as their EXIF data say, brought to sRGB (gray as three equal channels),
 * laid over white where they are transparent; of an animation the first frame counts. The shorter
 * side is resized, then the centre is cut out.
 *
 * @param sides what they may come out at (`sidesOf`)
 * @throws UserError where the result would not fit
 */
export async function decodeAll<P extends Pixels>(
  source: Source,
  paths: readonly string[],
  { own, target, ...form }: Sides,
  newStore: NewStore<P>,
  progress: DecodeProgress,
): Promise<Stored<P>> {
  if (own !== target) {
    try {
      return await decodePass(source, paths, { side: own, ...form }, newStore, { ...progress, keepSize: true });
    } catch (error) {
      if (!(error instanceof SizesDiffer)) throw error;
    }
  }
  return decodePass(source, paths, { side: target, ...form }, newStore, { ...progress, keepSize: false });
}

/** The pass that keeps sizes met an image that is no square of the first one's side. */
class SizesDiffer extends Error {}

/** @param keepSize whether all images must have the side already, or are brought to it */
async function decodePass<P extends Pixels>(
  source: Source,
  paths: readonly string[],
  { side, format, range }: Pick<Sides, 'format' | 'range'> & { readonly side: number },
  newStore: NewStore<P>,
  { keepSize, onDone, signal }: DecodeProgress & { readonly keepSize: boolean },
): Promise<Stored<P>> {
  const reasons: (string | undefined)[] = new Array(paths.length).fill('not found again');
  let created: Promise<Store<P>> | undefined;
  let done = 0;
  let failed = 0;
  try {
    await concurrently(source.contents(paths, signal), inFlight, async (encoded) => {
      signal?.throwIfAborted();
      const { index } = encoded;
      const image =
        'reason' in encoded
          ? encoded.reason
          : await decodeImage(encoded, { format, range, side: keepSize ? undefined : side }, failed < mostReasons);
      if (typeof image === 'string') {
        reasons[index] = image;
        failed++;
      } else {
        if (image.width !== side || image.height !== side) throw new SizesDiffer();
        created ??= newStore(paths.length, format, side);
        const store = await created;
        store.write(index, image.write);
        reasons[index] = undefined;
      }
      onDone?.(++done);
    });
    signal?.throwIfAborted();
    const store = await (created ?? newStore(0, format, 1));
    return await store.finish({ side, ...outcomeOf(paths, reasons) });
  } catch (error) {
    await created?.then(
      (store) => store.discard(),
      () => undefined,
    );
    throw error;
  }
}

/** @param reasons why each file has no image; undefined for those that have one */
function outcomeOf(paths: readonly string[], reasons: readonly (string | undefined)[]): Omit<Outcome, 'side'> {
  const kept = [...paths.keys()].filter((i) => reasons[i] === undefined);
  const skipped = [...paths.entries()].flatMap(([i, file]) => {
    const reason = reasons[i];
    return reason === undefined ? [] : [{ file, reason }];
  });
  return { kept, skipped };
}
