import { closeSync, fstatSync, openSync } from 'node:fs';
import { fromBytes } from '../../create.js';
import { bytesPerElement, type DType } from '../../dtype.js';
import type { Tensor } from '../../tensor.js';
import { readBytes } from '../read-bytes.js';
import { unpickle } from './unpickle.js';
import { PickleError, type StorageRef, TensorRef, type Value } from './values.js';
import { type Read, zipEntries } from './zip.js';

const types: Readonly<Record<string, DType>> = {
  DoubleStorage: 'float64',
  FloatStorage: 'float32',
  HalfStorage: 'float16',
  BFloat16Storage: 'bfloat16',
  LongStorage: 'int64',
  IntStorage: 'int32',
  ShortStorage: 'int16',
  CharStorage: 'int8',
  ByteStorage: 'uint8',
  BoolStorage: 'bool',
};

/** More than any file of weights has beside its numbers. */
const pickleLimit = 256 * 2 ** 20;

/** The first bytes of the format before PyTorch 1.6: a pickle of 0x1950a86a20f9469cfc6c. */
const legacyMagic = Buffer.from([0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]);

/**
 * Whether a file begins as `torch.save` writes it, today or before PyTorch 1.6. Safetensors begin
 * with the length of their JSON, whose lowest byte may be a pickle's first one; the JSON tells.
 * @param first its first bytes, nine or more
 */
export function isTorchFile(first: Buffer): boolean {
  if (first.subarray(0, 4).equals(Buffer.from('PK\x03\x04', 'latin1'))) return true;
  return first[0] === 0x80 && first[8] !== '{'.charCodeAt(0);
}

/** What is asked of a file. */
export interface TorchFileOptions {
  /** Names that are passed by, such as those of an optimizer's state. */
  readonly skip?: (name: string) => boolean;
}

/**
 * Reads the tensors in a file of `torch.save` without running anything in it: tensors within maps
 * and lists get the names of their places, joined by dots.
 * @returns tensors on the CPU, for the caller to free
 * @throws PickleError naming the file and what is wrong, such as an object that is no tensor
 */
export function loadTorchFile(path: string, { skip = () => false }: TorchFileOptions = {}): Record<string, Tensor> {
  const file = openSync(path, 'r');
  const tensors: Record<string, Tensor> = Object.create(null);
  try {
    const { size } = fstatSync(file);
    const read: Read = (from, to) =>
      readBytes(file, from, to, () => new PickleError('is cut: it ends before its tensors do'));
    const isZip = size >= 4 && read(0, 4).equals(Buffer.from('PK\x03\x04', 'latin1'));
    const { value, bytesOf } = isZip ? fromZip(read, size) : fromLegacy(read, size);
    for (const [name, ref] of named(value)) {
      if (!skip(name)) tensors[name] = tensorOf(ref, bytesOf);
    }
    return tensors;
  } catch (error) {
    for (const tensor of Object.values(tensors)) tensor.dispose();
    throw error instanceof PickleError ? new PickleError(`${path}: ${error.message}`) : error;
  } finally {
    closeSync(file);
  }
}

interface Opened {
  readonly value: Value;
  /** The bytes of a storage, from one element to another. */
  readonly bytesOf: (storage: StorageRef, width: number, from: number, to: number) => Buffer;
}

