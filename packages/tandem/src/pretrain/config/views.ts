import { z } from 'zod';
import { type ViewPresetName, viewPresetNames } from '../../views/index.js';
import type { FullViewSpec } from './view-list.js';

const share = z.number().min(0).max(1).optional();
const strength = z.number().min(0).max(2).optional();

/** The settings of a run that say how its views are made; what is not given is the preset's. */
export const viewOptions = z.object({
  views: z
    .enum(viewPresetNames as [ViewPresetName, ...ViewPresetName[]])
    .optional()
    .describe(
      'how the views of an image are made; defaults to small below 64 pixels, to large from there on, to gray with one channel; the settings below change parts of it; in a configuration also a list of views',
    ),
  locals: z
    .int()
    .min(0)
    .max(32)
    .optional()
    .describe('small crops of multi-crop; defaults to 4 below 64 pixels, to 8 from there on'),
  cropMin: z.number().positive().max(1).optional().describe('smallest share of the area that a crop takes'),
  flip: share.describe('probability of a horizontal flip'),
  flipVertical: share.describe('probability of a vertical flip'),
  quarterTurns: share.describe('probability of a turn by 90, 180 or 270 degrees'),
  rotate: z
    .number()
    .min(0)
    .max(180)
    .optional()
    .describe('most degrees of a rotation, either way; corners become black'),
  rotateP: share.describe('probability of that rotation; defaults to 1'),
  steps: z
    .string()
    .min(1)
    .optional()
    .describe(
      'steps of your own by name, with commas between; name:option=value@jitter says its options and after what it comes',
    ),
  jitter: strength.describe(
    'strength of brightness and contrast; saturation and hue keep their proportion to it by default',
  ),
  jitterP: share.describe('probability of colour jitter'),
  saturation: strength.describe('strength of saturation in the jitter'),
  hue: z.number().min(0).max(0.5).optional().describe('strength of hue in the jitter, in turns'),
  gray: share.describe('probability of grayscale'),
  blur: share.describe('probability of Gaussian blur'),
  solarize: share.describe('probability of solarization, of the second view only'),
});

/** How a run makes the views of an image. */
export type ViewSettings = Readonly<
  Omit<z.infer<typeof viewOptions>, 'views'> & {
    /** A preset, or each view in full; then there are no other settings. */
    views?: ViewPresetName | readonly FullViewSpec[] | undefined;
  }
>;
