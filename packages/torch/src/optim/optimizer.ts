import { noGrad } from '../autograd.js';
import { scope } from '../scope.js';
import { eagerInputs, type StepInputs } from '../step-inputs.js';
import { slotOf, type Tensor } from '../tensor.js';
import {
  type Group,
  type Moving,
  movingOf,
  need,
  needNonNegative,
  type OptimizerOptions,
  type Scheduled,
  type State,
  settle,
  type Trainable,
} from './groups.js';

/**
 * What all optimizers share: groups, the learning rate, and a state by name that can be saved. A
 * kind of optimizer says which settings it takes (`check`), what it remembers of a parameter
 * (`begin`), and how one update goes (`update`). Parameters without a gradient stand still, and
 * gradients stay as they are.
 * @example
 * ```ts
 * import { manualSeed, nn, optim, randn, scope } from 'tandem-torch';
 *
 * manualSeed(0);
 * const [layer, x] = [new nn.Linear(4, 1), randn([64, 4])];
 * const target = scope(() => x.sum(1, { keepdim: true }));
 * const optimizer = new optim.SGD(layer.parameters(), { lr: 0.1, momentum: 0.9 });
 * const rate = optim.schedules.cosine(0.1, 100);
 * for (let step = 0; step < 100; step++) {
 *   scope(() => {
 *     optimizer.zeroGrad();
 *     nn.losses.meanSquare(layer.forward(x), target).backward();
 *     optimizer.step({ lr: rate(step) });
 *   });
 * }
 * const learned = scope(() => layer.weight.round().toArray());
 * console.log(learned); // [ [ 1, 1, 1, 1 ] ]
 * ```
 */
export abstract class Optimizer<Options extends OptimizerOptions = OptimizerOptions> {
  /** Parameters with their settings of the moment and what is remembered of each. */
  readonly groups: readonly Group<Options>[];
  readonly #name: string;

  /**
   * @throws when a setting is unknown or out of range, no parameter is given, or one is given
   * twice.
   */
  protected constructor(
    name: string,
    defaults: Required<Omit<Options, 'lr'>>,
    parameters: Trainable<Options>,
    options: Options,
  ) {
    this.#name = name;
    const settled = settle(name, defaults, parameters, options);
    for (const group of settled) this.check(group);
    // Kept only once all are made, so that a parameter that fails leaves nothing behind.
    this.groups = scope(() => {
      const begin = () =>
        settled.map((group) => ({ ...group, states: group.parameters.map((x) => this.begin(x, group)) }));
      const groups = noGrad(begin);
      for (const x of groups.flatMap(({ states }) => states.flatMap((state) => Object.values(state)))) x.keep();
      return groups;
    });
  }

  /** @throws when a setting of this kind of optimizer is out of range. */
  protected abstract check(settings: Required<Options>): void;

  /** What is remembered of a parameter, at the start all zeros. */
  protected abstract begin(parameter: Tensor, settings: Required<Options>): State;

  /**
   * One update in place, inside a scope and without gradient. The `weightDecay` of excluded vectors
   * comes as 0. What changes from step to step is asked of `inputs`, and read from the settings
   * when it is asked for: they are those of the step at hand.
   */
  protected abstract update(moving: Moving, settings: Required<Options>, inputs: StepInputs): void;

  /** @throws RangeError with this message, unless `isGood`. */
  protected need(isGood: boolean, message: string): void {
    need(isGood, this.#name, message);
  }

  /** Clears every gradient, to none rather than to zeros. */
  zeroGrad(): void {
    for (const { parameters } of this.groups) for (const x of parameters) x.grad = null;
  }

  /** Changes settings of groups that have none of their own, for all steps that follow. */
  set(schedule: { readonly [Setting in Scheduled]?: number }): void {
    const told = Object.entries(schedule).filter(([, value]) => value !== undefined) as [Scheduled, number][];
    for (const [setting, value] of told) needNonNegative(this.#name, setting, value);
    for (const group of this.groups) {
      for (const [setting, value] of told) {
        const scale = setting === 'lr' ? group.lrScale : 1;
        if (!group.fixed.has(setting)) (group as OptimizerOptions)[setting] = value * scale;
      }
    }
  }

  /**
   * One update.
   * @param schedule as `set` takes it
   * @param inputs where the update may be captured
   * @throws RangeError for a setting that is out of range
   */
  step(schedule: Parameters<this['set']>[0] = {}, inputs: StepInputs = eagerInputs): void {
    this.set(schedule);
    scope(() => {
      noGrad(() => {
        for (const group of this.groups) {
          // else as the group is, later too
          const undecayed = Object.create(group, { weightDecay: { value: 0 } }) as typeof group;
          for (const moving of movingOf(group)) this.update(moving, moving.excluded ? undecayed : group, inputs);
        }
      });
    });
  }

  /**
   * All that is remembered, as `group.parameter.name`: what a checkpoint must hold besides the
   * parameters.
   */
  stateDict(): Record<string, Tensor> {
    const named = this.groups.flatMap(({ states }, g) =>
      states.flatMap((state, i) => Object.entries(state).map(([name, x]) => [`${g}.${i}.${name}`, x] as const)),
    );
    return Object.fromEntries(named);
  }

  /**
   * Continues from a saved state.
   * @throws when it is not one of the same groups; then nothing changes.
   */
  loadStateDict(state: Record<string, Tensor>): void {
    const own = Object.entries(this.stateDict());
    const names = Object.keys(state);
    for (const name of names) slotOf(state[name] as Tensor, `${this.#name}: ${name}`);
    if (names.length !== own.length || own.some(([name, x]) => String(state[name]?.shape) !== String(x.shape))) {
      const sizes = `(${names.length} tensors) does not fit these parameters (${own.length})`;
      throw new Error(`${this.#name}: the saved state ${sizes}`);
    }
    noGrad(() => {
      for (const [name, x] of own) x.copy_(state[name] as Tensor);
    });
  }

  /** Forgets all momentum, moments and counters. @param inputs where this may be captured */
  reset(inputs: StepInputs = eagerInputs): void {
    noGrad(() => {
      for (const x of Object.values(this.stateDict())) {
        const forget = () => void x.zero_();
        if (x.dtype === 'int64')
          inputs.host(forget); // a counter: those are the host's
        else forget();
      }
    });
  }

  /** Frees what is remembered. */
  dispose(): void {
    for (const x of Object.values(this.stateDict())) x.dispose();
  }
}