function fromZip(read: Read, size: number): Opened {
  const entries = new Map(zipEntries(read, size).map((entry) => [entry.name, entry]));
  const [pickle] = [...entries.values()].filter(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
  if (!pickle) throw new PickleError('is an archive without data.pkl; it is not of torch.save');
  const prefix = pickle.name.slice(0, -'data.pkl'.length);
  if ([...entries.keys()].some((name) => name.startsWith(`${prefix}code/`))) {
    throw new PickleError("is a TorchScript program, which is not run; save the model's state_dict()");
  }
  const order = entries.get(`${prefix}byteorder`);
  if (order && read(order.begin, order.end).toString() === 'big') throw new PickleError('is of a big-endian machine');
  if (pickle.end - pickle.begin > pickleLimit) throw new PickleError('has a pickle too large for weights');
  const { value } = unpickle(read(pickle.begin, pickle.end));
  return {
    value,
    bytesOf: ({ key, count }, width, from, to) => {
      const entry = entries.get(`${prefix}data/${key}`);
      if (!entry || entry.end - entry.begin < count * width)
        throw new PickleError(`is damaged: storage ${key} is not whole`);
      return read(entry.begin + from * width, entry.begin + to * width);
    },
  };
}

/** Four pickles, one of the storages' keys, and the storages in that order. */
function fromLegacy(read: Read, size: number): Opened {
  const bytes = read(0, Math.min(size, pickleLimit));
  if (!bytes.subarray(0, legacyMagic.length).equals(legacyMagic)) {
    throw new PickleError('is a pickle, but not of torch.save; convert it to safetensors');
  }
  let at = legacyMagic.length;
  const widths = new Map<Value, number>();
  const next = () => {
    const { value, end, storages } = unpickle(bytes, at);
    for (const { key, type } of storages) widths.set(key, bytesPerElement[dtypeOf(type)]);
    at = end;
    return value;
  };
  if (next() !== 1001) throw new PickleError('is of another version of torch.save');
  const system = next();
  if (!(system instanceof Map) || system.get('little_endian') !== true)
    throw new PickleError('is of a big-endian machine');
  const value = next();
  const keys = next();
  if (!Array.isArray(keys)) throw new PickleError('is damaged: it has no list of storages');
  const places = new Map<Value, { begin: number; count: number }>();
  for (const key of keys) {
    const width = widths.get(key);
    if (width === undefined || at + 8 > size) throw new PickleError('is cut or damaged: its storages are not whole');
    const count = Number(read(at, at + 8).readBigInt64LE());
    const begin = at + 8;
    at = begin + count * width;
    if (count < 0 || at > size) throw new PickleError('is cut: its storages are not whole');
    places.set(key, { begin, count });
  }
  return {
    value,
    bytesOf: ({ key, count }, width, from, to) => {
      const place = places.get(key);
      if (!place || place.count < count) throw new PickleError(`is damaged: storage ${key} is not whole`);
      return read(place.begin + from * width, place.begin + to * width);
    },
  };
}

/** Every tensor by its place; containers that stand in several places count once. */
function named(root: Value): [string, TensorRef][] {
  const found: [string, TensorRef][] = [];
  const seen = new Set<Value>();
  const walk = (value: Value, name: string, depth: number): void => {
    if (value instanceof TensorRef) found.push([name === '' ? 'tensor' : name, value]);
    if (!(value instanceof Map || Array.isArray(value)) || seen.has(value)) return;
    if (depth > 32) throw new PickleError('is nested too deeply for weights');
    seen.add(value);
    for (const [key, item] of value.entries()) {
      if (typeof key === 'string' || typeof key === 'number')
        walk(item, name === '' ? `${key}` : `${name}.${key}`, depth + 1);
    }
  };
  walk(root, '', 0);
  return found;
}

function dtypeOf(type: string): DType {
  const dtype = types[type];
  if (!dtype) throw new PickleError(`has tensors of ${type}, which are not read`);
  return dtype;
}

function tensorOf({ storage, offset, shape, strides }: TensorRef, bytesOf: Opened['bytesOf']): Tensor {
  const dtype = dtypeOf(storage.type);
  const width = bytesPerElement[dtype];
  const numel = shape.reduce((product, n) => product * n, 1);
  if (numel === 0) return fromBytes(Buffer.alloc(0), shape, dtype);
  const span = shape.reduce((last, n, i) => last + (n - 1) * (strides[i] as number), 0) + 1;
  if (!Number.isSafeInteger(numel) || !(offset + span <= storage.count)) {
    throw new PickleError('is damaged: a tensor is larger than its storage');
  }
  const bytes = bytesOf(storage, width, offset, offset + span);
  if (isDense(shape, strides)) return fromBytes(bytes, shape, dtype);
  if (numel > storage.count) throw new PickleError('holds an expanded tensor; save a clone of it');
  return fromBytes(gathered(bytes, width, shape, strides), shape, dtype);
}

/** Whether rows lie one after the other. */
function isDense(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== expected) return false;
    expected *= shape[i] as number;
  }
  return true;
}

/** The elements of a view one after the other. */
function gathered(bytes: Buffer, width: number, shape: readonly number[], strides: readonly number[]): Buffer {
  const numel = shape.reduce((product, n) => product * n, 1);
  const out = Buffer.alloc(numel * width);
  const index = shape.map(() => 0);
  let at = 0;
  for (let i = 0; i < numel; i++) {
    bytes.copy(out, i * width, at * width, (at + 1) * width);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      at += strides[axis] as number;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      at -= (index[axis] as number) * (strides[axis] as number);
      index[axis] = 0;
    }
  }
  return out;
}
