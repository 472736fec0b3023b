import { stream } from '../random.js';
import { drawBox } from './crop.js';
import { checkView, type ImageShape, type Jitter, type View } from './view.js';

/** What the random numbers of a view depend on, beside the image's index. */
export interface ViewKey {
  /** Of the run: a whole number from 0 to 2^53 - 1. */
  readonly seed: number;
  /** How many times the images have been drawn before: the epoch. */
  readonly draw: number;
  /** Which of the views of an image this is. */
  readonly view: number;
}

/** The four operations of the colour jitter, as numbered in `order`. */
export const operations = ['brightness', 'contrast', 'saturation', 'hue'] as const;

/** What happens to each image of a batch: element i of every array belongs to image i. */
export interface ViewParameters {
  /** How many images. */
  readonly count: number;
  /** The crop, in pixels of the image. */
  readonly top: Int32Array;
  readonly left: Int32Array;
  readonly height: Int32Array;
  readonly width: Int32Array;
  /** 1 where the image is flipped left to right. */
  readonly flip: Uint8Array;
  /** Four numbers of `operations` for each image: the order in which they are done. */
  readonly order: Uint8Array;
  /** Factors; 1 leaves the image exactly as it is. */
  readonly brightness: Float32Array;
  readonly contrast: Float32Array;
  readonly saturation: Float32Array;
  /** Turns; 0 leaves the image exactly as it is. */
  readonly hue: Float32Array;
  /** 1 where the image becomes gray. */
  readonly gray: Uint8Array;
  /** Of the blur, in pixels of the view; 0 for none. */
  readonly sigma: Float32Array;
  /** 1 where values from 0.5 on are inverted. */
  readonly solarize: Uint8Array;
  /** 1 where the image is mirrored top to bottom. */
  readonly flipVertical: Uint8Array;
  /** Right angles, counter-clockwise, 0 to 3. */
  readonly quarters: Uint8Array;
  /** Degrees, counter-clockwise, after the right angles. */
  readonly angle: Float32Array;
  /** Of the images in their set; what steps of one's own draw depends on them. */
  readonly indices: Uint32Array;
  /** What all was drawn from; null where nothing is left to chance, and steps are left out. */
  readonly key: ViewKey | null;
}

/** Parameters that leave everything as it is: the whole image, unchanged. */
export function plainParameters(images: ImageShape, count: number): ViewParameters {
  return {
    count,
    top: new Int32Array(count),
    left: new Int32Array(count),
    height: new Int32Array(count).fill(images.height),
    width: new Int32Array(count).fill(images.width),
    flip: new Uint8Array(count),
    order: Uint8Array.from({ length: 4 * count }, (_, i) => i % 4),
    brightness: new Float32Array(count).fill(1),
    contrast: new Float32Array(count).fill(1),
    saturation: new Float32Array(count).fill(1),
    hue: new Float32Array(count),
    gray: new Uint8Array(count),
    sigma: new Float32Array(count),
    solarize: new Uint8Array(count),
    flipVertical: new Uint8Array(count),
    quarters: new Uint8Array(count),
    angle: new Float32Array(count),
    indices: new Uint32Array(count),
    key: null,
  };
}

/** Those of `count` images from image `from` on, as windows of the same arrays. */
export function partOf(parameters: ViewParameters, from: number, count: number): ViewParameters {
  if (from === 0 && count === parameters.count) return parameters;
  const { order, key, ...others } = parameters;
  const part: Record<string, unknown> = { count, key, order: order.subarray(4 * from, 4 * (from + count)) };
  for (const [name, array] of Object.entries(others)) {
    if (typeof array !== 'number') part[name] = array.subarray(from, from + count);
  }
  return part as unknown as ViewParameters;
}

/**
 * The purpose of a run's seed here, plus the view's number: so that views share no draws with
 * anything else.
 */
const views = 0x7669_6577;

/** The 24 orders of four operations. */
const orders = [0, 1, 2, 3].flatMap((a) =>
  [0, 1, 2, 3].flatMap((b) =>
    [0, 1, 2, 3].filter((c) => a !== b && a !== c && b !== c).map((c) => Uint8Array.of(a, b, c, 6 - a - b - c)),
  ),
);

/**
 * Draws what is to happen to each image: a function of the key and the image's index alone,
 * whatever else is in the batch. Every setting has random words of its own, so changing one leaves
 * the draws for the others as they were.
 *
 * @param indices of the images in their set
 * @throws UserError where the view does not suit the images; RangeError for a seed or number that
 * is not whole
 */
export function drawParameters(view: View, images: ImageShape, key: ViewKey, indices: Uint32Array): ViewParameters {
  checkView(view, images.channels);
  const drawn = { ...plainParameters(images, indices.length), indices, key };
  drawTurns(view, key, drawn);
  for (let i = 0; i < indices.length; i++) {
    const random = stream(key.seed, views + key.view, key.draw, indices[i] as number);
    drawn.flip[i] = Number(random.next() < view.flip);
    drawn.gray[i] = Number(random.next() < view.gray);
    drawn.solarize[i] = Number(random.next() < view.solarize);
    const blur = random.next();
    const sigma = random.next();
    if (view.blur && blur < view.blur.p) {
      const [low, high] = view.blur.sigma;
      drawn.sigma[i] = low + (high - low) * sigma;
    }
    const jitter = random.next();
    const jittered = view.jitter && jitter < view.jitter.p ? view.jitter : still;
    drawn.brightness[i] = factor(jittered.brightness, random.next());
    drawn.contrast[i] = factor(jittered.contrast, random.next());
    drawn.saturation[i] = factor(jittered.saturation, random.next());
    drawn.hue[i] = jittered.hue * (2 * random.next() - 1);
    drawn.order.set(orders[random.below(24)] as Uint8Array, 4 * i);
    if (view.crop) {
      // Last, because it takes more or fewer words.
      const box = drawBox(random, view.crop, images.height, images.width);
      drawn.top[i] = box.top;
      drawn.left[i] = box.left;
      drawn.height[i] = box.height;
      drawn.width[i] = box.width;
    }
  }
  return drawn;
}

/** The purpose of a run's seed for turns, plus the view's number. */
const turns = 0x7475_726e;

/** From a stream of their own, so that views without turns draw what they always drew. */
function drawTurns({ flipVertical = 0, quarterTurns = 0, rotate }: View, key: ViewKey, drawn: ViewParameters): void {
  if (flipVertical === 0 && quarterTurns === 0 && !rotate) return;
  for (const [i, index] of drawn.indices.entries()) {
    const random = stream(key.seed, turns + key.view, key.draw, index);
    drawn.flipVertical[i] = Number(random.next() < flipVertical);
    const [isTurned, quarters] = [random.next() < quarterTurns, 1 + random.below(3)];
    if (isTurned) drawn.quarters[i] = quarters;
    const [chance, share] = [random.next(), random.next()];
    if (rotate && chance < rotate.p)
      drawn.angle[i] = rotate.degrees[0] + (rotate.degrees[1] - rotate.degrees[0]) * share;
  }
}

const still: Jitter = { p: 0, brightness: 0, contrast: 0, saturation: 0, hue: 0 };

/** Strength 0 gives 1 exactly. */
function factor(strength: number, uniform: number): number {
  const low = Math.max(0, 1 - strength);
  return low + (1 + strength - low) * uniform;
}
