import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { io, liveCount, ones, scope, type Tensor, tensor, zeros } from '../src/index.js';
import { assertThrowsLine } from './messages.js';

const { loadSafetensors, saveSafetensors } = io;

const folder = mkdtempSync(join(tmpdir(), 'tandem-safetensors-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'x.safetensors');

const scoped = (name: string, body: () => void) =>
  test(name, () => {
    const before = liveCount();
    scope(body);
    assert.equal(liveCount(), before, 'live tensors');
  });

const codes = {
  float64: 'F64',
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  int64: 'I64',
  int32: 'I32',
  int16: 'I16',
  int8: 'I8',
  uint8: 'U8',
  bool: 'BOOL',
} as const;
type Name = keyof typeof codes;

/** A file as the format's description has it, by hand. */
function assemble(header: unknown, data: Uint8Array = new Uint8Array()): Buffer {
  const json = typeof header === 'string' ? Buffer.from(header) : Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, data]);
}

/** Reads a file by the format's description, on its own. */
function dissect(path: string): { header: Record<string, Entry>; text: string; data: Buffer } {
  const bytes = readFileSync(path);
  const length = Number(bytes.readBigUInt64LE());
  const text = bytes.toString('utf8', 8, 8 + length);
  return { header: JSON.parse(text) as Record<string, Entry>, text, data: bytes.subarray(8 + length) };
}

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

function load(bytes: Uint8Array): io.SafeTensors {
  writeFileSync(file, bytes);
  return loadSafetensors(file);
}

function refuses(bytes: Uint8Array, ...parts: (string | RegExp)[]): void {
  const before = liveCount();
  assertThrowsLine(() => load(bytes), `${file}: not a safetensors file: `, ...parts);
  assert.equal(liveCount(), before, 'tensors made before the fault was found are freed');
}

