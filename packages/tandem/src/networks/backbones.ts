import { defined } from '../defined.js';
import { didYouMean, shownName, UserError } from '../errors.js';
import type { Architecture, BackboneSettings, Stem, TrainingForm } from './architecture.js';
import type { Encoder } from './encoder.js';
import { type Backbone, basic, bottlenecks, families } from './families.js';
import { reductionOf } from './resnet.js';

/** The names `buildEncoder` knows. */
export const backbones: readonly string[] = Object.keys(families);

/** The ResNet whose stages have so many blocks of the kind, if there is one. */
export function backboneOf(stages: readonly number[], kind: 'basic' | 'bottleneck'): string | undefined {
  const table = kind === 'basic' ? basic : bottlenecks;
  return Object.keys(table).find((name) => String(table[name]) === String(stages));
}

/**
 * The stem for images of this side: full resolution below 64 pixels, torchvision's own from there
 * on.
 */
export function stemFor(side: number): Stem {
  return side < 64 ? 'small' : 'standard';
}

/** The side of a ViT's patches for images of this side. */
export function patchFor(side: number): number {
  if (side < 64) return 4;
  return side < 160 ? 8 : 16;
}

/** @throws UserError for an unknown name. */
function find(backbone: string): Backbone {
  const found = Object.hasOwn(families, backbone) ? families[backbone] : undefined;
  if (found) return found;
  throw new UserError(
    `unknown backbone ${shownName(backbone)}; there is ${backbones.join(', ')}.${didYouMean(backbone, backbones)}`,
  );
}

/**
 * @throws UserError for settings that such a backbone does not take, and for widths it cannot have.
 */
export function checkBackbone(backbone: string, settings: BackboneSettings): void {
  const { takes, multiples = {} } = find(backbone);
  for (const [key, value] of Object.entries(settings)) {
    if (value === undefined || takes.includes(key as keyof BackboneSettings)) continue;
    const others = backbones.filter((name) => families[name]?.takes.includes(key as keyof BackboneSettings));
    throw new UserError(`${key} is no setting of backbone ${backbone} but of ${others.join(', ')}`);
  }
  for (const key of ['width', 'features'] as const) {
    const multiple = key === 'width' && settings.sk ? 2 : (multiples[key] ?? 1);
    if ((settings[key] ?? 0) % multiple === 0) continue;
    throw new UserError(`the ${key} of ${backbone} must be a multiple of ${multiple}, got ${settings[key]}`);
  }
}

/**
 * Completes what is asked for by what suits the images.
 * @throws UserError as above, and for images that a ViT's patches do not divide
 */
export function newArchitecture(
  backbone: string,
  settings: BackboneSettings,
  { size, channels }: { readonly size: number; readonly channels: number },
): Architecture {
  checkBackbone(backbone, settings);
  const { takes, width, depth } = find(backbone);
  const { dropPath: _, ...asked } = settings;
  const architecture: Architecture = {
    ...{ backbone, width, channels },
    ...(takes.includes('stem') && { stem: stemFor(size) }),
    ...(takes.includes('patch') && { depth, patch: patchFor(size), size }),
    ...defined(asked),
  };
  checkSide(architecture, size);
  return architecture;
}

/**
 * @throws UserError for images, or views of them, that a ViT's patches do not divide, and for those
 *   whose last map has fewer places than `pool`
 */
export function checkSide({ backbone, patch, stem, pool = 1 }: Architecture, side: number, what = 'images'): void {
  if (patch !== undefined && side % patch !== 0) {
    throw new UserError(`patches of ${patch} pixels do not divide ${what} of ${side}; set patch or size`);
  }
  const stages = basic[backbone] ?? bottlenecks[backbone];
  if (pool === 1 || !stem || !stages) return;
  const places = Math.ceil(side / reductionOf(stem, stages.length));
  if (places >= pool) return;
  throw new UserError(
    `pool ${pool}: the last map has ${places}x${places} places for ${what} of ${side}; set pool=${places}`,
  );
}

/**
 * Builds an encoder with fresh weights from the default generator.
 * @throws UserError for an unknown backbone.
 */
export function buildEncoder(architecture: Architecture, form: TrainingForm = {}): Encoder {
  return find(architecture.backbone).build(architecture, form);
}
