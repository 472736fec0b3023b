import { didYouMean, shownName, UserError } from '../errors.js';
import type { PixelFormat } from '../images/index.js';
import { type Normalisation, normalisationOf } from './normalisation.js';
import type { ViewStep } from './steps/definition.js';
import { type Interpolation, interpolations } from './taps.js';

/** A closed interval. */
export type Range = readonly [low: number, high: number];

/** How strongly colours are jittered, as torchvision's ColorJitter takes it. */
export interface Jitter {
  /** How likely an image is jittered at all. */
  readonly p: number;
  /** Factors are drawn from [max(0, 1 - strength), 1 + strength]. */
  readonly brightness: number;
  /** As for brightness: the distance to the mean gray of the image is multiplied. */
  readonly contrast: number;
  /** As for brightness: the distance to the gray image is multiplied. */
  readonly saturation: number;
  /** The hue is turned by [-hue, hue] turns; at most 0.5. */
  readonly hue: number;
}

/**
 * How one view of an image is made; in this order. Every `p` and plain number but `size` is a
 * probability.
 */
export interface View extends Normalisation {
  /** Side of the view in pixels. */
  readonly size: number;
  /**
   * RandomResizedCrop: share of the area, and width over height. null: the whole image is resized
   * to `size`.
   */
  readonly crop: { readonly scale: Range; readonly ratio: Range } | null;
  /** How the crop is resized; antialiased where it shrinks. */
  readonly interpolation: Interpolation;
  /** How likely it is mirrored, left to right. */
  readonly flip: number;
  /** Colour jitter; null for none. */
  readonly jitter: Jitter | null;
  /** How likely it becomes gray. */
  readonly gray: number;
  /** Gaussian blur with a kernel of about a tenth of the side; `sigma` in pixels of the view. */
  readonly blur: { readonly p: number; readonly sigma: Range } | null;
  /** How likely values above a half are inverted. */
  readonly solarize: number;
  /** How likely it is mirrored, top to bottom; absent for never, as the two below. */
  readonly flipVertical?: number;
  /** How likely it is turned by 90, 180 or 270 degrees, each as likely as the others. */
  readonly quarterTurns?: number;
  /**
   * Turned counter-clockwise by degrees from this range, bilinear; what comes in from outside is
   * black. After the crop and the other turns.
   */
  readonly rotate?: { readonly p: number; readonly degrees: Range } | null;
  /** Steps of one's own, each after what it says. */
  readonly steps?: readonly ViewStep[];
}

/** All settings of a view, and of their parts. */
const settings: Readonly<Record<string, readonly string[]>> = {
  view: [
    ...['size', 'crop', 'interpolation', 'flip', 'jitter', 'gray', 'blur', 'solarize', 'mean', 'std'],
    ...['flipVertical', 'quarterTurns', 'rotate', 'steps'],
  ],
  crop: ['scale', 'ratio'],
  jitter: ['p', 'brightness', 'contrast', 'saturation', 'hue'],
  blur: ['p', 'sigma'],
  rotate: ['p', 'degrees'],
};

/** @throws UserError for a setting that there is not, with the nearest */
export function checkNames(view: Partial<Record<keyof View, unknown>>): void {
  const parts = { view, crop: view.crop, jitter: view.jitter, blur: view.blur, rotate: view.rotate };
  for (const [part, own] of Object.entries(parts)) {
    const names = settings[part] as readonly string[];
    if (typeof own !== 'object' && own !== undefined) fail(part, `an object of ${names.join(', ')}, or null`, own);
    const unknown = Object.keys(own ?? {}).find((key) => !names.includes(key));
    if (unknown === undefined) continue;
    const path = part === 'view' ? unknown : `${part}.${unknown}`;
    throw new UserError(`view: unknown setting ${shownName(path)}.${didYouMean(unknown, names)}`);
  }
}

/** The images that views are made of; an image set is one. */
export interface ImageShape extends PixelFormat {
  /** In pixels. */
  readonly height: number;
  /** In pixels. */
  readonly width: number;
}

/** Nothing is done to the image but resizing it. */
export const unchanged = {
  crop: null,
  interpolation: 'bilinear',
  flip: 0,
  jitter: null,
  gray: 0,
  blur: null,
  solarize: 0,
} as const;

