import { closeSync, fstatSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { fromBytes } from '../create.js';
import { bytesPerElement, type DType } from '../dtype.js';
import type { Tensor } from '../tensor.js';
import { readBytes } from './read-bytes.js';

// The format: 8 bytes little-endian length of the header, the header in JSON, the tensors' bytes.
// https://github.com/huggingface/safetensors (README, "Format").

const codes: Readonly<Record<DType, string>> = {
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
};
const dtypes = new Map(Object.entries(codes).map(([dtype, code]) => [code, dtype as DType]));

/** What the format has and the engine lacks, with what to convert it to. */
const foreign: ReadonlyMap<string, string> = new Map([
  ...['F4', 'F6_E2M3', 'F6_E3M2', 'F8_E4M3', 'F8_E4M3FNUZ', 'F8_E5M2', 'F8_E5M2FNUZ', 'F8_E8M0'].map(
    (code) => [code, 'F32'] as const,
  ),
  ['U16', 'I32'],
  ['U32', 'I64'],
  ['U64', 'I64'],
  ['C64', 'two tensors of F32'],
]);

/** The reference implementation's limit, against files that only pretend to be safetensors. */
const maximumHeader = 100_000_000;

/** What a file holds. */
export interface SafeTensors {
  /** By name, on the CPU, for the caller to free. */
  readonly tensors: Record<string, Tensor>;
  /** Strings by name; empty where the file has none. */
  readonly metadata: Record<string, string>;
}

/**
 * Writes tensors with their names. The file appears whole or not at all: it is written beside,
 * synced, and renamed.
 * @param beforeRename called when the new file is safe on the disk and the old one, if any, still
 * in its place
 * @throws when the folder cannot be written; nothing is left behind.
 * @example
 * ```ts
 * import { io, nn } from 'tandem-torch';
 *
 * const layer = new nn.Linear(3, 2);
 * io.saveSafetensors('layer.safetensors', layer.stateDict());
 * const { tensors } = io.loadSafetensors('layer.safetensors');
 * console.log(Object.keys(tensors).join()); // weight,bias
 * ```
 */
export function saveSafetensors(
  path: string,
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
  beforeRename: () => void = () => {},
): void {
  // Without a prototype, so that `__proto__` is a name like any other.
  const header: Record<string, unknown> = Object.create(null);
  if (Object.keys(metadata).length > 0) header.__metadata__ = metadata;
  for (const [key, text] of Object.entries(metadata)) {
    if (typeof text !== 'string')
      throw new TypeError(`safetensors: the metadata '${key}' must be a string, got ${text}`);
  }
  for (const name of Object.keys(tensors)) {
    if (name === '__metadata__') throw new Error(`safetensors: a tensor cannot be named ${name}`);
    header[name] = undefined; // holds its place in the order given
  }
  const width = (x: Tensor) => bytesPerElement[x.dtype];
  // Wide elements first, so that each tensor begins at a multiple of its own width.
  const named = Object.entries(tensors).sort(([, a], [, b]) => width(b) - width(a));
  let offset = 0;
  for (const [name, tensor] of named) {
    const size = tensor.numel * width(tensor);
    header[name] = { dtype: codes[tensor.dtype], shape: tensor.shape, data_offsets: [offset, offset + size] };
    offset += size;
  }
  const json = Buffer.from(JSON.stringify(header));
  const padding = (8 - (json.length % 8)) % 8; // so that the tensors' bytes begin aligned
  const head = Buffer.alloc(8 + json.length + padding, ' ');
  head.writeBigUInt64LE(BigInt(json.length + padding));
  json.copy(head, 8);

  const beside = `${path}.${process.pid}.tmp`;
  const file = openSync(beside, 'w');
  try {
    writeAll(file, head);
    for (const [, tensor] of named) writeAll(file, tensor.bytes());
    fsyncSync(file);
    closeSync(file);
    beforeRename();
    renameSync(beside, path);
  } catch (error) {
    closeQuietly(file);
    rmSync(beside, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}

function closeQuietly(file: number): void {
  try {
    closeSync(file);
  } catch {
    // Closed already: the failure came later, from the rename.
  }
}

/**
 * Makes the rename itself durable. Not every system allows it, and the file is whole either way.
 */
function syncFolder(path: string): void {
  try {
    const folder = openSync(path, 'r');
    fsyncSync(folder);
    closeSync(folder);
  } catch {
    // Windows cannot open folders.
  }
}

/** A file is no safetensors file, a damaged one, or one of dtypes that the engine lacks. */
export class SafetensorsError extends Error {
  /** As `Error` shows it. */
  override readonly name: string = 'SafetensorsError';
}

/** No tensor has more dimensions. */
const mostDimensions = 64;

/**
 * Reads a file, checking every bound before a tensor is made.
 * @throws SafetensorsError naming the file and what is wrong with it; an error of the system, or of
 * lacking memory, as it is
 */
export function loadSafetensors(path: string): SafeTensors {
  const wrong = (what: string): Error => new SafetensorsError(`${path}: not a safetensors file: ${what}`);
  const lacking = (what: string): Error => new SafetensorsError(`${path}: ${what}`);
  const found = statSync(path); // before it is opened: opening a pipe waits for one who writes
  if (!found.isFile()) throw wrong(`it is ${found.isDirectory() ? 'a directory' : 'a pipe, socket or device'}`);
  const file = openSync(path, 'r');
  const tensors: Record<string, Tensor> = Object.create(null);
  try {
    const { size } = fstatSync(file);
    const read = (from: number, to: number) =>
      readBytes(file, from, to, () => wrong('it became shorter while it was read'));
    if (size < 8) throw wrong(`${size} bytes are too few`);
    const declared = read(0, 8).readBigUInt64LE();
    if (declared > BigInt(Math.min(maximumHeader, size - 8))) throw wrong(`a header of ${declared} bytes does not fit`);
    const start = 8 + Number(declared);
    const { metadata, entries } = parseHeader(read(8, start), size - start, wrong, lacking);
    for (const { name, dtype, shape, begin, end } of entries) {
      tensors[name] = fromBytes(read(start + begin, start + end), shape, dtype);
    }
    return { tensors, metadata };
  } catch (error) {
    for (const tensor of Object.values(tensors)) tensor.dispose();
    throw error;
  } finally {
    closeSync(file);
  }
}

interface HeaderEntry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function parseHeader(
  json: Buffer,
  dataLength: number,
  wrong: (what: string) => Error,
  lacking: (what: string) => Error,
): { metadata: Record<string, string>; entries: HeaderEntry[] } {
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(json);
    header = JSON.parse(text);
  } catch {
    throw wrong('the header is not JSON');
  }
  if (!isObject(header)) throw wrong('the header is not an object');
  const twice = repeatedKey(text);
  if (twice !== undefined) throw wrong(`${quoted(twice)} stands twice in the header`);
  const metadata: Record<string, string> = Object.create(null);
  const entries: HeaderEntry[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name !== '__metadata__') {
      entries.push(parseEntry(name, value, wrong, lacking));
      continue;
    }
    if (value === null) continue; // the reference implementation takes it for none
    if (!isObject(value)) throw wrong('its metadata is not an object');
    for (const [key, text] of Object.entries(value)) {
      if (typeof text !== 'string') {
        throw wrong(`its metadata ${quoted(key)} is ${text === null ? 'null, ' : ''}not a string`);
      }
      metadata[key] = text;
    }
  }
  let expected = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== expected) throw wrong(`tensor ${quoted(name)} begins at ${begin}, where ${expected} is next`);
    expected = end;
  }
  if (expected !== dataLength) throw wrong(`its tensors need ${expected} bytes, it has ${dataLength}`);
  return { metadata, entries };
}

