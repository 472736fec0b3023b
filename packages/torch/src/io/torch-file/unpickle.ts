// Reads pickles as data: a stack machine over a fixed list of opcodes and names. Nothing that a
// pickle names is imported or called, and what is on neither list is refused.
// (Python, Lib/pickletools.py; PyTorch, torch/_weights_only_unpickler.py)

import {
  appendAll,
  damaged,
  found,
  PickleError,
  persistent,
  reduced,
  StorageRef,
  setAll,
  type Value,
} from './values.js';

const mark = Symbol('mark');
type Slot = Value | typeof mark;

/**
 * Reads one pickle.
 * @param start where it begins in the bytes
 * @returns what it holds, the storages that it mentions, and where it ends
 * @throws PickleError where it is cut, or names what is no tensor, number, text or container
 */
export function unpickle(bytes: Buffer, start = 0): { value: Value; storages: readonly StorageRef[]; end: number } {
  const machine = new Machine(bytes, start);
  const value = machine.run();
  return { value, storages: machine.storages, end: machine.at };
}

class Machine {
  readonly #stack: Slot[] = [];
  readonly #memo = new Map<number, Value>();
  readonly storages: StorageRef[] = [];

  constructor(
    readonly bytes: Buffer,
    public at: number,
  ) {}

  run(): Value {
    for (;;) {
      const code = this.#byte();
      if (code === 0x2e) return this.#pop(); // STOP
      const operation = operations[code];
      if (!operation) throw new PickleError(`holds a pickle with opcode ${code}, which files of tensors do not have`);
      operation(this.#access);
    }
  }

  readonly #access: Access = {
    byte: () => this.#byte(),
    take: (count) => this.#take(count),
    line: () => this.#line(),
    push: (value) => {
      if (value instanceof StorageRef) this.storages.push(value);
      this.#stack.push(value);
    },
    pop: () => this.#pop(),
    top: () => {
      const value = this.#stack.at(-1);
      if (value === undefined || value === mark) throw damaged();
      return value;
    },
    mark: () => void this.#stack.push(mark),
    sinceMark: () => {
      const from = this.#stack.lastIndexOf(mark);
      if (from < 0) throw damaged();
      return this.#stack.splice(from).slice(1) as Value[];
    },
    remember: (key, value) => void this.#memo.set(key, value),
    recall: (key) => {
      const value = this.#memo.get(key);
      if (value === undefined) throw damaged();
      return value;
    },
    memoSize: () => this.#memo.size,
  };

  #byte(): number {
    return this.#take(1)[0] as number;
  }

  #take(count: number): Buffer {
    if (!Number.isSafeInteger(count) || count < 0 || this.at + count > this.bytes.length) throw damaged();
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  #line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) throw damaged();
    const line = this.bytes.toString('utf8', this.at, end);
    this.at = end + 1;
    return line;
  }

  #pop(): Value {
    const value = this.#stack.pop();
    if (value === undefined || value === mark) throw damaged();
    return value;
  }
}

/** What an opcode may do. */
interface Access {
  byte(): number;
  take(count: number): Buffer;
  line(): string;
  push(value: Value): void;
  pop(): Value;
  top(): Value;
  mark(): void;
  sinceMark(): Value[];
  remember(key: number, value: Value): void;
  recall(key: number): Value;
  memoSize(): number;
}

/** Little-endian two's complement; beyond 2^53 the nearest number, which no tensor needs. */
function long(bytes: Buffer): number {
  let value = 0n;
  for (const [i, byte] of bytes.entries()) value |= BigInt(byte) << BigInt(8 * i);
  return Number(BigInt.asIntN(8 * bytes.length, value));
}

const text = (m: Access, length: number) => m.push(m.take(length).toString('utf8'));

/** By their codes, under Python's names. */
const operations: Readonly<Record<number, (m: Access) => void>> = {
  128: (m) => void m.byte(), // PROTO
  149: (m) => void m.take(8), // FRAME
  40: (m) => m.mark(), // MARK
  48: (m) => void m.pop(), // POP
  78: (m) => m.push(null), // NONE
  136: (m) => m.push(true), // NEWTRUE
  137: (m) => m.push(false), // NEWFALSE
  75: (m) => m.push(m.byte()), // BININT1
  77: (m) => m.push(m.take(2).readUInt16LE()), // BININT2
  74: (m) => m.push(m.take(4).readInt32LE()), // BININT
  138: (m) => m.push(long(m.take(m.byte()))), // LONG1
  71: (m) => m.push(m.take(8).readDoubleBE()), // BINFLOAT
  88: (m) => text(m, m.take(4).readUInt32LE()), // BINUNICODE
  140: (m) => text(m, m.byte()), // SHORT_BINUNICODE
  85: (m) => text(m, m.byte()), // SHORT_BINSTRING
  84: (m) => text(m, m.take(4).readUInt32LE()), // BINSTRING
  67: (m) => text(m, m.byte()), // SHORT_BINBYTES
  66: (m) => text(m, m.take(4).readUInt32LE()), // BINBYTES
  41: (m) => m.push([]), // EMPTY_TUPLE
  93: (m) => m.push([]), // EMPTY_LIST
  125: (m) => m.push(new Map()), // EMPTY_DICT
  143: (m) => m.push([]), // EMPTY_SET
  133: (m) => m.push([m.pop()]), // TUPLE1
  134: (m) => m.push([m.pop(), m.pop()].reverse()), // TUPLE2
  135: (m) => m.push([m.pop(), m.pop(), m.pop()].reverse()), // TUPLE3
  116: (m) => m.push(m.sinceMark()), // TUPLE
  108: (m) => m.push(m.sinceMark()), // LIST
  100: (m) => {
    const items = m.sinceMark(); // DICT
    const made = new Map<Value, Value>();
    setAll(made, items);
    m.push(made);
  },
  97: (m) => {
    const item = m.pop(); // APPEND
    appendAll(m.top(), [item]);
  },
  101: (m) => {
    const items = m.sinceMark(); // APPENDS
    appendAll(m.top(), items);
  },
  144: (m) => {
    const items = m.sinceMark(); // ADDITEMS
    appendAll(m.top(), items);
  },
  115: (m) => {
    const value = m.pop(); // SETITEM
    const key = m.pop();
    setAll(m.top(), [key, value]);
  },
  117: (m) => {
    const items = m.sinceMark(); // SETITEMS
    setAll(m.top(), items);
  },
  113: (m) => m.remember(m.byte(), m.top()), // BINPUT
  114: (m) => m.remember(m.take(4).readUInt32LE(), m.top()), // LONG_BINPUT
  148: (m) => m.remember(m.memoSize(), m.top()), // MEMOIZE
  104: (m) => m.push(m.recall(m.byte())), // BINGET
  106: (m) => m.push(m.recall(m.take(4).readUInt32LE())), // LONG_BINGET
  99: (m) => m.push(found(`${m.line()}.${m.line()}`)), // GLOBAL
  147: (m) => {
    const name = m.pop(); // STACK_GLOBAL
    m.push(found(`${m.pop()}.${name}`));
  },
  81: (m) => m.push(persistent(m.pop())), // BINPERSID
  82: (m) => {
    const args = m.pop(); // REDUCE
    m.push(reduced(m.pop(), args));
  },
  129: (m) => {
    const args = m.pop(); // NEWOBJ
    m.push(reduced(m.pop(), args));
  },
  98: (m) => void m.pop(), // BUILD: attributes of what lies below, none of them a tensor's
};
