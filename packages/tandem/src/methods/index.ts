import type { z } from 'zod';
import type { Encoder } from '../networks/index.js';
import type { View } from '../views/index.js';
import { checkClbo, clbo, clboOptions } from './clbo.js';
import type { Method } from './method.js';

/** What the registry knows of a method. */
export interface MethodEntry {
  readonly summary: string;
  /** Its options: types, ranges, defaults and one line on each. */
  readonly options: z.ZodObject;
  /** Throws UserError for options that are possible one by one, but not together or not for so many epochs. */
  check(options: unknown, epochs: number): void;
  /** @param options as parsed by the schema above */
  build(newEncoder: () => Encoder, views: readonly [View, View], options: unknown): Method;
}

function entry<Schema extends z.ZodObject>(
  summary: string,
  options: Schema,
  build: (newEncoder: () => Encoder, views: readonly [View, View], options: z.infer<Schema>) => Method,
  check: (options: z.infer<Schema>, epochs: number) => void = () => {},
): MethodEntry {
  return {
    summary,
    options,
    check: (given, epochs) => check(given as z.infer<Schema>, epochs),
    build: (newEncoder, views, given) => build(newEncoder, views, given as z.infer<Schema>),
  };
}

/** Every method by its name on the command line. */
export const methods: Readonly<Record<string, MethodEntry>> = {
  clbo: entry('contrastive learning by bilevel optimisation of a student and a teacher', clboOptions, clbo, checkClbo),
};

export type { Method, Moment, Rounds } from './method.js';