function parseEntry(
  key: string,
  value: unknown,
  wrong: (what: string) => Error,
  lacking: (what: string) => Error,
): HeaderEntry {
  const name = quoted(key);
  if (!isObject(value)) throw wrong(`tensor ${name} is not described by an object`);
  const { dtype: code, shape, data_offsets: offsets } = value;
  if (typeof code !== 'string') throw wrong(`tensor ${name} has no dtype`);
  const dtype = dtypes.get(code);
  const cure = foreign.get(code);
  if (cure) throw lacking(`tensor ${name} is of dtype ${code}, which is not read; convert it to ${cure}`);
  if (!dtype) throw wrong(`tensor ${name} has the unknown dtype ${quoted(code)}`);
  if (!Array.isArray(shape) || shape.length > mostDimensions || !shape.every(isSize) || !isCountable(shape))
    throw wrong(`tensor ${name} has a bad shape`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    throw wrong(`tensor ${name} has bad offsets`);
  }
  const [begin, end] = offsets as [number, number];
  const size = shape.reduce((product: number, n: number) => product * n, bytesPerElement[dtype]);
  if (end - begin !== size) throw wrong(`tensor ${name} needs ${size} bytes, its offsets give ${end - begin}`);
  return { name: key, dtype, shape, begin, end };
}

/**
 * The first key that stands twice in one object of a valid JSON text; JSON.parse would silently
 * take the last. Walks, since regular expressions run out of stack on strings of some megabytes.
 */
function repeatedKey(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (let i = 0; i < text.length; i++) {
    const sign = text[i];
    if (sign === '{') open.push(new Set());
    else if (sign === '}') open.pop();
    if (sign !== '"') continue;
    const end = endOfString(text, i);
    if (isBeforeColon(text, end)) {
      const key = JSON.parse(text.slice(i, end)) as string;
      if (open.at(-1)?.has(key)) return key;
      open.at(-1)?.add(key);
    }
    i = end - 1;
  }
  return undefined;
}

/** Behind the closing quote of the string whose opening quote is at `start`. */
function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
  return i + 1;
}

/** Whether the next sign is a colon, white space left out. */
function isBeforeColon(text: string, start: number): boolean {
  let i = start;
  while (/\s/.test(text[i] ?? '')) i++;
  return text[i] === ':';
}

/** A name for a message of one line, whatever the file says it is. */
function quoted(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}...` : name);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether its strides are numbers too, also where a size is 0 and no element there. */
function isCountable(shape: readonly number[]): boolean {
  return Number.isSafeInteger(shape.reduce((product, n) => product * (n || 1), 8));
}

function isSize(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
