/** Element types, named as in PyTorch. */
export const dtypes = [
  'float32',
  'float64',
  'float16',
  'bfloat16',
  'int64',
  'int32',
  'int16',
  'int8',
  'uint8',
  'bool',
] as const;

/** The name of an element type, such as `'float32'`. */
export type DType = (typeof dtypes)[number];

/** Bytes of one element. */
export const bytesPerElement: Readonly<Record<DType, number>> = {
  float32: 4,
  float64: 8,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
};

/** `cpu`, `cuda`, `cuda:1`, `mps`. */
export type Device = string;

/**
 * Order of the elements in memory: row by row, with the channels of a pixel side by side (4
 * dimensions only), or as in the tensor at hand.
 */
export type MemoryFormat = 'contiguous' | 'channelsLast' | 'preserve';

/** Where and how a tensor should be. */
export interface Placement {
  /** The element type; else as it was. */
  dtype?: DType;
  /** The device; else as it was. */
  device?: Device;
  /** The order of the elements in memory; else as it was. */
  memoryFormat?: MemoryFormat;
  /** On a GPU: copy from pinned memory without waiting. */
  nonBlocking?: boolean;
}

/** One number for an operator that takes integers and floats alike. */
export type Scalar = number | boolean | bigint;

/** A size for each dimension, or one number for all. */
export type Sizes = number | readonly number[];

/** Typed arrays that tensors can be read from and into. */
export type TypedArray = Float32Array | Float64Array | BigInt64Array | Int32Array | Int16Array | Int8Array | Uint8Array;

/**
 * The dtype of a typed array.
 * @param user names the caller in the error
 * @throws TypeError for kinds that have none, such as Uint16Array
 */
export function dtypeOfArray(array: TypedArray, user: string): DType {
  if (array instanceof Float32Array) return 'float32';
  if (array instanceof Float64Array) return 'float64';
  if (array instanceof BigInt64Array) return 'int64';
  if (array instanceof Int32Array) return 'int32';
  if (array instanceof Int16Array) return 'int16';
  if (array instanceof Int8Array) return 'int8';
  if (array instanceof Uint8Array) return 'uint8';
  const kind = Object.prototype.toString.call(array);
  throw new TypeError(`${user}: no dtype for ${kind}; use a Float32Array, Int32Array or the like`);
}

/**
 * A typed array of `length` elements for a dtype; half-precision types have none of their own and
 * are read as float32.
 */
export function arrayFor(dtype: DType, length: number): TypedArray {
  switch (dtype) {
    case 'float32':
    case 'float16':
    case 'bfloat16':
      return new Float32Array(length);
    case 'float64':
      return new Float64Array(length);
    case 'int64':
      return new BigInt64Array(length);
    case 'int32':
      return new Int32Array(length);
    case 'int16':
      return new Int16Array(length);
    case 'int8':
      return new Int8Array(length);
    case 'uint8':
    case 'bool':
      return new Uint8Array(length);
  }
}
