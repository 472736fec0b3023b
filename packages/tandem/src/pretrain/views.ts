import { defined } from '../defined.js';
import { UserError } from '../errors.js';
import type { DataSet } from '../images/index.js';
import type { ViewCount } from '../methods/index.js';
import {
  checkView,
  defaultPreset,
  type Jitter,
  type Normalisation,
  normalisationOf,
  stepsIn,
  type View,
  viewsPreset,
  withoutColour,
} from '../views/index.js';
import { viewOf } from './config/view-list.js';
import type { ViewSettings } from './config/views.js';

/** The views of a run, and the settings that say so in full. */
export interface RunViews {
  /** One for each view of an image. */
  readonly views: readonly View[];
  /** What they were made from, with what the images decided. */
  readonly settings: ViewSettings;
}

/** The images that views are made of. */
export interface ViewedImages extends Pick<DataSet, 'name' | 'train' | 'size'> {
  /** Of their channels, where it is not that of their data set or ImageNet. */
  readonly normalisation?: Partial<Normalisation>;
}

/**
 * How the views of each image are made. A preset of one view makes as many alike as the method
 * takes; a method of one view takes the first.
 * @throws UserError where the settings do not go together
 */
export function runViews(
  settings: ViewSettings,
  { name, train, size = train.height, normalisation }: ViewedImages,
  { least, most }: ViewCount,
): RunViews {
  const { channels } = train;
  const { views: asked = defaultPreset({ size, channels }) } = settings;
  if (typeof asked === 'object') {
    const own = { size, ...normalisationOf(name, channels), ...normalisation };
    const specs = asked.length === 1 ? asCount(asked, { least, most }) : asked;
    const views = specs.map((spec) => checkView(viewOf(spec, own), channels));
    return { views, settings: { views: asked } };
  }
  const preset = asked;
  const { locals, flipVertical, quarterTurns, rotate, rotateP, steps } = settings;
  if (rotateP !== undefined && rotate === undefined)
    throw new UserError('rotateP acts with rotate alone; give rotate=30');
  if (locals !== undefined && preset !== 'multi-crop') {
    throw new UserError(`locals acts with views=multi-crop alone, not with ${preset}`);
  }
  const made = viewsPreset(preset, {
    size,
    channels,
    data: name,
    ...normalisation,
    ...(locals !== undefined && { locals }),
  });
  const views = asCount(made, { least, most }).map((view, i) => {
    const mine = changed(view, i, settings);
    return checkView(channels === 3 ? mine : withoutColour(mine), channels);
  });
  const crops = preset === 'multi-crop' && { locals: views.length - 2 };
  const turns = defined({ flipVertical, quarterTurns, rotate, rotateP, steps });
  return { views, settings: { views: preset, ...crops, ...agreed(views), ...turns } };
}

/** As many as a method takes: of a single one several alike, of several the first. */
function asCount<One>(given: readonly One[], { least, most }: ViewCount): One[] {
  const [first, ...others] = given as readonly [One, ...One[]];
  const alike = others.length === 0 ? Array<One>(least - 1).fill(first) : others;
  return [first, ...(most === 1 ? [] : alike)];
}

function changed(view: View, place: number, settings: ViewSettings): View {
  const { cropMin, flip, gray, blur, solarize, flipVertical, quarterTurns, rotate, rotateP = 1, steps } = settings;
  const { ratio } = view.crop ?? { ratio: [3 / 4, 4 / 3] as const };
  return {
    ...view,
    ...(cropMin !== undefined && isWide(view) && { crop: { scale: [cropMin, 1], ratio } as const }),
    jitter: changedJitter(view.jitter, settings),
    ...(flip !== undefined && { flip }),
    ...(flipVertical !== undefined && { flipVertical }),
    ...(quarterTurns !== undefined && { quarterTurns }),
    ...(rotate !== undefined && { rotate: rotate > 0 ? { p: rotateP, degrees: [-rotate, rotate] as const } : null }),
    ...(steps !== undefined && { steps: stepsIn(steps) }),
    ...(gray !== undefined && { gray }),
    ...(blur !== undefined && { blur: blur > 0 ? { p: blur, sigma: view.blur?.sigma ?? ([0.1, 2] as const) } : null }),
    ...(solarize !== undefined && { solarize: place === 1 ? solarize : 0 }),
  };
}

/**
 * Whether crops may take the whole image; the small ones of a multi-crop may not, and are what they
 * are.
 */
function isWide({ crop }: View): boolean {
  return crop === null || crop.scale[1] === 1;
}

/** The jitter where a preset has none and one is asked for. */
const usual: Jitter = { p: 0.8, brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 };

function changedJitter(own: Jitter | null, { jitter, jitterP, saturation, hue }: ViewSettings): Jitter | null {
  if (jitter === undefined && jitterP === undefined && saturation === undefined && hue === undefined) return own;
  const from = own ?? usual;
  const strength = jitter ?? from.brightness;
  return {
    p: jitterP ?? from.p,
    brightness: strength,
    contrast: strength,
    saturation: saturation ?? strength * (from.saturation / from.brightness),
    hue: hue ?? Math.min(strength * (from.hue / from.brightness), 0.5),
  };
}

/**
 * The settings that make these views, as far as all views agree; those that differ stay the
 * preset's.
 */
function agreed(views: readonly View[]): ViewSettings {
  const common = <T>(some: readonly View[], of: (view: View) => T): T | undefined => {
    const values = new Set(some.map(of));
    return values.size === 1 ? [...values][0] : undefined;
  };
  const settings: ViewSettings = {
    cropMin: common(views.filter(isWide), ({ crop }) => crop?.scale[0]),
    flip: common(views, ({ flip }) => flip),
    jitter: common(views, ({ jitter }) => jitter?.brightness ?? 0),
    jitterP: common(views, ({ jitter }) => jitter?.p ?? 0),
    saturation: common(views, ({ jitter }) => jitter?.saturation ?? 0),
    hue: common(views, ({ jitter }) => jitter?.hue ?? 0),
    gray: common(views, ({ gray }) => gray),
    blur: common(views, ({ blur }) => blur?.p ?? 0),
    solarize: views[1]?.solarize,
  };
  return defined(settings);
}
