import { noGrad } from '../autograd.js';
import type { DType, Placement } from '../dtype.js';
import type {} from '../ops.generated.js';
import { scope } from '../scope.js';
import { describe, slotOf, Tensor } from '../tensor.js';

type Kind = 'parameter' | 'buffer';

const kinds = new WeakMap<Tensor, Kind>();

/** Makes `x` a parameter: owned, and trained unless `requiresGrad` is switched off later. */
export function parameter(x: Tensor): Tensor {
  kinds.set(x.keep(), 'parameter');
  x.requiresGrad = true;
  return x;
}

/** Makes `x` a buffer: owned and saved, but not trained. */
export function buffer(x: Tensor): Tensor {
  kinds.set(x.keep(), 'buffer');
  return x;
}

/** Tensors by name, as `stateDict` gives and `loadStateDict` takes them. */
export type StateDict = Record<string, Tensor>;

interface Entry {
  readonly name: string;
  readonly owner: Record<string, unknown>;
  readonly key: string;
  readonly tensor: Tensor;
  readonly kind: Kind;
}

/**
 * A part of a network. Parameters, buffers and children are ordinary properties (made by
 * `parameter`, by `buffer`, or modules themselves); their names are the property names, in snake
 * case as PyTorch spells them.
 * @example
 * ```ts
 * import { nn, randn, scope, type Tensor } from 'tandem-torch';
 *
 * class Residual extends nn.Module {
 *   readonly first = new nn.Linear(8, 16);
 *   readonly second = new nn.Linear(16, 8);
 *
 *   forward(x: Tensor): Tensor {
 *     return x.add(this.second.forward(this.first.forward(x).relu()));
 *   }
 * }
 *
 * const block = new Residual();
 * console.log(Object.keys(block.first.stateDict()).join()); // weight,bias
 * const shape = scope(() => block.forward(randn([3, 8])).shape);
 * console.log(shape.join()); // 3,8
 * block.dispose();
 * ```
 */
export abstract class Module {
  /**
   * Whether layers that behave differently in training (batch norm) do so; set by `train` and
   * `eval`.
   */
  training = true;

  /** What it computes; each module says the shapes. */
  abstract forward(x: Tensor): Tensor;

  /**
   * Every parameter with its name, in the order of definition; one that is used twice by its first
   * name.
   */
  namedParameters(): [name: string, tensor: Tensor][] {
    return named(this, 'parameter');
  }

  /** Every buffer (running statistics and counters) with its name. */
  namedBuffers(): [name: string, tensor: Tensor][] {
    return named(this, 'buffer');
  }

  /** Every parameter, in the order of `namedParameters`. */
  parameters(): Tensor[] {
    return this.namedParameters().map(([, tensor]) => tensor);
  }

  /** Parameters and buffers by name: the tensors themselves, not copies. */
  stateDict(): StateDict {
    return Object.fromEntries([...entries(this, '')].map(({ name, tensor }) => [name, tensor]));
  }

  /**
   * Copies values in, after checking all names and shapes, so that a misfit changes nothing.
   * @throws naming the missing, unexpected and misshapen keys.
   */
  loadStateDict(state: StateDict): void {
    const own = this.stateDict();
    for (const [name, x] of Object.entries(state)) slotOf(x, `loadStateDict: ${name}`);
    const missing = Object.keys(own).filter((name) => !Object.hasOwn(state, name));
    const unexpected = Object.keys(state).filter((name) => !Object.hasOwn(own, name));
    const misshapen = Object.entries(own)
      .filter(([name, tensor]) => state[name] && String(state[name].shape) !== String(tensor.shape))
      .map(([name, tensor]) => `${name} is ${describe(state[name] as Tensor)}, not ${describe(tensor)}`);
    const problems = [
      ...(missing.length ? [`missing ${list(missing)}`] : []),
      ...(unexpected.length ? [`unexpected ${list(unexpected)}`] : []),
      ...(misshapen.length ? [list(misshapen)] : []),
    ];
    if (problems.length > 0) throw new Error(`loadStateDict: ${problems.join('; ')}`);
    noGrad(() => {
      for (const [name, tensor] of Object.entries(own)) tensor.copy_(state[name] as Tensor);
    });
  }

  /**
   * A deep copy with tensors of its own, trained or frozen as these are. Made without calling
   * constructors: a subclass keeps what it needs in ordinary properties, none of them `#private`.
   */
  clone(): this {
    return cloned(this, new Map());
  }

