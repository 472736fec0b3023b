import { permutation, stream } from '../random.js';

/** The purpose of a run's seed here, so that masks share no draws with anything else. */
const purpose = 0x6d61_736b;

/** Which patches of a batch are masked. */
export interface Masking {
  /** Images in a batch, those that may be masked. */
  readonly images: number;
  /** Patches along a side. */
  readonly side: number;
  /** The share of images that have masked patches. */
  readonly share: number;
  /** The least and the greatest share of an image's patches; images lie evenly between. */
  readonly ratios: readonly [least: number, greatest: number];
}

/**
 * How many patches of each masked image are masked, from few to many. Their sum is the same at
 * every step; where the share of images is above 0 there is at least one.
 */
export function maskedCounts({ images, side, share, ratios: [least, greatest] }: Masking): number[] {
  const masked = Math.max(Math.floor(images * share), share > 0 ? 1 : 0);
  const patches = side ** 2;
  return Array.from({ length: masked }, (_, i) => {
    const ratio = least + ((greatest - least) * (i + 1)) / masked;
    return Math.min(Math.max(Math.floor(patches * ratio), 1), patches);
  });
}

/**
 * Places of the masked patches of a batch, image by image: numbers below images side^2, always as
 * many. Which images they are of, and where they lie in them, is drawn: rectangles until there are
 * enough, as in BEiT (Bao et al., 2022), and as many as are wanted of the last one.
 */
export function maskedPlaces(masking: Masking, seed: number, step: number): Int32Array {
  const { images, side } = masking;
  const random = stream(seed, purpose, step, 0);
  const order = permutation(images, seed, purpose, step, 1);
  const chosen = maskedCounts(masking).map((count, i) => ({ image: order[i] as number, count }));
  const places = chosen
    .sort((a, b) => a.image - b.image)
    .flatMap(({ image, count }) =>
      rectangles(side, count, (below) => random.below(below)).map((place) => image * side ** 2 + place),
    );
  return Int32Array.from(places);
}

type Draw = (below: number) => number;

/** `count` places of a square, in order, that rectangles cover. */
function rectangles(side: number, count: number, draw: Draw): number[] {
  const covered = new Set<number>();
  while (covered.size < count) {
    const wanted = count - covered.size;
    // A side between a third and three times the other, and no larger than what is wanted.
    const height = 1 + draw(Math.min(side, Math.max(1, Math.ceil(Math.sqrt(3 * wanted)))));
    const width = Math.min(side, Math.max(1, Math.round(Math.min(wanted / height, 3 * height))));
    const [top, left] = [draw(side - height + 1), draw(side - width + 1)];
    for (let y = top; y < top + height; y++) {
      for (let x = left; x < left + width && covered.size < count; x++) covered.add(y * side + x);
    }
  }
  return [...covered].sort((a, b) => a - b);
}
