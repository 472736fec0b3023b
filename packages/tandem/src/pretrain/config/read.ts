import { z } from 'zod';
import { didYouMean, shownName, UsageError } from '../../errors.js';
import { knownMethods } from '../../methods/index.js';
import { aliases, withoutAliases } from './aliases.js';
import { runOptions } from './options.js';

/** Settings by name, as a user gives them. */
export type Settings = Readonly<Record<string, unknown>>;

/** The names of all settings, of every method, and their other names. */
export function knownSettings(): string[] {
  const own = knownMethods().flatMap(({ options }) => Object.keys(options.shape));
  return [...new Set([...Object.keys(runOptions.shape), ...own, ...aliases])];
}

/**
 * Each setting as its schema wants it.
 * @throws UsageError for names that the schema does not know
 */
export function readSettings(given: Settings, { shape }: z.ZodObject, method: string): Settings {
  return Object.fromEntries(
    Object.entries(withoutAliases(given)).map(([key, value]) => {
      const type = Object.hasOwn(shape, key) ? shape[key] : undefined;
      if (!type) throw new UsageError(unknownSetting(key, method, Object.keys(shape)));
      return [key, typeof value === 'string' ? fromText(type, value) : value];
    }),
  );
}

/** `.1` and `true` become what they say unless the setting is a text. */
function fromText(type: z.core.$ZodType, text: string): unknown {
  if (z.safeParse(type, text).success) return text;
  if (text === 'true' || text === 'false') return text === 'true';
  const number = Number(text);
  return text.trim() === '' || Number.isNaN(number) ? text : number;
}

/** Names the methods that do have the setting, else the nearest setting. */
function unknownSetting(key: string, method: string, known: readonly string[]): string {
  const others = knownMethods().filter(({ options }) => Object.hasOwn(options.shape, key));
  const nearest = didYouMean(key, known);
  if (others.length === 0) return `unknown setting ${shownName(key)} for ${method}.${nearest}`;
  return `'${key}' is no setting of ${method} but of ${others.map(({ name }) => name).join(', ')}.${nearest}`;
}