  /** This module and every module below it. */
  modules(): Module[] {
    return [...modules(this)];
  }

  /** Switches training behaviour on, here and below. */
  train(on = true): this {
    for (const module of this.modules()) module.training = on;
    return this;
  }

  /** Switches it off: batch norm uses its running statistics. */
  eval(): this {
    return this.train(false);
  }

  /** Freezes or unfreezes every parameter. */
  requiresGrad(on: boolean): this {
    for (const tensor of this.parameters()) tensor.requiresGrad = on;
    return this;
  }

  /**
   * Moves every tensor. The parameters become new tensors, so do this before making an optimizer.
   * Floating-point tensors take the dtype; 4-dimensional ones take the memory format.
   */
  to({ dtype, device, memoryFormat }: Pick<Placement, 'dtype' | 'device' | 'memoryFormat'>): this {
    const done = new Map<Tensor, Tensor>();
    for (const { owner, key, tensor, kind } of [...entries(this, '')]) {
      const twin = done.get(tensor);
      if (twin) {
        owner[key] = twin;
        continue;
      }
      const target: Placement = {};
      if (device) target.device = device;
      if (dtype && floating.has(tensor.dtype)) target.dtype = dtype;
      if (memoryFormat && tensor.ndim === 4) target.memoryFormat = memoryFormat;
      const trained = tensor.requiresGrad;
      // A tensor that changes nothing comes back as the same memory; the old reference is let go
      // either way.
      const moved = scope(() => tensor.detach().to(target));
      tensor.dispose();
      owner[key] = kind === 'parameter' ? parameter(moved) : buffer(moved);
      if (kind === 'parameter') moved.requiresGrad = trained;
      done.set(tensor, moved);
    }
    return this;
  }

  /** Frees every tensor. */
  dispose(): void {
    for (const { tensor } of [...entries(this, '')]) tensor.dispose();
  }
}

function named(module: Module, wanted: Kind): [string, Tensor][] {
  const seen = new Set<Tensor>();
  return [...entries(module, '')].flatMap(({ name, tensor, kind }): [string, Tensor][] => {
    if (kind !== wanted || seen.has(tensor)) return [];
    seen.add(tensor);
    return [[name, tensor]];
  });
}

const floating: ReadonlySet<DType> = new Set(['float32', 'float64', 'float16', 'bfloat16']);

function snakeCase(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
}

function list(words: readonly string[]): string {
  return words.slice(0, 4).map(onOneLine).join(', ') + (words.length > 4 ? ` and ${words.length - 4} more` : '');
}

/** Names come from files, and a message is one short line. */
function onOneLine(words: string): string {
  const plain = /^[\x20-\x7e]*$/.test(words) ? words : JSON.stringify(words);
  return plain.length > 100 ? `${plain.slice(0, 100)}...` : plain;
}

function* entries(owner: object, prefix: string): Generator<Entry> {
  for (const [key, value] of Object.entries(owner)) {
    const name = prefix + snakeCase(key);
    if (value instanceof Tensor) {
      const kind = kinds.get(value);
      if (kind) yield { name, owner: owner as Record<string, unknown>, key, tensor: value, kind };
    } else if (value instanceof Module || Array.isArray(value)) {
      yield* entries(value, `${name}.`);
    }
  }
}

function* modules(value: unknown): Generator<Module> {
  if (value instanceof Module) yield value;
  if (value instanceof Module || Array.isArray(value)) {
    for (const child of Object.values(value)) yield* modules(child);
  }
}

/** `done` keeps what is used twice one thing in the copy too. */
function cloned<T>(value: T, done: Map<unknown, unknown>): T {
  if (done.has(value)) return done.get(value) as T;
  if (value instanceof Tensor) {
    const kind = kinds.get(value);
    if (!kind) return value;
    const copy = noGrad(() => value.clone());
    const owned = kind === 'parameter' ? parameter(copy) : buffer(copy);
    owned.requiresGrad = value.requiresGrad;
    done.set(value, owned);
    return owned as T;
  }
  if (Array.isArray(value)) return value.map((element) => cloned(element, done)) as T;
  if (!(value instanceof Module)) return value;
  const copy = Object.create(Object.getPrototypeOf(value)) as Record<string, unknown>;
  done.set(value, copy);
  for (const [key, child] of Object.entries(value)) copy[key] = cloned(child, done);
  return copy as T;
}
