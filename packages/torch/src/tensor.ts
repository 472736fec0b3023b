import { binding, call, generations, resolve } from './binding.js';
import {
  arrayFor,
  bytesPerElement,
  type Device,
  type DType,
  dtypes,
  type Placement,
  type TypedArray,
} from './dtype.js';
import { refuseUnknown } from './options.js';

/** The elements as nested arrays, as deep as the tensor has dimensions. */
export type NestedNumbers = number | NestedNumbers[];

/** Called for each new tensor while tracking is on; see `trackTensors`. */
let tracker: ((made: Tensor) => void) | undefined;

/** @internal */
export function setTracker(track: typeof tracker): void {
  tracker = track;
}

const conversionArguments = 'self dtype layout device pin_memory non_blocking copy memory_format'.split(' ');
let conversion: number | undefined;

/**
 * A tensor of libtorch: a reference, checked at every use, to a slot in the addon. Operators are
 * methods too, generated into `ops.generated.ts`. Lives until its scope ends, or until `dispose()`
 * when it was kept or made outside every scope.
 */
export class Tensor {
  /** @internal */
  readonly slot: number;
  /** @internal */
  readonly generation: number;
  /** The operator that made it. */
  readonly maker: string;
  #shape: readonly number[] | undefined;
  #gradient: Tensor | undefined;

  /** @internal */
  constructor(slot: number, maker: string) {
    this.slot = slot;
    this.generation = generations[slot] as number;
    this.maker = maker;
    tracker?.(this);
  }

  /** Whether it can still be used. */
  get live(): boolean {
    return generations[this.slot] === this.generation;
  }

  /** Sizes of the dimensions. */
  get shape(): readonly number[] {
    this.#shape ??= Object.freeze(binding.shape(slotOf(this, 'shape')));
    return this.#shape;
  }

  /** Steps between neighbours along each dimension, in elements. */
  get strides(): readonly number[] {
    return binding.strides(slotOf(this, 'strides'));
  }

