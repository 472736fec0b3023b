import { call, generations, resolve } from './binding.js';
import { describe, slotOf, Tensor } from './tensor.js';

/**
 * One operator as the generated file lists it; the words of `parameters` and `options` are
 * separated by spaces.
 */
export type OperatorRow = readonly [name: string, overload: string, parameters: string, options: string];

let rows: readonly OperatorRow[] = [];
let names: readonly string[] = [];
let ids = new Int32Array();
let known: (Set<string> | undefined)[] = [];

/** @internal */
export function register(table: readonly OperatorRow[]): void {
  rows = table;
  names = table.map(([name]) => camelCase(name));
  ids = new Int32Array(table.length).fill(-1);
  known = new Array(table.length);
}

/**
 * The TypeScript name of an operator or argument: `max_pool2d` to `maxPool2d`, without a namespace;
 * `_` at either end stays.
 */
export function camelCase(name: string): string {
  return name
    .replace(/.*::/, '')
    .replace(/(?<=[a-zA-Z0-9])_+([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function nameOf(row: number): string {
  return names[row] as string;
}

function optionsOf(row: number): Set<string> {
  known[row] ??= new Set((rows[row] as OperatorRow)[3].split(' ').filter(Boolean));
  return known[row];
}

/** The addon's number of an operator, looked up at its first use. */
export function id(row: number): number {
  const resolved = ids[row] as number;
  if (resolved >= 0) return resolved;
  const [name, overload, parameters] = rows[row] as OperatorRow;
  ids[row] = resolve(
    name.includes('::') ? name : `aten::${name}`,
    overload,
    parameters.split(' ').filter(Boolean),
    nameOf(row),
  );
  return ids[row] as number;
}

export { call };

/**
 * A tensor argument's slot.
 * @throws TypeError for anything else, Error for a tensor that has been freed
 */
export function slot(row: number, x: unknown): number {
  if (x instanceof Tensor) return generations[x.slot] === x.generation ? x.slot : slotOf(x, nameOf(row));
  throw new TypeError(`${nameOf(row)}: expected a Tensor, got ${show(x)}`);
}

/** The slot of a tensor that may be left out or null. */
export function optionalSlot(row: number, x: unknown): number | null | undefined {
  return x === undefined || x === null ? x : slot(row, x);
}

/**
 * Slots of a list of tensors.
 * @throws as `slot`
 */
export function slots(row: number, list: unknown): (number | null)[] {
  if (!Array.isArray(list)) throw new TypeError(`${nameOf(row)}: expected an array of Tensors, got ${show(list)}`);
  return list.map((x) => (x === null ? null : slot(row, x)));
}

/** A result as a Tensor. */
export function made(row: number, result: unknown): Tensor {
  return new Tensor(result as number, nameOf(row));
}

/** Several results as Tensors. */
export function madeAll(row: number, results: unknown): Tensor[] {
  return (results as number[]).map((result) => made(row, result));
}

const none = Object.freeze({});

/**
 * The options object given, after checking that the operator knows each key.
 * @throws TypeError naming the unknown key and the known ones
 */
export function checked<T extends object>(row: number, options: T | undefined, first: unknown): T {
  if (options === undefined) return none as T;
  if (!isPlain(options)) {
    throw new TypeError(`${nameOf(row)}(${show(first)}, ...): expected an options object, got ${show(options)}`);
  }
  const names = optionsOf(row);
  for (const key in options) {
    if (!names.has(key)) throw unknownOption(nameOf(row), first, key, names);
  }
  return options;
}

/** The options object of a form that `fits` has already chosen. */
export function given(options: unknown): object {
  return (options as object | undefined) ?? none;
}

// Tests by which an overloaded operator tells its forms apart.

/** A tensor. */
export function isTensor(x: unknown): boolean {
  return x instanceof Tensor;
}

/** A list of tensors; null stands for one that is left out. */
export function isTensors(x: unknown): boolean {
  return Array.isArray(x) && x.every((element) => element === null || element instanceof Tensor);
}

/** A number. */
export function isNumber(x: unknown): boolean {
  return typeof x === 'number';
}

/** A number, a boolean, or a BigInt for an integer beyond 2^53. */
export function isScalar(x: unknown): boolean {
  return typeof x === 'number' || typeof x === 'boolean' || typeof x === 'bigint';
}

/** A list of numbers. */
export function isNumbers(x: unknown): boolean {
  return Array.isArray(x) && x.every((element) => typeof element === 'number');
}

/** True or false. */
export function isBoolean(x: unknown): boolean {
  return typeof x === 'boolean';
}

/** A string. */
export function isString(x: unknown): boolean {
  return typeof x === 'string';
}

/**
 * Whether `x` may be the trailing options of this form: absent, or an object whose keys it all
 * knows.
 */
export function fits(row: number, x: unknown): boolean {
  if (x === undefined) return true;
  if (!isPlain(x)) return false;
  const names = optionsOf(row);
  for (const key in x) {
    if (!names.has(key)) return false;
  }
  return true;
}

/** Whether options are given that have this key. */
export function has(x: unknown, key: string): boolean {
  return isPlain(x) && key in x;
}

/** The error for arguments that no form of an operator takes. */
export function noForm(name: string, given: readonly unknown[], forms: readonly number[]): Error {
  const values = given.filter((value) => value !== undefined);
  const options = values.at(-1);
  if (isPlain(options)) {
    const names = new Set(forms.flatMap((row) => [...optionsOf(row)]));
    const stranger = Object.keys(options).find((key) => !names.has(key));
    if (stranger !== undefined) return unknownOption(name, given[0], stranger, names);
  }
  const takes = forms.map((row) => {
    const [, , parameters, optional] = rows[row] as OperatorRow;
    const options = new Set(optional.split(' '));
    const required = parameters
      .split(' ')
      .map(camelCase)
      .filter((word) => !options.has(word));
    return `${name}(${[...required, ...(optional ? [`{ ${[...options].join(', ')} }`] : [])].join(', ')})`;
  });
  const stale = values.find((value) => value instanceof Tensor && !value.live);
  if (stale) slotOf(stale as Tensor, name);
  return new TypeError(`${name}(${values.map(show).join(', ')}): no form takes these; there is ${takes.join(' or ')}`);
}

function isPlain(x: unknown): x is object {
  return typeof x === 'object' && x !== null && !Array.isArray(x) && !(x instanceof Tensor);
}

function show(x: unknown): string {
  if (x instanceof Tensor) return x.live ? describe(x) : 'a freed Tensor';
  if (Array.isArray(x)) return `[${x.slice(0, 6).map(show).join(', ')}${x.length > 6 ? ', ...' : ''}]`;
  if (typeof x === 'object' && x !== null) return `{ ${Object.keys(x).join(', ')} }`;
  return typeof x === 'string' ? `'${x}'` : String(x);
}

function unknownOption(name: string, first: unknown, key: string, names: ReadonlySet<string>): Error {
  const list = names.size ? `it takes ${[...names].join(', ')}` : 'it takes none';
  return new TypeError(`${name}(${show(first)}, ...): unknown option '${key}'; ${list}`);
}