describe('a saved file', () => {
  scoped('comes back with every dtype, value and shape', () => {
    const values = [
      [0, 1, 1],
      [1, 0, 1],
    ];
    const tensors = Object.fromEntries(
      (Object.keys(codes) as Name[]).map((dtype) => [dtype, tensor(values, { dtype })]),
    );
    saveSafetensors(file, tensors);
    const { tensors: back } = loadSafetensors(file);
    assert.deepEqual(Object.keys(back), Object.keys(tensors));
    for (const [name, x] of Object.entries(tensors)) {
      assert.deepEqual([back[name]?.dtype, back[name]?.shape], [name, [2, 3]]);
      assert.deepEqual(back[name]?.bytes(), x.bytes());
    }
  });

  scoped('keeps the order of the names, and empty and 0-d tensors', () => {
    const tensors = {
      z: zeros([0, 3]),
      'a.b': tensor(4),
      m: ones([1], { dtype: 'bool' }),
      'ä\n"\\': zeros([2]),
      empty: zeros([0]),
    };
    saveSafetensors(file, tensors);
    const { tensors: back, metadata } = loadSafetensors(file);
    assert.deepEqual(Object.keys(back), Object.keys(tensors));
    assert.deepEqual(
      Object.values(back).map((x) => x.shape),
      [[0, 3], [], [1], [2], [0]],
    );
    assert.equal(back['a.b']?.item(), 4);
    assert.deepEqual({ ...metadata }, {});
    saveSafetensors(file, {});
    assert.deepEqual(Object.keys(loadSafetensors(file).tensors), []);
  });

  scoped('keeps its metadata', () => {
    const metadata = { format: 'pt', epoch: '3', odd: 'ü"\n', __proto: 'x', '': 'empty' };
    saveSafetensors(file, { x: ones([1]) }, metadata);
    assert.deepEqual({ ...loadSafetensors(file).metadata }, metadata);
    const numbers = { epoch: 3 } as unknown as Record<string, string>;
    assertThrowsLine(() => saveSafetensors(file, {}, numbers), "the metadata 'epoch' must be a string");
  });

  scoped('writes row-major bytes whatever the strides', () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const image = ones([1, 2, 2, 2]).cumsum(1).to({ memoryFormat: 'channelsLast' });
    saveSafetensors(file, { t: x.t(), row: x.select(0, 1), image });
    const { tensors } = loadSafetensors(file);
    assert.deepEqual(tensors.t?.toArray(), [
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
    assert.deepEqual(tensors.row?.toArray(), [4, 5, 6]);
    assert.deepEqual(tensors.image?.toArray(), [
      [
        [
          [1, 1],
          [1, 1],
        ],
        [
          [2, 2],
          [2, 2],
        ],
      ],
    ]);
  });

  scoped('treats __proto__ and constructor as names like any other', () => {
    const tensors = JSON.parse('{"__proto__": 0, "constructor": 0, "toString": 0}') as Record<string, Tensor>;
    for (const name of Object.keys(tensors)) {
      Object.defineProperty(tensors, name, { value: tensor([name.length]), enumerable: true });
    }
    saveSafetensors(file, tensors, JSON.parse('{"__proto__": "text"}') as Record<string, string>);
    const { tensors: back, metadata } = loadSafetensors(file);
    assert.deepEqual(Object.keys(back), ['__proto__', 'constructor', 'toString']);
    assert.deepEqual(
      Object.values(back).map((x) => x.item()),
      [9, 11, 8],
    );
    assert.deepEqual(Object.entries(metadata), [['__proto__', 'text']]);
    assertThrowsLine(() => saveSafetensors(file, { __metadata__: ones([1]) }), '__metadata__');
  });

  scoped('is what the format describes', () => {
    const tensors = { small: tensor([true]), wide: tensor([1, -2], { dtype: 'int64' }), x: tensor([0.5, 1.5, 2.5]) };
    saveSafetensors(file, tensors, { k: 'v' });
    const { header, text, data } = dissect(file);
    const { __metadata__, ...entries } = header;
    assert.deepEqual(__metadata__, { k: 'v' });
    assert.ok(text.startsWith('{') && (text.length + 8) % 8 === 0, 'the data are aligned');
    assert.deepEqual(Object.keys(entries), ['small', 'wide', 'x']);
    let end = 0;
    for (const {
      data_offsets: [begin, next],
      dtype,
    } of Object.values(entries).sort((a, b) => a.data_offsets[0] - b.data_offsets[0])) {
      assert.equal(begin, end, 'without gaps');
      assert.equal(begin % ({ I64: 8, F32: 4, BOOL: 1 }[dtype] ?? 0), 0, `${dtype} is aligned`);
      end = next;
    }
    assert.equal(end, data.length);
    const at = (name: keyof typeof tensors) => data.subarray(...(entries[name] as Entry).data_offsets);
    assert.deepEqual([entries.x?.dtype, entries.x?.shape], ['F32', [3]]);
    assert.deepEqual(
      [0, 4, 8].map((offset) => at('x').readFloatLE(offset)),
      [0.5, 1.5, 2.5],
    );
    assert.deepEqual([entries.wide?.dtype, at('wide').readBigInt64LE(8)], ['I64', -2n]);
    assert.deepEqual([entries.small?.dtype, ...at('small')], ['BOOL', 1]);
  });

  scoped('written by hand is read', () => {
    const data = Buffer.alloc(14);
    data.writeFloatLE(1.5, 0);
    data.writeInt16LE(-3, 4);
    data.writeDoubleLE(0.1, 6);
    const { tensors, metadata } = load(
      assemble(
        ' {"d" : {"shape":[1],"data_offsets":[6,14],"dtype":"F64"},\n"__metadata__":{"a":"b"}, ' +
          '"f":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},"i":{"dtype":"I16","shape":[],"data_offsets":[4,6]}}   ',
        data,
      ),
    );
    assert.deepEqual([tensors.d?.toArray(), tensors.f?.toArray(), tensors.i?.toArray()], [[0.1], [[1.5]], -3]);
    assert.deepEqual({ ...metadata }, { a: 'b' });
  });
});

describe('a damaged or hostile file is refused:', () => {
  const good = { dtype: 'F32', shape: [1], data_offsets: [0, 4] };
  const four = new Uint8Array(4);
  const oneWith = (entry: object) => assemble({ x: { ...good, ...entry } }, four);

  scoped('too short', () => {
    for (const length of [0, 1, 7]) refuses(new Uint8Array(length), `${length} bytes are too few`);
    refuses(new Uint8Array(8), 'not JSON');
  });

  scoped('a header longer than the file or the limit', () => {
    const bytes = assemble({ x: good }, four);
    for (const length of [BigInt(bytes.length - 7), 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n]) {
      bytes.writeBigUInt64LE(length);
      refuses(bytes, `a header of ${length} bytes does not fit`);
    }
  });

  scoped('a header that is no JSON, no UTF-8 or no object', () => {
    for (const text of ['', '{', '{}}', "{'x': 1}", 'nonsense', '{"x": 1,}', '\0\0'])
      refuses(assemble(text), 'not JSON');
    refuses(Buffer.concat([assemble('{"    ":1}').fill(0xff, 10, 13)]), 'not JSON');
    for (const text of ['[]', '[{}]', '5', 'null', '"x"', 'true']) refuses(assemble(text), 'not an object');
  });

  scoped('entries that are none', () => {
    for (const entry of [null, 5, 'x', [], [1]]) refuses(assemble({ x: entry }), 'tensor "x" is not described');
    refuses(assemble({ x: {} }), 'tensor "x" has no dtype');
    refuses(assemble({ __metadata__: 5 }), 'metadata is not an object');
    refuses(assemble({ __metadata__: { a: 5 } }), 'metadata "a" is not a string');
  });

  scoped('unknown dtypes', () => {
    for (const dtype of ['F8', 'f32', '', 'F32 ', '__proto__', 'constructor'])
      refuses(oneWith({ dtype }), 'unknown dtype', JSON.stringify(dtype));
    for (const dtype of [null, 5, ['F32'], {}, { toString: 1 }, [['F32']]])
      refuses(oneWith({ dtype }), 'tensor "x" has no dtype');
  });

  scoped('dtypes of the format that the engine lacks, each named with a cure', () => {
    const cures = { F4: 'F32', F8_E4M3: 'F32', F8_E5M2: 'F32', F8_E8M0: 'F32', U16: 'I32', U32: 'I64', U64: 'I64' };
    for (const [dtype, cure] of Object.entries(cures)) {
      const message = `${file}: tensor "x" is of dtype ${dtype}, which is not read; convert it to ${cure}`;
      assert.throws(() => load(oneWith({ dtype })), { name: 'SafetensorsError', message });
    }
    assertThrowsLine(() => load(oneWith({ dtype: 'C64' })), 'of dtype C64');
  });

  scoped('metadata of null are none, and null in them is named', () => {
    assert.deepEqual(Object.keys(load(assemble({ __metadata__: null })).metadata), []);
    refuses(assemble({ __metadata__: { a: null } }), 'its metadata "a" is null, not a string');
  });

  test('what is no regular file, before it is opened', { skip: process.platform === 'win32' }, async () => {
    const refused = (path: string, what: string) =>
      assertThrowsLine(() => loadSafetensors(path), `${path}: not a safetensors file: it is ${what}`);
    const [pipe, address] = [join(folder, 'pipe'), join(folder, 'socket')];
    execFileSync('mkfifo', [pipe]);
    const server = createServer().listen(address);
    await once(server, 'listening');
    for (const path of [pipe, address, '/dev/zero']) refused(path, 'a pipe, socket or device');
    server.close();
    refused(folder, 'a directory');
  });

  scoped('bad shapes', () => {
    for (const shape of [null, 1, '1', {}, [-1], [1.5], [null], ['1'], [2 ** 53], [1e300], [[1]], [true]]) {
      refuses(oneWith({ shape }), 'tensor "x" has a bad shape');
    }
    refuses(assemble('{"x":{"dtype":"F32","shape":[1e999],"data_offsets":[0,4]}}', four), 'has a bad shape');
  });

  scoped('shapes that overflow', () => {
    const huge = 2 ** 52;
    refuses(oneWith({ shape: [huge, huge, huge] }), 'tensor "x"');
    refuses(oneWith({ shape: [2 ** 31, 2 ** 31] }), 'tensor "x"');
    refuses(assemble({ x: { dtype: 'F64', shape: [2 ** 31, 2 ** 31], data_offsets: [0, 0] } }));
    refuses(
      assemble({ a: good, x: { dtype: 'F32', shape: [huge, huge, 0], data_offsets: [4, 4] } }, four),
      'bad shape',
    );
  });

  scoped('more dimensions than a tensor has', () => {
    const shape = (count: number) => Array.from({ length: count }, () => 1);
    refuses(oneWith({ shape: shape(65) }), 'tensor "x" has a bad shape');
    refuses(oneWith({ shape: shape(100_000) }), 'tensor "x" has a bad shape');
  });

  scoped('bad offsets', () => {
    for (const offsets of [null, [], [0], [0, 4, 4], ['0', '4'], [0, 4.5], [-4, 0], [0, 2 ** 53], {}]) {
      refuses(oneWith({ data_offsets: offsets }), 'tensor "x" has bad offsets');
    }
    for (const offsets of [
      [0, 3],
      [0, 5],
      [4, 0],
      [0, 0],
    ])
      refuses(oneWith({ data_offsets: offsets }), 'its offsets give');
    refuses(oneWith({ data_offsets: [4, 8] }), 'begins at 4, where 0 is next');
  });

  scoped('overlaps, gaps, missing and trailing bytes', () => {
    const two = (second: number[], size: number) =>
      assemble({ a: good, b: { ...good, data_offsets: second } }, new Uint8Array(size));
    refuses(two([0, 4], 4), 'tensor "b" begins at 0, where 4 is next');
    refuses(two([2, 6], 6), 'tensor "b" begins at 2, where 4 is next');
    refuses(two([6, 10], 10), 'tensor "b" begins at 6, where 4 is next');
    refuses(two([4, 8], 7), 'need 8 bytes, it has 7');
    refuses(two([4, 8], 9), 'need 8 bytes, it has 9');
    refuses(assemble({}, four), 'need 0 bytes, it has 4');
  });

  scoped('a key that stands twice', () => {
    const entry = JSON.stringify(good);
    refuses(assemble(`{"x":${entry},"x":${entry}}`, four), '"x" stands twice');
    refuses(assemble(`{"x":${entry},"\\u0078":${entry}}`, four), '"x" stands twice');
    refuses(
      assemble('{"x":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', four),
      '"dtype" stands twice',
    );
    refuses(assemble('{"__metadata__":{"a":"1","a":"2"}}'), '"a" stands twice');
    assert.equal(
      load(
        assemble(
          { __metadata__: { x: '"x":{' }, x: good, shape: { ...good, data_offsets: [4, 8] } },
          new Uint8Array(8),
        ),
      ).tensors.x?.numel,
      1,
    );
  });

  scoped('names and dtypes that would break the message', () => {
    const name = `line\nbreak ${'long'.repeat(10_000)}`;
    refuses(assemble({ [name]: 5 }), 'tensor "line\\nbreak long');
    refuses(oneWith({ dtype: name }), 'unknown dtype "line\\nbreak');
  });

  scoped('JSON as deep as the file', () => {
    const deep = (open: string, close: string) => open.repeat(100_000) + close.repeat(100_000);
    refuses(assemble(deep('[', ']')), /not (JSON|an object)/);
    refuses(assemble(`{"x":${deep('{"x":', '}').replace('}', '1}')}}`));
    for (const key of ['dtype', 'shape', 'data_offsets']) {
      const { [key as 'dtype']: _, ...rest } = good;
      const text = JSON.stringify({ x: rest }).replace('{"x":{', `{"x":{"${key}":${deep('[', ']')},`);
      refuses(assemble(text, four), /tensor "x" has|not JSON/);
    }
  });

  scoped('nothing of the kind: long strings are read', () => {
    const long = 'a"\\ '.repeat(1_000_000);
    assert.equal(load(assemble({ __metadata__: { long } })).metadata.long, long);
    // Escaped in the file, which a regular expression pays for in stack.
    const quotes = '"'.repeat(5_000_000);
    saveSafetensors(file, { x: ones([1]) }, { quotes });
    assert.ok(loadSafetensors(file).metadata.quotes === quotes);
  });
});

scoped('2,000 mutations of a good file: each loads or is refused, none crashes', () => {
  const tensors = {
    a: tensor([1, 2, 3]),
    'b.c': tensor([[1], [0]], { dtype: 'int64' }),
    d: tensor([true]),
    e: zeros([0, 2]),
  };
  saveSafetensors(file, tensors, { k: 'v' });
  const good = readFileSync(file);
  let state = 12345;
  const below = (n: number) => {
    // A linear congruential generator: the same mutations on every machine.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const counts = { loaded: 0, refused: 0 };
  for (let i = 0; i < 2000; i++) {
    let bytes = Buffer.from(good);
    for (let n = below(3); n >= 0; n--) {
      const kind = below(4);
      const at = below(bytes.length);
      if (bytes.length === 0) break;
      if (kind === 0) bytes[at] = (bytes[at] as number) ^ (1 << below(8));
      else if (kind === 1) bytes[at] = 48 + below(10);
      else if (kind === 2) bytes = bytes.subarray(0, at);
      else bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(below(bytes.length))]);
    }
    writeFileSync(file, bytes);
    scope(() => {
      try {
        const { tensors: loaded } = loadSafetensors(file);
        for (const x of Object.values(loaded)) x.bytes();
        counts.loaded++;
      } catch (error) {
        const { message } = error as Error;
        assert.ok(error instanceof Error && message.startsWith(`${file}: not a safetensors file: `), String(error));
        assert.doesNotMatch(message, /[\n\r]/);
        counts.refused++;
      }
    });
  }
  assert.ok(counts.loaded > 20 && counts.refused > 1000, JSON.stringify(counts));
});

