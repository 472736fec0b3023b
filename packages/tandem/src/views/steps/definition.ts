import type { Tensor } from 'tandem-torch';
import { z } from 'zod';
import { didYouMean, shownName, UserError } from '../../errors.js';
import type { ImageRandom } from './random.js';

/** What is done to make a view, in this order; a step of one's own comes after one of these. */
export const stages = ['crop', 'turn', 'jitter', 'gray', 'blur', 'solarize', 'normalise'] as const;

/** After what a step comes. */
export type Stage = (typeof stages)[number];

/** A step of one's own in the making of a view, with its options. */
export interface ViewStep {
  /** As it was defined. */
  readonly name: string;
  /** After what it comes. */
  readonly after: Stage;
  /** All of its options. */
  readonly options: object;
  /**
   * Changes some images: float32 [n, c, h, w], in [0, 1] but after `normalise`. It may write to
   * what it is given; it gives as many of the same shape. Each must come out as it would alone,
   * and chance comes from `random` only.
   */
  readonly apply: (images: Tensor, random: ImageRandom) => Tensor;
}

/** A step that is known by its name. */
export interface ViewDefinition {
  /** What is defined. */
  readonly kind: 'view';
  /** By which runs name it. */
  readonly name: string;
  /** What it does, in a line without a full stop. */
  readonly summary: string;
  /** Its options: types, ranges, defaults and a line on each. */
  readonly options: z.ZodObject;
  /** The step with options. @throws ZodError for values of a wrong type or out of range */
  configure(settings: object, after?: Stage): ViewStep;
}

type OptionsOf<Shape extends z.ZodRawShape> = z.infer<z.ZodObject<Shape, z.core.$strip>>;

/** What defines a step. */
export interface ViewParts<Shape extends z.ZodRawShape> extends Pick<ViewDefinition, 'name' | 'summary'> {
  /** Its options: types, ranges, defaults and a line on each. */
  readonly options: z.ZodObject<Shape>;
  /** After what it comes where nothing else is asked for; defaults to `solarize`. */
  readonly after?: Stage;
  /** See `ViewStep.apply`. */
  readonly apply: (images: Tensor, random: ImageRandom, options: OptionsOf<Shape>) => Tensor;
}

/**
 * Defines a step of views: runs name it as `steps=<name>` once `use` was called with it, or with
 * the file that exports it. Each image must come out the same whatever others there are.
 * @example
 * ```ts
 * import { defineView, pretrain, z } from 'tandem-vision';
 *
 * const noise = defineView({
 *   name: 'noise',
 *   summary: 'adds noise to each pixel',
 *   options: z.strictObject({
 *     deviation: z.number().min(0).default(0.05).describe('of the noise'),
 *   }),
 *   apply(images, random, { deviation }) {
 *     const [, c, h, w] = images.shape as [number, number, number, number];
 *     return images.add(random.normal(0, deviation, [c, h, w])).clamp({ min: 0, max: 1 });
 *   },
 * });
 *
 * await pretrain({
 *   ...{ data: 'pictures', method: 'simclr', backbone: 'resnet10', width: 4 },
 *   ...{ epochs: 1, batch: 16 },
 *   use: [noise],
 *   views: [{ crop: { scale: [0.2, 1] }, flip: 0.5, steps: ['noise:deviation=0.1@jitter'] }],
 * });
 * ```
 */
export function defineView<Shape extends z.ZodRawShape>(parts: ViewParts<Shape>): ViewDefinition {
  const { name, summary, options: schema, after: usual = 'solarize', apply } = parts;
  return {
    ...{ kind: 'view', name, summary, options: schema },
    configure(settings, after = usual) {
      const options = z.strictObject(schema.shape).parse(settings);
      return { name, after, options, apply: (images, random) => apply(images, random, options) };
    },
  };
}

const known = new Map<string, ViewDefinition>();

/** @throws UserError for a name that is not known, with the nearest */
export function findView(name: string): ViewDefinition {
  const definition = known.get(name);
  if (definition) return definition;
  const names = [...known.keys()];
  const there =
    names.length === 0 ? 'there is none; give the file that defines it as --use' : `there is ${names.join(', ')}`;
  throw new UserError(`unknown step of views ${shownName(name)}; ${there}.${didYouMean(name, names)}`);
}

/** Makes a step known by its name. @throws UserError where another has it */
export function useView(definition: ViewDefinition): void {
  const { name } = definition;
  const before = known.get(name);
  if (before !== undefined && before !== definition) {
    throw new UserError(`there are two different steps of views called ${shownName(name)}`);
  }
  known.set(name, definition);
}