  /** Number of dimensions. */
  get ndim(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get numel(): number {
    return this.shape.reduce((product, size) => product * size, 1);
  }

  /** Element type. */
  get dtype(): DType {
    return binding.dtype(slotOf(this, 'dtype')) as DType;
  }

  /** Where it lies: `'cpu'`, `'cuda:0'`. */
  get device(): Device {
    return binding.device(slotOf(this, 'device'));
  }

  /** Whether the elements lie in order in memory. */
  isContiguous(format: 'contiguous' | 'channelsLast' = 'contiguous'): boolean {
    return binding.isContiguous(slotOf(this, 'isContiguous'), format === 'channelsLast');
  }

  /**
   * Whether operators on it are recorded for `backward`. Can be switched off on leaves alone, and
   * on for floating-point tensors.
   */
  get requiresGrad(): boolean {
    return binding.requiresGrad(slotOf(this, 'requiresGrad'));
  }

  /** @throws Error for a dtype that has no gradients, or off where `isLeaf` is false */
  set requiresGrad(on: boolean) {
    binding.setRequiresGrad(slotOf(this, 'requiresGrad'), on);
  }

  /** Whether it was made by the user rather than by a recorded operator. */
  get isLeaf(): boolean {
    return binding.isLeaf(slotOf(this, 'isLeaf'));
  }

  /**
   * The gradient that `backward` accumulated, of this shape; null when there is none. Setting null
   * clears it.
   */
  get grad(): Tensor | null {
    const known = this.#gradient;
    const slot = binding.gradient(slotOf(this, 'grad'), known?.live ? known.slot : -1);
    if (slot < 0) return null;
    if (slot !== known?.slot || !known.live) this.#gradient = new Tensor(slot, 'grad');
    return this.#gradient as Tensor;
  }

  /** @throws Error when the gradient's shape or dtype is another */
  set grad(gradient: Tensor | null) {
    binding.setGradient(slotOf(this, 'grad'), gradient ? slotOf(gradient, 'grad') : -1);
    this.#gradient = gradient ?? undefined;
  }

  /**
   * Accumulates the gradients of this tensor with respect to every leaf it was computed from.
   * @param gradient of this shape; may be left out for a single number.
   * @throws when nothing was recorded, or the recording has been used up (see `retainGraph`).
   */
  backward(gradient?: Tensor, options: { retainGraph?: boolean; createGraph?: boolean } = {}): void {
    refuseUnknown('backward', options, ['retainGraph', 'createGraph']);
    const { createGraph = false, retainGraph = createGraph } = options;
    const given = gradient ? [slotOf(gradient, 'backward')] : null;
    binding.backward([slotOf(this, 'backward')], given, retainGraph, createGraph);
  }

  /**
   * The one element as a number; booleans as 0 and 1. On a GPU this waits for all work in flight.
   * @throws Error when there are more or fewer elements, RangeError for an int64 beyond 2^53
   */
  item(): number {
    const value = Number(binding.item(slotOf(this, 'item')));
    if (!Number.isSafeInteger(value) && this.dtype === 'int64') {
      throw new RangeError(`item: ${value} is beyond the safe integers of JavaScript; read it with data()`);
    }
    return value;
  }

  /**
   * A copy of the elements in row-major order; float16 and bfloat16 as float32, bool as 0 and 1.
   */
  data(): TypedArray {
    const { dtype } = this;
    if (dtype === 'float16' || dtype === 'bfloat16') {
      const wide = this.to('float32');
      const elements = wide.data();
      wide.dispose();
      return elements;
    }
    const elements = arrayFor(dtype, this.numel);
    binding.read(slotOf(this, 'data'), elements);
    return elements;
  }

  /** A copy of the elements as they lie in memory in row-major order, little-endian. */
  bytes(): Uint8Array {
    const bytes = new Uint8Array(this.numel * bytesPerElement[this.dtype]);
    binding.read(slotOf(this, 'bytes'), bytes);
    return bytes;
  }

  /** The elements as nested arrays of numbers; one number for a tensor without dimensions. */
  toArray(): NestedNumbers {
    const flat = this.data();
    const { shape } = this;
    let next = 0;
    const build = (depth: number): NestedNumbers =>
      depth === shape.length
        ? Number(flat[next++])
        : Array.from({ length: shape[depth] as number }, () => build(depth + 1));
    return build(0);
  }

  /**
   * The same values in another dtype, device or memory format; the same memory where nothing
   * changes.
   */
  to(target: DType | Device | Placement): Tensor {
    if (typeof target === 'string') {
      return this.to((dtypes as readonly string[]).includes(target) ? { dtype: target as DType } : { device: target });
    }
    refuseUnknown('to', target, ['dtype', 'device', 'memoryFormat', 'nonBlocking']);
    const { dtype, device, memoryFormat, nonBlocking } = target;
    conversion ??= resolve('aten::to', 'dtype_layout', conversionArguments, 'to');
    const slot = slotOf(this, 'to');
    const skip = undefined;
    const result = call(conversion, slot, dtype, skip, device, skip, nonBlocking, skip, memoryFormat);
    return new Tensor(result as number, 'to');
  }

  /** Makes it an owner: no scope frees it, only `dispose`. */
  keep(): this {
    binding.keep(slotOf(this, 'keep'));
    return this;
  }

  /** Frees it now. Freeing twice is allowed. */
  dispose(): void {
    if (this.live) binding.dispose(this.slot);
  }

  /** As `Tensor(float32[2, 3])`. */
  toString(): string {
    return this.live ? `Tensor(${describe(this)})` : 'Tensor(freed)';
  }

  /** What `console.log` shows. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** `float32[2, 3]`, as in error messages. */
export function describe(x: Tensor): string {
  return `${x.dtype}[${x.shape.join(', ')}]`;
}

/**
 * The slot of a live tensor. Throws the error that names who made the freed one, and how to keep
 * it.
 * @internal
 */
export function slotOf(x: Tensor, user: string): number {
  if (!(x instanceof Tensor)) throw new TypeError(`${user}: expected a Tensor, got ${x}`);
  if (generations[x.slot] === x.generation) return x.slot;
  const what = generations[x.slot] === x.generation + 1 ? binding.freed(x.slot) : '';
  throw new Error(
    `${user}: the tensor ${what ? `${what} ` : ''}made by ${x.maker} has been freed; ` +
      'return it from its scope(), keep() it, or make it inside the scope that uses it',
  );
}