/**
 * The view for evaluation: the whole image, resized where `size` differs, to [0, 1], normalised.
 */
export function evaluationView({ channels = 3, data, size, ...own }: EvaluationViewOptions): View {
  const { mean, std } = { ...normalisationOf(data, channels), ...own };
  return checkView({ size, ...unchanged, mean, std }, channels);
}

/** For which images a view is; `data` names the data set whose mean and std to use. */
export interface EvaluationViewOptions extends Partial<Normalisation> {
  /** Side of the view in pixels. */
  readonly size: number;
  /** Of the images; defaults to 3. */
  readonly channels?: number | undefined;
  /** A known data set; ImageNet's numbers where there is none. `mean` and `std` come first. */
  readonly data?: string;
}

/**
 * The view for images of other than three channels, which have no saturation, hue or gray: these
 * are switched off.
 */
export function withoutColour<Some extends Pick<View, 'jitter' | 'gray'>>(view: Some): Some {
  return { ...view, jitter: view.jitter && { ...view.jitter, saturation: 0, hue: 0 }, gray: 0 };
}

/**
 * The view itself, after checking that its settings make sense for images of so many channels.
 *
 * @throws UserError naming the setting
 */
export function checkView(view: View, channels: number): View {
  checkNames(view);
  const { size, crop, interpolation, flip, jitter, gray, blur, solarize, mean, std } = view;
  const { flipVertical, quarterTurns, rotate } = view;
  if (!Number.isInteger(size) || size < 1) fail('size', 'a whole number of pixels', size);
  for (const [name, p] of Object.entries({
    ...{ flip, gray, solarize, 'jitter.p': jitter?.p, 'blur.p': blur?.p },
    ...{ flipVertical, quarterTurns, 'rotate.p': rotate?.p },
  })) {
    if (p !== undefined && !(p >= 0 && p <= 1)) fail(name, 'a probability from 0 to 1', p);
  }
  if (crop) {
    if (!isRange(crop.scale) || crop.scale[1] > 1) fail('crop.scale', 'a range within (0, 1]', crop.scale);
    if (!isRange(crop.ratio)) fail('crop.ratio', 'a range above 0', crop.ratio);
  }
  if (!interpolations.includes(interpolation)) fail('interpolation', interpolations.join(' or '), interpolation);
  if (jitter) {
    const { brightness, contrast, saturation, hue } = jitter;
    for (const [name, strength] of Object.entries({ brightness, contrast, saturation, hue })) {
      if (!(strength >= 0 && strength < Number.POSITIVE_INFINITY))
        fail(`jitter.${name}`, 'a number from 0 on', strength);
    }
    if (hue > 0.5) fail('jitter.hue', 'at most half a turn, 0.5', hue);
  }
  if (rotate) {
    const [low, high] = rotate.degrees;
    if (!(low >= -360 && low <= high && high <= 360))
      fail('rotate.degrees', 'a range within -360 to 360', rotate.degrees);
  }
  if (blur) {
    if (!isRange(blur.sigma)) fail('blur.sigma', 'a range above 0', blur.sigma);
    if (blur.p > 0 && size < 2) fail('size', 'at least 2 for blur', size);
  }
  if (mean.length !== channels || !mean.every(Number.isFinite)) fail('mean', `${channels} numbers`, mean);
  if (std.length !== channels || !std.every((value) => value > 0)) fail('std', `${channels} numbers above 0`, std);
  if (channels !== 3 && (gray > 0 || (jitter && (jitter.saturation > 0 || jitter.hue > 0)))) {
    const images = channels === 1 ? 'one-channel images' : `images of ${channels} channels`;
    throw new UserError(`view: ${images} have no colours; set gray, jitter.saturation and jitter.hue to 0`);
  }
  return view;
}

function isRange([low, high]: Range): boolean {
  return low > 0 && low <= high && high < Number.POSITIVE_INFINITY;
}

function fail(name: string, wanted: string, value: unknown): never {
  throw new UserError(`view: ${name} must be ${wanted}, not ${JSON.stringify(value)}`);
}
