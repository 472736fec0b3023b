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

/** A backbone that is defined elsewhere. */
export interface BackboneDefinition {
  /** What is defined. */
  readonly kind: 'backbone';
  /** As on the command line. */
  readonly name: string;
  /** What is known of it. */
  readonly backbone: Backbone;
}

/** What defines a backbone. */
export interface BackboneParts extends Partial<Pick<Backbone, 'multiples'>> {
  /** As on the command line, such as `resnet18`. */
  readonly name: string;
  /** Its width unless another is asked for. */
  readonly width: number;
  /** The settings that it has a use for; defaults to `width` alone. */
  readonly takes?: Backbone['takes'];
  /**
   * Makes it, with fresh weights: images [n, channels, h, w] to features [n, featureWidth]. What it
   * is made of must be its `Architecture` alone, so that it can be built again.
   */
  readonly build: (architecture: Architecture, form: TrainingForm) => Encoder;
}

/**
 * Defines a backbone: it is known by its name once `use` was called with it, or with the file that
 * exports it.
 * @example
 * ```ts
 * import { nn, type Tensor } from 'tandem-torch';
 * import { defineBackbone, pretrain } from 'tandem-vision';
 *
 * class Plain extends nn.Module {
 *   readonly conv: nn.Conv2d;
 *
 *   constructor(channels: number, readonly featureWidth: number) {
 *     super();
 *     this.conv = new nn.Conv2d(channels, featureWidth, 5, { stride: 4 });
 *   }
 *
 *   forward(x: Tensor): Tensor {
 *     return this.conv.forward(x).relu().mean([2, 3]);
 *   }
 * }
 *
 * const plain = defineBackbone({
 *   name: 'plain',
 *   width: 16,
 *   build: ({ channels, width }) => new Plain(channels, width),
 * });
 * await pretrain({ data: 'pictures', method: 'simclr', backbone: plain, epochs: 1, batch: 16 });
 * ```
 */
export function defineBackbone({
  name,
  width,
  takes = ['width'],
  multiples,
  build,
}: BackboneParts): BackboneDefinition {
  return { kind: 'backbone', name, backbone: { width, takes, ...(multiples && { multiples }), build } };
}

const own = new Map<string, BackboneDefinition>();

/** The names that `buildEncoder` knows now, those defined elsewhere last. */
export function knownBackbones(): string[] {
  return [...backbones, ...own.keys()];
}

/** Whether a backbone is defined elsewhere. */
export function isOwnBackbone(name: string): boolean {
  return own.has(name);
}

/**
 * Makes a backbone known by its name.
 * @throws UserError where the name is taken
 */
export function useBackbone(definition: BackboneDefinition): void {
  const { name } = definition;
  if (backbones.includes(name)) {
    throw new UserError(`the backbone ${shownName(name)} has the name of one of Tandem's; choose another`);
  }
  const known = own.get(name);
  if (known !== undefined && known !== definition) {
    throw new UserError(`there are two different backbones called ${shownName(name)}`);
  }
  own.set(name, definition);
}

/** @throws UserError for an unknown name. */
function find(backbone: string): Backbone {
  const found = Object.hasOwn(families, backbone) ? families[backbone] : own.get(backbone)?.backbone;
  if (found) return found;
  const names = knownBackbones();
  const near = didYouMean(backbone, names);
  const hint = near === '' ? " One of one's own is known by its file: give that as --use" : near;
  throw new UserError(`unknown backbone ${shownName(backbone)}; there is ${names.join(', ')}.${hint}`);
}

/** Whether a backbone has a use for a setting; false where there is none of that name. */
export function takesSetting(backbone: string, key: keyof BackboneSettings): boolean {
  return Object.hasOwn(families, backbone) && (families[backbone]?.takes.includes(key) ?? false);
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
    if (key === 'width' && settings.heads !== undefined) continue;
    const multiple = key === 'width' && (settings.sk || settings.resnetD) ? 2 : (multiples[key] ?? 1);
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
 * @example
 * ```ts
 * import { randn, scope } from 'tandem-torch';
 * import { buildEncoder } from 'tandem-vision';
 *
 * const architecture = { backbone: 'resnet18', width: 16, stem: 'small', channels: 3 } as const;
 * const encoder = buildEncoder(architecture).eval();
 * const shape = scope(() => encoder.forward(randn([2, 3, 32, 32])).shape);
 * console.log(shape.join()); // 2,128
 * encoder.dispose();
 * ```
 */
export function buildEncoder(architecture: Architecture, form: TrainingForm = {}): Encoder {
  return find(architecture.backbone).build(architecture, form);
}
