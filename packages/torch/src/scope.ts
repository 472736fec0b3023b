import { binding } from './binding.js';
import { setTracker, Tensor } from './tensor.js';

/**
 * Runs `fn` and frees, in `finally`, every tensor made inside except those in its return value (a
 * tensor, or arrays and plain objects of them) and those that were kept. Scopes nest; what one
 * returns belongs to the scope around it.
 * @throws when `fn` returns a promise: other work would run between its steps and lose its tensors.
 * @example
 * ```ts
 * import { liveCount, ones, scope } from 'tandem-torch';
 *
 * const before = liveCount();
 * const sum = scope(() => {
 *   const x = ones([1000, 1000]); // freed at the end, as all that is not returned
 *   return x.mul(2).sum().item();
 * });
 * console.log(sum, liveCount() - before); // 2000000 0
 * ```
 */
export function scope<T>(fn: () => T): T {
  const returned: number[] = [];
  binding.beginScope();
  try {
    const result = fn();
    if (result instanceof Promise) {
      result.catch(() => {});
      throw new TypeError('scope: the function returned a promise; a scope is synchronous, await outside of it');
    }
    collect(result, returned, new Set());
    return result;
  } finally {
    binding.endScope(returned);
  }
}

function collect(value: unknown, into: number[], seen: Set<object>): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  if (value instanceof Tensor) {
    if (value.live) into.push(value.slot);
  } else if (Array.isArray(value)) {
    for (const element of value) collect(element, into, seen);
  } else if (isPlain(value)) {
    for (const element of Object.values(value)) collect(element, into, seen);
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** What is alive. Memory shared by several tensors counts once. */
export interface LiveTensors {
  /** Tensors. */
  readonly count: number;
  /** Bytes of their memory. */
  readonly bytes: number;
  /** By the operator that made them. */
  readonly byOperator: Readonly<Record<string, { count: number; bytes: number }>>;
  /** By the line that made them, for tensors made while `trackTensors` was on. */
  readonly bySource: Readonly<Record<string, { count: number; bytes: number }>>;
  /**
   * Tensors whose last reference the garbage collector took while they were alive: certain leaks.
   * Only while tracking.
   */
  readonly lost: number;
}

const sources = new Map<number, string>();
const lost = new Set<number>();
const registry = new FinalizationRegistry<{ slot: number; live: () => boolean }>(({ slot, live }) => {
  if (live()) lost.add(slot);
});

/** The number of live tensors; cheap enough for every step. */
export function liveCount(): number {
  return binding.liveCount();
}

/** Counts and bytes of everything alive, by maker; takes time in proportion to their number. */
export function liveTensors(): LiveTensors {
  const byOperator: Record<string, { count: number; bytes: number }> = {};
  const bySource: Record<string, { count: number; bytes: number }> = {};
  let total = 0;
  const rows = binding.live();
  const alive = new Set<number>();
  for (const [slot, maker = 'tensor', bytes] of rows) {
    alive.add(slot);
    total += bytes;
    tally(byOperator, maker, bytes);
    const source = sources.get(slot);
    if (source) tally(bySource, source, bytes);
  }
  for (const slot of lost) if (!alive.has(slot)) lost.delete(slot);
  return { count: rows.length, bytes: total, byOperator, bySource, lost: lost.size };
}

function tally(table: Record<string, { count: number; bytes: number }>, key: string, bytes: number): void {
  table[key] ??= { count: 0, bytes: 0 };
  table[key].count += 1;
  table[key].bytes += bytes;
}

/** Records, from now on, the source line that makes each tensor; slow, for hunting a leak. */
export function trackTensors(on: boolean): void {
  sources.clear();
  lost.clear();
  setTracker(on ? remember : undefined);
}

const compiled = new URL('.', import.meta.url).pathname;
/** The engine's own folders: what runs, and where source maps say it comes from. */
const own = [compiled, decodeURIComponent(compiled).replace(/dist\/src\/$/, 'src/')];

/** Whether a line of a stack names a file that is neither Node's nor the engine's. */
function isCaller(line: string): boolean {
  return /[( ](file:\/\/)?\//.test(line) && !own.some((folder) => line.includes(folder));
}

function remember(made: Tensor): void {
  const { slot, generation } = made;
  const depth = Error.stackTraceLimit;
  // modules within modules stand between an operator and the line that called them
  Error.stackTraceLimit = 100;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = depth;
  const line = stack.split('\n').find(isCaller);
  sources.set(slot, line?.trim() ?? 'unknown');
  lost.delete(slot);
  // The registry must not hold the tensor itself, so liveness is asked of its slot and generation.
  const shadow = Object.create(Tensor.prototype, {
    slot: { value: slot },
    generation: { value: generation },
  }) as Tensor;
  registry.register(made, { slot, live: () => shadow.live });
}
