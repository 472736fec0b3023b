import { binding } from './binding.js';
import { type Device, type DType, dtypeOfArray, type TypedArray } from './dtype.js';
import { refuseUnknown } from './options.js';
import { Tensor } from './tensor.js';

/** Numbers in nested arrays of equal lengths. */
export type Nested = number | boolean | readonly Nested[];

/** How a tensor is to be made. */
export interface TensorOptions {
  /** Sizes of the dimensions; else those of the nested arrays, or one dimension. */
  shape?: readonly number[];
  /** The element type; else as the data says. */
  dtype?: DType;
  /** Where it lies; `'cpu'` by default. */
  device?: Device;
  /** Whether operators on it are recorded for `backward`; false by default. */
  requiresGrad?: boolean;
}

/**
 * A tensor with a copy of `data`: a number, nested arrays, or a typed array (flat; give `shape` for
 * more dimensions). The dtype is the typed array's own; nested numbers are float32, booleans bool,
 * unless `dtype` says otherwise.
 * @throws TypeError for nested arrays of unequal lengths, RangeError for numbers that an integer
 * dtype cannot hold, Error when the data do not fill `shape`
 * @example
 * ```ts
 * import { scope, tensor } from 'tandem-torch';
 *
 * scope(() => {
 *   const x = tensor([[1, 2], [3, 4]], { requiresGrad: true });
 *   x.square().sum().backward();
 *   console.log(x.grad?.toArray()); // [ [ 2, 4 ], [ 6, 8 ] ]
 * });
 * ```
 */
export function tensor(data: Nested | TypedArray, options: TensorOptions = {}): Tensor {
  refuseUnknown('tensor', options, ['shape', 'dtype', 'device', 'requiresGrad']);
  const { device = 'cpu', requiresGrad = false } = options;
  const flat = ArrayBuffer.isView(data) ? { array: data, shape: [data.length] } : flatten(data, options.dtype);
  const own = flat.dtype ?? dtypeOfArray(flat.array, 'tensor');
  const shape = options.shape ?? flat.shape;
  let made = new Tensor(binding.fromArray(flat.array, shape, own, 'tensor'), 'tensor');
  const dtype = options.dtype ?? own;
  if (dtype !== own || device !== 'cpu') {
    const converted = made.to({ dtype, device });
    made.dispose();
    made = converted;
  }
  if (requiresGrad) made.requiresGrad = true;
  return made;
}

/**
 * A tensor over the array's own memory, without a copy: writing to one writes to the other. The
 * memory stays as long as the tensor needs it, unless its ArrayBuffer is transferred: then the
 * tensor must not be used any more.
 * @param shape of as many elements as the array has; one dimension by default
 * @throws TypeError for a resizable ArrayBuffer, Error when the array does not fill `shape`
 */
export function fromBuffer(
  array: TypedArray,
  shape: readonly number[] = [array.length],
  dtype = dtypeOfArray(array, 'fromBuffer'),
): Tensor {
  // Newer than the types: shrinking such a buffer gives its pages back while the tensor still reads
  // them.
  if ((array.buffer as { resizable?: boolean }).resizable) {
    throw new TypeError('fromBuffer: the ArrayBuffer is resizable; give one of fixed size, or copy it with tensor()');
  }
  return new Tensor(binding.fromBuffer(array, shape, dtype, 'fromBuffer'), 'fromBuffer');
}

/**
 * An array as a tensor on a device. On the CPU it shares the array's memory: never write to it. The
 * copy to a GPU does not wait for the work in flight there; the array may be changed as soon as
 * this returns.
 */
export function upload(array: TypedArray, shape: readonly number[], device: Device): Tensor {
  const here = fromBuffer(array, shape);
  if (device === 'cpu') return here;
  const isLarge = array.byteLength > largestUnpinned && device.startsWith('cuda');
  return (isLarge ? here.pinMemory() : here).to({ device, nonBlocking: true });
}

/**
 * Bytes up to which CUDA copies without waiting from anywhere; for more it wants memory that the
 * system cannot move.
 */
const largestUnpinned = 2 ** 16;

/**
 * A tensor from the bytes of its elements in row-major order, little-endian, as `x.bytes()` gives
 * them.
 * @throws Error when there are more or fewer bytes than `shape` needs
 */
export function fromBytes(bytes: Uint8Array, shape: readonly number[], dtype: DType): Tensor {
  return new Tensor(binding.fromArray(bytes, shape, dtype, 'fromBytes'), 'fromBytes');
}

const integral: ReadonlySet<DType> = new Set(['int64', 'int32', 'int16', 'int8', 'uint8']);

function flatten(data: Nested, dtype: DType | undefined): { array: TypedArray; shape: number[]; dtype?: DType } {
  const shape: number[] = [];
  for (let level: Nested = data; Array.isArray(level); level = level[0] as Nested) shape.push(level.length);
  const values: (number | boolean)[] = [];
  const visit = (value: Nested, depth: number): void => {
    if (!Array.isArray(value)) {
      if (depth !== shape.length) throw new TypeError('tensor: nested arrays must have equal lengths');
      if (typeof value !== 'number' && typeof value !== 'boolean') {
        throw new TypeError(`tensor: expected numbers, booleans or a typed array, got ${value}`);
      }
      values.push(value);
      return;
    }
    if (value.length !== shape[depth]) throw new TypeError('tensor: nested arrays must have equal lengths');
    for (const element of value) visit(element, depth + 1);
  };
  visit(data, 0);
  if (values.length > 0 && values.every((value) => typeof value === 'boolean')) {
    return { array: Uint8Array.from(values, Number), shape, dtype: 'bool' };
  }
  if (dtype && integral.has(dtype)) {
    const misfit = values.find((value) => !Number.isSafeInteger(Number(value)));
    if (misfit !== undefined) throw new RangeError(`tensor: ${misfit} is no safe integer, which ${dtype} needs`);
  }
  if (dtype === 'int64') return { array: BigInt64Array.from(values, BigInt), shape };
  // Through float64, so that no integer dtype loses digits on its way.
  return dtype === undefined || dtype === 'float32'
    ? { array: Float32Array.from(values, Number), shape }
    : { array: Float64Array.from(values, Number), shape };
}
