import { didYouMean, UserError } from '../errors.js';
import { normalisationOf } from './normalisation.js';
import { checkView, type EvaluationViewOptions, type Range, unchanged, type View, withoutColour } from './view.js';

/**
 * A view without what depends on the data: its size, unless it has one of its own, mean and std.
 */
type Recipe = Omit<View, 'size' | 'mean' | 'std'> & { readonly size?: number };

/** What a preset takes. */
interface Wish {
  readonly size: number;
  /** Of `simclr`: 1 is the strength for ImageNet, 0.5 for CIFAR; defaults to that of the size. */
  readonly strength?: number;
  /** Of `multi-crop`: small crops of an image; 8, below 64 pixels 4. */
  readonly locals?: number;
}

/** What a preset of views takes: the images' size and channels, and what some presets ask for. */
export interface ViewPresetOptions extends EvaluationViewOptions, Wish {}

/** From this side on images are large: they are blurred, and their crops need not be so small. */
const largeSide = 64;

const crop = (least: number, most = 1) => ({ scale: [least, most] as Range, ratio: [3 / 4, 4 / 3] as Range });
const jitter = (p: number, brightness: number, saturation: number, hue: number) => ({
  p,
  brightness,
  contrast: brightness,
  saturation,
  hue,
});
const blur = (p: number) => ({ p, sigma: [0.1, 2] as Range });
const twice = (view: Recipe): readonly Recipe[] => [view, view];

/** MoCo's CIFAR-10 demo. */
const small: Recipe = { ...unchanged, crop: crop(0.08), flip: 0.5, jitter: jitter(0.8, 0.4, 0.4, 0.1), gray: 0.2 };
/** MoCo v2 (facebookresearch/moco). */
const large: Recipe = { ...small, crop: crop(0.2), blur: blur(0.5) };
/** What BYOL's T and T' share; solo-learn uses it without blur on CIFAR. */
const mild: Recipe = { ...small, jitter: jitter(0.8, 0.4, 0.2, 0.1) };
const bicubic: Recipe = { ...mild, interpolation: 'bicubic' };

/** Every preset: what it is, and its views, one for each view of an image. */
const presets = {
  small: {
    about: 'for small images: no blur (MoCo on CIFAR)',
    views: () => twice(small),
  },
  large: {
    about: 'for images from 64 pixels on, with blur (MoCo v2)',
    views: () => twice(large),
  },
  asymmetric: {
    about: 'two different views, one always blurred, one sometimes solarized (BYOL, Barlow Twins, VICReg)',
    views: () => [
      { ...bicubic, blur: blur(1) },
      { ...bicubic, blur: blur(0.1), solarize: 0.2 },
    ],
  },
  'asymmetric-small': {
    about: 'asymmetric for small images: no blur',
    views: () => [mild, { ...mild, solarize: 0.2 }],
  },
  simclr: {
    about: 'strong jitter; half as strong and without blur below 64 pixels (SimCLR)',
    views: ({ size, strength: s = size < largeSide ? 0.5 : 1 }) =>
      twice({ ...small, jitter: jitter(0.8, 0.8 * s, 0.8 * s, 0.2 * s), blur: size < largeSide ? null : blur(0.5) }),
  },
  'multi-crop': {
    about: 'two large crops and several small ones (DINO)',
    views: ({ size, locals = size < largeSide ? 4 : 8 }) => {
      const global = size < largeSide ? { ...mild, crop: crop(0.3) } : { ...bicubic, crop: crop(0.4) };
      const local = size < largeSide ? { ...mild, crop: crop(0.08, 0.3) } : { ...bicubic, crop: crop(0.05, 0.4) };
      const blurred = (view: Recipe, p: number): Recipe => (size < largeSide ? view : { ...view, blur: blur(p) });
      return [
        blurred(global, 1),
        { ...blurred(global, 0.1), solarize: 0.2 },
        ...new Array<Recipe>(locals).fill({ ...blurred(local, 0.5), size: localSize(size) }),
      ];
    },
  },
  lite: {
    about: 'milder, for networks with little room such as binary ones (S2-BNN)',
    views: ({ size }) =>
      twice({
        ...small,
        crop: crop(0.2),
        jitter: jitter(0.6, 0.4, 0.4, 0.1),
        blur: size < largeSide ? null : blur(0.2),
      }),
  },
  weak: {
    about: 'one view, cropped and flipped only, for fine-tuning and distillation',
    views: ({ size }) => [{ ...unchanged, crop: crop(size < largeSide ? 0.2 : 0.08), flip: 0.5 }],
  },
  gray: {
    about: 'small or large, by size, without colour; for images of other than three channels',
    views: ({ size }) => twice(withoutColour(size < largeSide ? small : large)),
  },
  none: {
    about: 'the image itself, as for evaluation',
    views: () => [unchanged],
  },
} satisfies Record<string, { about: string; views: (wish: Wish) => readonly Recipe[] }>;

/** The name of a preset of views. */
export type ViewPresetName = keyof typeof presets;

/** All names that `viewsPreset` knows. */
export const viewPresetNames = Object.keys(presets) as readonly ViewPresetName[];

/** One line on a preset. */
export function aboutPreset(name: ViewPresetName): string {
  return presets[name].about;
}

/** The preset that suits images of such a size, where none is asked for. */
export function defaultPreset({ size, channels = 3 }: { size: number; channels?: number | undefined }): ViewPresetName {
  if (channels !== 3) return 'gray';
  return size < largeSide ? 'small' : 'large';
}

/**
 * The views of a preset, one for each view of an image; a method that needs more than a preset has
 * may use one twice. For images of other than three channels what
 * concerns colour is switched off. `size` is the
 * side of all views but the small ones of `multi-crop`, which have 96 pixels for 224 and half the
 * side below 64.
 *
 * @throws UserError for an unknown name, with the nearest known, and for settings out of range
 */
export function viewsPreset(name: string, { size, channels = 3, data, ...options }: ViewPresetOptions): View[] {
  if (!Object.hasOwn(presets, name)) {
    throw new UserError(
      `unknown views '${name}'; there is ${viewPresetNames.join(', ')}.${didYouMean(name, viewPresetNames)}`,
    );
  }
  const { strength, locals, ...own } = options;
  if (locals !== undefined && !(Number.isInteger(locals) && locals >= 0)) {
    throw new UserError(`views: locals must be a whole number from 0 on, not ${locals}`);
  }
  const wish = { size, ...(strength !== undefined && { strength }), ...(locals !== undefined && { locals }) };
  const recipes: readonly Recipe[] = presets[name as ViewPresetName].views(wish);
  return recipes.map((recipe) => {
    const view = { size, ...recipe, ...normalisationOf(data, channels), ...own };
    return checkView(channels === 3 ? view : withoutColour(view), channels);
  });
}

/** Settings that differ from those of `small`. */
export type ViewOptions = Partial<View> & EvaluationViewOptions;

/**
 * One view of the preset `small`, with settings of one's own.
 * @throws UserError for settings out of range
 */
export function smallView({ size, channels = 3, data, ...own }: ViewOptions): View {
  const view = { size, ...small, ...normalisationOf(data, channels), ...own };
  return checkView(channels === 3 ? view : withoutColour(view), channels);
}

/** A multiple of 8, so that networks which work in patches can take it. */
function localSize(size: number): number {
  return size < largeSide ? Math.ceil(size / 2) : 8 * Math.round((size * 96) / 224 / 8);
}
