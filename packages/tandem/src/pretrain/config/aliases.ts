import { UsageError } from '../../errors.js';

/** Other names of settings, each with the setting that it stands for. */
const names: ReadonlyMap<string, string> = new Map([
  ['emaMomentum', 'eta'],
  ['queue', 'bank'],
]);

/** Other names of values, by setting: each with the value that it stands for. */
const values: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map();

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
    own.set(key, typeof value === 'string' ? (values.get(key)?.get(value) ?? value) : value);
  }
  return Object.fromEntries(own);
}

function aliasOf(key: string): string | undefined {
  return aliases.find((name) => names.get(name) === key);
}
