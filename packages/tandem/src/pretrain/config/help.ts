import { z } from 'zod';
import { aliasesOf } from '../../methods/index.js';

/** One setting as the help shows it. */
export interface OptionHelp {
  /** Of the setting. */
  readonly name: string;
  /** What to write for a value: n, number, text or name. */
  readonly kind: string;
  /** The words that it takes, where it takes but some. */
  readonly choices?: readonly string[];
  /** Other names of the setting and of its values, which are read too. */
  readonly aliases: readonly string[];
  /** Empty where there is no default. */
  readonly defaultsTo: string;
  /** What it decides. */
  readonly description: string;
}

/** The settings of a schema, in order, for help texts. */
export function describeOptions(schema: z.ZodObject): OptionHelp[] {
  return Object.entries(schema.shape).map(([name, type]) => {
    const fallback = z.safeParse(type, undefined);
    const { names = [], values = {} } = aliasesOf(type);
    const { enum: choices, type: kind, description = '' } = z.toJSONSchema(type, { io: 'input' });
    return {
      name,
      kind: choices
        ? 'name'
        : kind === 'integer'
          ? 'n'
          : kind === 'string' || kind === undefined
            ? 'text'
            : String(kind),
      ...(choices && { choices: choices.map(String) }),
      aliases: [...names, ...Object.keys(values)],
      defaultsTo: fallback.data === undefined ? '' : String(fallback.data),
      description,
    };
  });
}
