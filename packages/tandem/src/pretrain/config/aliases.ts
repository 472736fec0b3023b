import { UsageError } from '../../errors.js';
import { aliasesOf, methods } from '../../methods/index.js';
import { runOptions } from './options.js';

const schemas = [runOptions, ...Object.values(methods).map(({ options }) => options)];
const described = schemas
  .flatMap(({ shape }) => Object.entries(shape))
  .map(([key, type]) => ({ key, ...aliasesOf(type) }));

/** Other names of settings, each with the setting that it stands for. */
const names: ReadonlyMap<string, string> = new Map(
  described.flatMap(({ key, names = [] }) => names.map((name) => [name, key] as const)),
);

/** Other names of values, by setting: each with the value that it stands for. */
const values: ReadonlyMap<string, Readonly<Record<string, string>>> = new Map(
  described.flatMap(({ key, values }) => (values ? [[key, values] as const] : [])),
);

/** The other names of settings. */
export const aliases: readonly string[] = [...names.keys()];

/**
 * Settings by their own names, with their own values.
 * @throws UsageError where one is given under two names
 */
export function withoutAliases(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const own = new Map<string, unknown>();
  for (const [name, value] of Object.entries(given)) {
    const key = names.get(name) ?? name;
    if (own.has(key))
      throw new UsageError(`${names.has(name) ? name : aliasOf(key)} is another name of ${key}; give one`);
    own.set(key, ownValue(key, value));
  }
  return Object.fromEntries(own);
}

function ownValue(key: string, value: unknown): unknown {
  const known = values.get(key) ?? {};
  return typeof value === 'string' && Object.hasOwn(known, value) ? known[value] : value;
}

function aliasOf(key: string): string | undefined {
  return aliases.find((name) => names.get(name) === key);
}
