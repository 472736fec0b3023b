import { refuseUnknown } from '../options.js';
import type { Tensor } from '../tensor.js';

/** Settings of every optimizer; a group may set its own. */
export interface OptimizerOptions {
  /** Learning rate, 0 or more. */
  lr: number;
  /** Strength of the pull towards 0, 0 or more; each optimizer says where it goes. */
  weightDecay?: number;
  /**
   * `'vectors'`: tensors of one dimension or none, that is biases and batch norm, are not decayed.
   */
  exclude?: 'vectors' | 'none';
}

/**
 * Parameters with settings of their own. A group with its own `lr` or `weightDecay` keeps it,
 * whatever `step` is given.
 */
export type GroupOptions<Options> = Partial<Options> & {
  /** Tensors that require gradients. */
  readonly parameters: readonly Tensor[];
  /**
   * Times the rate that `step` is given, for a group that learns faster or slower than others; 1 by
   * default.
   */
  readonly lrScale?: number;
};

/** What an optimizer is to train: tensors, or groups of them. */
export type Trainable<Options> = readonly Tensor[] | readonly GroupOptions<Options>[];

/** What an optimizer remembers of one parameter, by name. */
export type State = Readonly<Record<string, Tensor>>;

/** A group with every setting decided. */
export type Settled<Options> = Required<Options> &
  Required<OptimizerOptions> & {
    readonly parameters: readonly Tensor[];
    readonly lrScale: number;
    readonly fixed: ReadonlySet<Scheduled>;
  };

/** The settings that `step` may change. */
export type Scheduled = 'lr' | 'weightDecay';

/** A group as the optimizer holds it: with one state for each parameter. */
export type Group<Options> = Settled<Options> & { readonly states: readonly State[] };

/**
 * Parameters that have a gradient and are treated alike, as lists for the `_foreach_` operators.
 */
export interface Moving {
  /** The parameters. */
  readonly thetas: readonly Tensor[];
  /** The gradient of each, of its shape. */
  readonly gradients: readonly Tensor[];
  /** Whether these are vectors of a group that excludes them. */
  readonly excluded: boolean;
  /** What is remembered of each under this name. */
  state(name: string): Tensor[];
}

/** @throws RangeError with a line that begins with the optimizer's name, unless `isGood`. */
export function need(isGood: boolean, name: string, message: string): void {
  if (!isGood) throw new RangeError(`${name}: ${message}`);
}

/** @throws RangeError unless the value of this setting is finite and 0 or more */
export function needNonNegative(name: string, setting: Scheduled, value: number): void {
  need(value >= 0 && value < Number.POSITIVE_INFINITY, name, `${setting} must be 0 or more, got ${value}`);
}

/**
 * The groups with settings merged: those of the group before `options` before `defaults`.
 * @throws as the optimizers do.
 */
export function settle<Options extends OptimizerOptions>(
  name: string,
  defaults: Required<Omit<Options, 'lr'>>,
  parameters: Trainable<Options>,
  options: Options,
): Settled<Options>[] {
  const groups = asGroups(parameters);
  const all = groups.flatMap((group) => group.parameters);
  need(all.length > 0, name, 'there are no parameters to train');
  need(new Set(all).size === all.length, name, 'a parameter is given twice');
  return groups.map(({ parameters: members, lrScale = 1, ...own }) => {
    const settings = { ...defaults, ...options, ...own };
    refuseUnknown(name, settings, ['lr', ...Object.keys(defaults)]);
    const scheduled = ['lr', 'weightDecay'] as const;
    const fixed = new Set(scheduled.filter((setting) => (own as Partial<OptimizerOptions>)[setting] !== undefined));
    const group = { ...settings, parameters: members, lrScale, fixed } as unknown as Settled<Options>;
    for (const setting of scheduled) needNonNegative(name, setting, group[setting]);
    const { exclude } = group;
    need(lrScale > 0 && lrScale < Number.POSITIVE_INFINITY, name, `lrScale must be above 0, got ${lrScale}`);
    need(exclude === 'vectors' || exclude === 'none', name, `exclude must be 'vectors' or 'none', got '${exclude}'`);
    return group;
  });
}

function asGroups<Options>(parameters: Trainable<Options>): GroupOptions<Options>[] {
  const isGroup = (entry: Tensor | GroupOptions<Options>): entry is GroupOptions<Options> => 'parameters' in entry;
  const groups = parameters.map((entry) => (isGroup(entry) ? entry : { parameters: [entry] }));
  return (parameters.some(isGroup) ? groups : [{ parameters }]) as GroupOptions<Options>[];
}

/** The parameters of a group that have a gradient, vectors apart where they are excluded. */
export function movingOf({ parameters, states, exclude }: Group<OptimizerOptions>): Moving[] {
  const all = parameters.map((theta, i) => ({ gradient: theta.grad, theta, state: states[i] as State }));
  const moving = all.filter(({ gradient }) => gradient);
  return [false, true]
    .map((excluded) => {
      const part = moving.filter(({ theta }) => (exclude === 'vectors' && theta.ndim <= 1) === excluded);
      return {
        thetas: part.map(({ theta }) => theta),
        gradients: part.map(({ gradient }) => gradient as Tensor),
        excluded,
        state: (name: string) => part.map(({ state }) => state[name] as Tensor),
      };
    })
    .filter(({ thetas }) => thetas.length > 0);
}
