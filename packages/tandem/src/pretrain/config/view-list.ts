import { z } from 'zod';
import { shown, UserError } from '../../errors.js';
import {
  checkNames,
  checkView,
  type Normalisation,
  stepNamed,
  stepsIn,
  unchanged,
  type View,
} from '../../views/index.js';
import { wanted } from './errors.js';

const share = z.number().min(0).max(1);
const strength = z.number().min(0).default(0);
const range = z.tuple([z.number(), z.number()], { error: 'a list of two numbers' }).readonly();
const p = share.default(1);

/** A step of one's own: `cutout:share=0.3@jitter`, or the same in parts. */
const step = z.union(
  [
    z.string().min(1),
    z.object({
      name: z.string(),
      after: z.string().optional(),
      options: z.record(z.string(), z.unknown()).optional(),
    }),
  ],
  { error: 'a name such as "cutout:share=0.3@jitter", or an object of name, after, options' },
);

/** One view of a list: a `View` without what the images decide. What is left out is not done. */
const viewSpec = z.object({
  size: z.int().min(1).optional(),
  crop: z
    .object({ scale: range.default([0.08, 1]), ratio: range.default([3 / 4, 4 / 3]) })
    .nullable()
    .default(unchanged.crop),
  interpolation: z.enum(['bilinear', 'bicubic']).default(unchanged.interpolation),
  flip: share.default(unchanged.flip),
  flipVertical: share.optional(),
  quarterTurns: share.optional(),
  rotate: z.object({ p, degrees: range }).nullable().optional(),
  jitter: z
    .object({
      ...{ p, brightness: strength, contrast: strength, saturation: strength },
      hue: z.number().min(0).max(0.5).default(0),
    })
    .nullable()
    .default(unchanged.jitter),
  gray: share.default(unchanged.gray),
  blur: z
    .object({ p, sigma: range.default([0.1, 2]) })
    .nullable()
    .default(unchanged.blur),
  solarize: share.default(unchanged.solarize),
  steps: z.array(step).readonly().optional(),
});

/** One view of a list, as it is given: a `View` of which all may be left out. */
export type ViewSpec = Readonly<z.input<typeof viewSpec>>;

/** The same with all that was left out. */
export type FullViewSpec = Readonly<z.output<typeof viewSpec>>;

/**
 * A list of views, one for each view of an image.
 * @throws UserError for names that there are not, with the nearest, and for values out of range
 */
export function readViewList(list: readonly unknown[]): readonly FullViewSpec[] {
  if (list.length === 0) throw new UserError('views: the list is empty; give at least one view');
  return list.map((one, i) => {
    try {
      return readViewSpec(one);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      throw new UserError(`views[${i}]: ${error.message.replace(/^view: /, '')}`);
    }
  });
}

function readViewSpec(given: unknown): FullViewSpec {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new UserError(`must be an object such as {"flip": 0.5}, got ${shown(given)}`);
  checkNames(given);
  for (const key of ['mean', 'std'].filter((key) => key in given)) {
    throw new UserError(`${key} is no setting of one view, but of the run: it stands beside views`);
  }
  const { success, data: spec, error } = viewSpec.safeParse(given);
  if (!success) throw new UserError(explainAt(error, given));
  const full = {
    ...spec,
    ...(spec.steps && {
      steps: stepsOf(spec).map(({ name, after, options }) => ({ name, after, options: { ...options } })),
    }),
  };
  checkView(viewOf(full, { size: 64, mean: [0, 0, 0], std: [1, 1, 1] }), 3);
  return full;
}

function explainAt({ issues }: z.ZodError, given: object): string {
  const [issue] = issues as [z.core.$ZodIssue];
  const value = issue.path.reduce<unknown>(
    (part, key) => (part as Record<PropertyKey, unknown> | undefined)?.[key],
    given,
  );
  return `${issue.path.join('.')} must be ${wanted(issue)}, got ${shown(value)}`;
}

function stepsOf({ steps = [] }: FullViewSpec) {
  return steps.flatMap((one) => (typeof one === 'string' ? stepsIn(one) : [stepNamed(one)]));
}

/** The view that a list describes. @throws UserError for steps that are not known */
export function viewOf(
  spec: FullViewSpec,
  { size, ...normalisation }: { readonly size: number } & Normalisation,
): View {
  const { size: own = size, steps: _, flipVertical, quarterTurns, rotate, ...rest } = spec;
  const steps = stepsOf(spec);
  return {
    ...rest,
    ...normalisation,
    size: own,
    ...(flipVertical !== undefined && { flipVertical }),
    ...(quarterTurns !== undefined && { quarterTurns }),
    ...(rotate !== undefined && { rotate }),
    ...(steps.length > 0 && { steps }),
  };
}