describe('saving', () => {
  scoped('to a folder that is not there leaves nothing', () => {
    const path = join(folder, 'missing', 'x.safetensors');
    assertThrowsLine(() => saveSafetensors(path, { x: ones([1]) }), path);
  });

  // Root may write everywhere.
  test('to a folder that cannot be written leaves nothing', { skip: process.getuid?.() === 0 }, () => {
    const locked = mkdtempSync(join(folder, 'locked-'));
    chmodSync(locked, 0o500);
    scope(() => assertThrowsLine(() => saveSafetensors(join(locked, 'x'), { x: ones([1]) }), locked));
    assert.deepEqual(readdirSync(locked), []);
  });

  scoped('over a folder leaves it and nothing beside it', () => {
    const inner = join(folder, 'inner');
    mkdirSync(join(inner, 'x.safetensors', 'full'), { recursive: true });
    assertThrowsLine(() => saveSafetensors(join(inner, 'x.safetensors'), { x: ones([1]) }), 'x.safetensors');
    assert.deepEqual(readdirSync(inner), ['x.safetensors']);
  });

  scoped('leaves the file that was there when it fails', () => {
    const inner = mkdtempSync(join(folder, 'keep-'));
    const path = join(inner, 'x.safetensors');
    saveSafetensors(path, { x: ones([3]) });
    const before = readFileSync(path);
    const freed = ones([2]);
    assert.deepEqual(freed.shape, [2]);
    freed.dispose();
    assertThrowsLine(() => saveSafetensors(path, { x: zeros([3]), freed }), 'made by ones has been freed');
    assert.deepEqual(readFileSync(path), before);
    assert.deepEqual(readdirSync(inner), ['x.safetensors']);
  });

  scoped('replaces the file that was there', () => {
    const path = join(folder, 'again.safetensors');
    saveSafetensors(path, { x: ones([1000]) });
    saveSafetensors(path, { y: ones([1]) });
    assert.deepEqual(Object.keys(loadSafetensors(path).tensors), ['y']);
  });
});

scoped('a file that is not there is named', () => {
  assertThrowsLine(() => loadSafetensors(join(folder, 'nowhere')), join(folder, 'nowhere'));
});
