import { type Device, Tensor, upload } from 'tandem-torch';
import { z } from 'zod';
import { didYouMean, shown, shownName, UserError } from '../errors.js';
import { type RandomStream, stream } from '../random.js';

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
   * what it is given; it gives as many of the same shape.
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

/** Makes a step known by its name. @throws UserError where another has it */
export function useView(definition: ViewDefinition): void {
  const { name } = definition;
  const before = known.get(name);
  if (before !== undefined && before !== definition) {
    throw new UserError(`there are two different steps of views called ${shownName(name)}`);
  }
  known.set(name, definition);
}

/**
 * Steps from a text: names with commas between, each with its options and what it comes after, such
 * as `cutout:size=8:p=0.5@jitter,noise`.
 * @throws UserError for what is not known, or out of range
 */
export function stepsIn(text: string): ViewStep[] {
  return text.split(',').map((one) => stepIn(one.trim()));
}

function stepIn(text: string): ViewStep {
  const [spec = '', after, ...more] = text.split('@');
  const [name = '', ...words] = spec.split(':');
  const definition = known.get(name);
  if (!definition || more.length > 0) {
    const names = [...known.keys()];
    const there =
      names.length === 0 ? 'there is none; give the file that defines it as --use' : `there is ${names.join(', ')}`;
    throw new UserError(`unknown step of views ${shownName(name)}; ${there}.${didYouMean(name, names)}`);
  }
  if (after !== undefined && !isStage(after)) {
    throw new UserError(
      `the step ${name} comes after ${stages.join(', ')}, not ${shown(after)}.${didYouMean(after, stages)}`,
    );
  }
  const shape = definition.options.shape;
  const options = Object.fromEntries(words.map((word) => optionIn(word, name, shape)));
  try {
    return definition.configure(options, after);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const [issue] = error.issues;
    throw new UserError(`the step ${name}: ${issue?.path.join('.')}: ${issue?.message}`);
  }
}

function isStage(word: string): word is Stage {
  return (stages as readonly string[]).includes(word);
}

function optionIn(word: string, step: string, shape: z.ZodRawShape): [string, unknown] {
  const [, key = word, text = ''] = /^(\w+)=(.*)$/s.exec(word) ?? [];
  const type = Object.hasOwn(shape, key) ? shape[key] : undefined;
  if (!type)
    throw new UserError(`the step ${step} has no option ${shownName(key)}.${didYouMean(key, Object.keys(shape))}`);
  if (z.safeParse(type, text).success) return [key, text];
  if (text === 'true' || text === 'false') return [key, text === 'true'];
  return [key, text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text)];
}

/** What the random numbers of a step depend on, beside its name and the image's index. */
interface DrawKey {
  readonly seed: number;
  readonly draw: number;
  readonly view: number;
}

/** The purpose of a run's seed here, plus the view's number. */
const ownSteps = 0x7374_6570;

/**
 * Random numbers for each image of a batch: functions of the run's seed, the epoch, the view, the
 * step and the image, whatever else is in the batch.
 */
export class ImageRandom {
  readonly #streams: readonly RandomStream[];
  readonly #device: Device;

  constructor(step: string, { seed, draw, view }: DrawKey, indices: Uint32Array, device: Device) {
    const name = Array.from(step).reduce((sum, letter) => (Math.imul(sum, 31) + (letter.codePointAt(0) ?? 0)) >>> 0, 7);
    this.#streams = Array.from(indices, (index) => stream(seed, ownSteps + view, name, draw, index));
    this.#device = device;
  }

  /** The next number of each image, even in [low, high). */
  numbers(low = 0, high = 1): Float32Array {
    return Float32Array.from(this.#streams, (random) => random.between(low, high));
  }

  /** The same as a tensor, to multiply images with or add to them: [n, 1, 1, 1] on their device. */
  uniform(low = 0, high = 1): Tensor {
    const numbers = this.numbers(low, high);
    return upload(numbers, [numbers.length, 1, 1, 1], this.#device);
  }
}

/**
 * Does a step to images in place.
 * @throws UserError where it fails, or gives something else than such images
 */
export function applyStep({ name, apply }: ViewStep, x: Tensor, random: ImageRandom): void {
  const y = given(name, () => apply(x, random));
  if (!(y instanceof Tensor))
    throw new UserError(`the step ${shownName(name)} of views gives no tensor, but ${shown(y)}`);
  const [own, wanted] = [y, x].map(({ dtype, shape }) => `${dtype} [${shape.join(', ')}]`);
  if (own !== wanted)
    throw new UserError(`the step ${shownName(name)} of views must give ${wanted} as it got, not ${own}`);
  if (y !== x) x.copy_(y);
}

function given<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof UserError) throw error;
    const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new UserError(`the step ${shownName(name)} of views failed: ${line}`, { cause: error });
  }
}
