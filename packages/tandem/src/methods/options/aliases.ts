import { z } from 'zod';

/** Other names that are read too. */
export interface Aliases {
  /** Of the setting. */
  readonly names?: readonly string[];
  /** Of its values, each with the value that it stands for. */
  readonly values?: Readonly<Record<string, string>>;
}

declare module 'zod' {
  interface GlobalMeta {
    aliases?: Aliases;
  }
}

/** The same setting, with other names for it or for its values. Use it last, as `describe`. */
export function alsoKnownAs<Type extends z.ZodType>(type: Type, aliases: Aliases): Type {
  return type.meta({ aliases });
}

/** The other names that a setting's schema has. */
export function aliasesOf(type: z.core.$ZodType): Aliases {
  return z.globalRegistry.get(type)?.aliases ?? {};
}
