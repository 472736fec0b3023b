// What pickles of tensors hold, and what the names in them stand for.

/** A storage of a file: numbers of one type in a row. */
export class StorageRef {
  constructor(
    /** As PyTorch's classes are called, such as `FloatStorage`. */
    readonly type: string,
    readonly key: string,
    /** Elements. */
    readonly count: number,
  ) {}
}

/** A tensor: places in a storage, counted in elements. */
export class TensorRef {
  constructor(
    readonly storage: StorageRef,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** What stands in a pickle: containers as maps and arrays, and what carries no numbers as null. */
export type Value =
  | string
  | number
  | boolean
  | null
  | TensorRef
  | StorageRef
  | Value[]
  | Map<Value, Value>
  | Global
  | Inert;

/** A name that a pickle mentions. */
export class Global {
  constructor(readonly name: string) {}
}

/** An object whose contents are of no use here, such as the arguments of a program. */
export class Inert {}

/** A pickle that is not of tensors alone, or damaged. */
export class PickleError extends Error {
  /** As `Error` shows it. */
  override readonly name: string = 'PickleError';
}

/** Names that stand for values; what they make is in `reduced`. */
const known: ReadonlySet<string> = new Set([
  'collections.OrderedDict',
  'torch._utils._rebuild_tensor_v2',
  'torch._utils._rebuild_parameter',
  'torch.Size',
  'torch.device',
  '__builtin__.set',
  'builtins.set',
  '_codecs.encode',
  'argparse.Namespace',
]);

/** Types of numbers, which optimizers mention. */
const isType = (name: string) => /^torch\.(float|bfloat|int|uint|complex)\d+$|^torch\.bool$/.test(name);
const isStorage = (name: string) => /^torch\.[A-Z]\w+Storage$/.test(name);

/** For what no pickle of PyTorch has. */
export function damaged(): PickleError {
  return new PickleError('is cut or damaged: its pickle is not whole');
}

/** What a name stands for. @throws PickleError for one that is on no list */
export function found(name: string): Value {
  if (isType(name)) return name;
  if (known.has(name) || isStorage(name)) return new Global(name);
  throw new PickleError(
    `holds a ${JSON.stringify(name.slice(0, 80))}, which is no tensor, and code of files is never run; save its weights alone: torch.save(model.state_dict(), 'weights.pth')`,
  );
}

/** What a name makes of its arguments; nothing is called. */
export function reduced(callee: Value, args: Value): Value {
  if (!(callee instanceof Global) || !Array.isArray(args)) throw damaged();
  switch (callee.name) {
    case 'collections.OrderedDict':
      return new Map(asPairs(args[0]));
    case 'torch._utils._rebuild_tensor_v2':
      return tensorOf(args);
    case 'torch._utils._rebuild_parameter':
      return args[0] ?? null;
    case 'torch.Size':
      return args[0] ?? null;
    case 'argparse.Namespace':
      return new Inert();
    case 'torch.device':
    case '_codecs.encode':
    case '__builtin__.set':
    case 'builtins.set':
      return null;
    default:
      throw damaged();
  }
}

function asPairs(list: Value | undefined): [Value, Value][] {
  if (list === undefined) return [];
  if (!Array.isArray(list)) throw damaged();
  return list.map((pair) => {
    if (!Array.isArray(pair) || pair.length !== 2) throw damaged();
    return pair as [Value, Value];
  });
}

function tensorOf([storage, offset, shape, strides, , , more]: Value[]): TensorRef {
  const isSizes = (x: Value | undefined): x is number[] =>
    Array.isArray(x) && x.every((n) => Number.isSafeInteger(n) && (n as number) >= 0);
  if (!(storage instanceof StorageRef) || !isSizes([offset as Value]) || !isSizes(shape) || !isSizes(strides))
    throw damaged();
  if (shape.length !== strides.length || shape.length > 64) throw damaged();
  if (more instanceof Map && more.size > 0)
    throw new PickleError('holds conjugate or negative views; save clones of its tensors');
  return new TensorRef(storage, offset as number, shape, strides);
}

/** Storages are kept beside the pickle: ('storage', type, key, place, elements, view). */
export function persistent(id: Value): StorageRef {
  if (!Array.isArray(id)) throw damaged();
  const [kind, type, key, , count] = id;
  if (kind !== 'storage' || !(type instanceof Global) || !isStorage(type.name)) throw damaged();
  if (typeof key !== 'string' || !Number.isSafeInteger(count)) throw damaged();
  return new StorageRef(type.name.slice('torch.'.length), key, count as number);
}

/** Keys and values, one after the other, into a map. */
export function setAll(target: Value, items: readonly Value[]): void {
  if (!(target instanceof Map) || items.length % 2 !== 0) throw damaged();
  for (let i = 0; i < items.length; i += 2) target.set(items[i] as Value, items[i + 1] as Value);
}

/** Items to the end of a list. */
export function appendAll(target: Value, items: readonly Value[]): void {
  if (!Array.isArray(target)) throw damaged();
  for (const item of items) target.push(item);
}
