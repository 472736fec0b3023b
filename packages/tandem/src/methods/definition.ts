import type { z } from 'zod';
import type { NewEncoder } from '../networks/index.js';
import type { FrozenTeacher } from '../teachers/index.js';
import type { View } from '../views/index.js';
import type { Method, NewMethod, Supervision, TwoViews, ViewCount, Views } from './method.js';
import type { RunFacts } from './options/shared.js';

/** Whether a method needs something, may use it, or has no use for it. */
export type Use = 'none' | 'needed' | 'optional';

/** What the registry knows of a method, and the way from settings to its options. */
export interface MethodDefinition<Name extends string = string, Options = object> {
  /** What is defined. */
  readonly kind: 'method';
  /** As on the command line. */
  readonly name: Name;
  /** What it does, in a line without a full stop. */
  readonly summary: string;
  /** Its options: types, ranges, defaults and one line on each. */
  readonly options: z.ZodObject;
  /** Whether it imitates a network that is trained already. */
  readonly teacher: Use;
  /**
   * Whether it learns from labels: of the images that have some alone, or of all images with the
   * labels that there are.
   */
  readonly labels: Use;
  /**
   * The method with its options: those among `settings`, defaults for the rest.
   * @throws ZodError for values of a wrong type or out of range
   */
  configure(settings: object): ConfiguredMethod<Name, Options>;
}

/** A method with its options: what a run must know of it, and how it is built. */
export interface ConfiguredMethod<Name extends string, Options>
  extends Omit<MethodDefinition<Name, Options>, 'kind' | 'options' | 'configure'> {
  /** All of its options. */
  readonly options: Options;
  /** How many views of an image it takes. */
  readonly views: ViewCount;
  /**
   * @throws UserError for options that are possible one by one, but not together or not in such a
   * run
   */
  check(run: RunFacts): void;
  /** Builds its networks and its value; see `NewMethod`. */
  readonly build: BuildMethod;
}

/** Builds a method as `NewMethod` does, with options that it has already. */
export type BuildMethod = (
  newEncoder: NewEncoder,
  views: readonly View[],
  teacher?: FrozenTeacher,
  supervision?: Supervision,
) => Method;

type OptionsOf<Shape extends z.ZodRawShape> = z.infer<z.ZodObject<Shape, z.core.$strip>>;

/** What defines a method. */
export interface MethodParts<Name extends string, Shape extends z.ZodRawShape, Seen extends Views> {
  /** As on the command line, such as `simclr`. */
  readonly name: Name;
  /** What it does, in a line without a full stop. */
  readonly summary: string;
  /**
   * Its options, each a number, a text or true or false, with a range, a default and a line on
   * what it is.
   */
  readonly options: z.ZodObject<Shape>;
  /** Makes its networks and its value. */
  readonly build: NewMethod<OptionsOf<Shape>, Seen>;
  /** Throws UserError for options that do not go together, or not with the run. */
  readonly check?: (options: OptionsOf<Shape>, run: RunFacts) => void;
  /** How many views of an image it takes; defaults to two. */
  readonly views?: ViewCount | ((options: OptionsOf<Shape>) => ViewCount);
  /** Whether it imitates a network that is trained already; defaults to `none`. */
  readonly teacher?: Use;
  /** Whether it learns from labels; defaults to `none`. */
  readonly labels?: Use;
}

/**
 * Defines a method: one of one's own is known by its name once `use` was called with it, or with
 * the file that exports it.
 * @example
 * ```ts
 * import { defineMethod, emaTeacher, negativeCosine, newBranch, pretrain, z } from 'tandem-vision';
 *
 * // A student finds what a slow teacher makes of the other view.
 * const follow = defineMethod({
 *   name: 'follow',
 *   summary: "a student finds its moving average's projection of the other view",
 *   options: z.strictObject({
 *     eta: z.number().min(0).max(1).default(0.99).describe('of the moving average'),
 *   }),
 *   build(newEncoder, views, { eta }) {
 *     const student = newBranch(newEncoder(), { projLayers: 2, projHidden: 32, projDim: 16 });
 *     const teacher = emaTeacher(student, { eta, etaSchedule: 'cosine' }, { counts: 'step' });
 *     return {
 *       ...{ name: 'follow', student, teacher: teacher.branch, result: 'teacher', views },
 *       loss([a, b]) {
 *         const [ta, tb] = teacher.project([a, b]);
 *         const [sa, sb] = [student.forward(a), student.forward(b)];
 *         return negativeCosine(sa, tb).add(negativeCosine(sb, ta));
 *       },
 *       afterStep: teacher.afterStep,
 *     };
 *   },
 * });
 *
 * const network = { backbone: 'resnet10', width: 4 };
 * await pretrain({ data: 'pictures', method: follow, ...network, epochs: 1, batch: 16 });
 * ```
 */
export function defineMethod<Name extends string, Shape extends z.ZodRawShape, Seen extends Views = TwoViews>({
  name,
  summary,
  options: schema,
  build,
  check,
  views = { least: 2, most: 2 },
  teacher = 'none',
  labels = 'none',
}: MethodParts<Name, Shape, Seen>): MethodDefinition<Name, OptionsOf<Shape>> {
  const about = { name, summary, teacher, labels };
  return {
    kind: 'method',
    ...about,
    options: schema,
    configure(settings) {
      const options = schema.strip().parse(settings);
      return {
        ...about,
        options,
        views: typeof views === 'function' ? views(options) : views,
        check: (run) => check?.(options, run),
        build: (newEncoder, made, ...others) => build(newEncoder, made, options, ...others),
      };
    },
  };
}
