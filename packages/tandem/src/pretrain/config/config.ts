import { z } from 'zod';
import { didYouMean, shownName, UsageError, UserError } from '../../errors.js';
import { methods, type Preset, presets, type ViewCount } from '../../methods/index.js';
import { type BackboneSettings, checkBackbone } from '../../networks/index.js';
import { asText, choice, explain } from './errors.js';
import { type RunConfig, runOptions } from './options.js';

/** One setting as the help shows it. */
export interface OptionHelp {
  readonly name: string;
  /** What to write for a value: n, number, text or name. */
  readonly kind: string;
  readonly choices?: readonly string[];
  /** Empty where there is no default. */
  readonly defaultsTo: string;
  readonly description: string;
}

/** The settings of a schema, in order, for help texts. */
export function describeOptions(schema: z.ZodObject): OptionHelp[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const type = field as z.ZodType;
    const fallback = type.safeParse(undefined);
    const defaultsTo = fallback.success && fallback.data !== undefined ? String(fallback.data) : '';
    const { enum: choices, type: kind } = z.toJSONSchema(type, { io: 'input' });
    return {
      name,
      kind: choices ? 'name' : kind === 'integer' ? 'n' : kind === 'string' ? 'text' : String(kind),
      ...(choices && { choices: choices.map(String) }),
      defaultsTo,
      description: type.description ?? '',
    };
  });
}

/** The names of all settings, of every method. */
export function knownSettings(): string[] {
  const own = Object.values(methods).flatMap(({ options }) => Object.keys(options.shape));
  return [...new Set([...Object.keys(runOptions.shape), ...own])];
}

/**
 * Checks settings and fills in defaults.
 * @param given by name; strings (as from a command line) become numbers and booleans where those
 * are wanted
 * @throws UsageError for unknown names (with the nearest known), wrong types and values out of
 * range
 */
export function resolveConfig(given: Readonly<Record<string, unknown>>): RunConfig {
  const name = given.method === undefined ? runOptions.shape.method.parse(undefined) : asText(given.method);
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (!method) throw new UsageError(`unknown method ${shownName(name)}; ${choice(name, Object.keys(methods))}`);
  const schema = runOptions.extend(method.options.shape);
  const types: Readonly<Record<string, z.ZodType>> = schema.shape;
  const read = (settings: Readonly<Record<string, unknown>>) =>
    Object.entries(settings).map(([key, value]): [string, unknown] => {
      const type = Object.hasOwn(types, key) ? types[key] : undefined;
      if (!type) throw new UsageError(unknownSetting(key, name, Object.keys(types)));
      return [key, typeof value === 'string' ? fromText(type, value) : value];
    });
  const asked = Object.fromEntries(read(given));
  const preset = schema.shape.preset.safeParse(asked.preset);
  const all: Record<string, unknown> = { ...(preset.success && presets[name]?.[preset.data as Preset]), ...asked };
  // A preset's settings of an optimizer go with it.
  for (const [key, optimizers] of Object.entries(actsWith)) {
    if (!(key in asked) && !optimizers.includes(String(all.optimizer ?? 'sgd'))) delete all[key];
  }
  const parsed = schema.safeParse(all);
  if (!parsed.success) throw new UsageError(explain(parsed.error, all));
  const config = parsed.data as RunConfig;
  if (config.warmup >= config.epochs) {
    throw new UsageError(
      `warmup must be shorter than the run: ${config.warmup} of ${config.epochs} epochs; give more epochs, or warmup=0`,
    );
  }
  if (config.decay === 'constant' && config.lrEnd > 0) {
    throw new UsageError(`lrEnd acts with decay=cosine or linear alone, got ${config.lrEnd} with decay=constant`);
  }
  if (config.clip === 0 && asked.clipBy === 'tensor') {
    throw new UsageError('clipBy says how gradients are clipped, and they are not; give clip=3');
  }
  if (config.optimizer === 'sgd' && config.nesterov && config.momentum === 0) {
    throw new UsageError('nesterov needs a momentum above 0, got 0');
  }
  for (const [key, optimizers] of Object.entries(actsWith)) {
    if (optimizers.includes(config.optimizer) || asked[key] === undefined) continue;
    // a saved configuration names everything
    if (types[key]?.parse(undefined) === config[key]) continue;
    throw new UsageError(`${key} acts with optimizer=${optimizers.join(' or ')} alone, not with ${config.optimizer}`);
  }
  try {
    checkBackbone(config.backbone, backboneSettings(config));
    checkTeacher(name, method.teacher, config.teacher);
    method.check(pickMethodOptions(config), config);
  } catch (error) {
    throw error instanceof UserError ? new UsageError(error.message) : error;
  }
  return config;
}

function checkTeacher(name: string, use: 'none' | 'needed' | 'optional', teacher: string | undefined): void {
  if (use === 'needed' && teacher === undefined) {
    throw new UsageError(
      `${name} learns from a network that is trained: give its run folder, or the file, as --teacher`,
    );
  }
  if (use !== 'none' || teacher === undefined) return;
  const others = Object.entries(methods).filter(([, entry]) => entry.teacher !== 'none');
  throw new UsageError(
    `${name} has no use for a trained teacher; there is ${others.map(([other]) => other).join(', ')}`,
  );
}

/** Settings of some optimizers. */
const actsWith: Readonly<Record<string, readonly string[]>> = {
  momentum: ['sgd', 'lars'],
  nesterov: ['sgd'],
  larsTrust: ['lars'],
  larsMomentum: ['lars'],
  larsClip: ['lars'],
};

/** Names the methods that do have the setting, else the nearest setting. */
function unknownSetting(key: string, method: string, known: readonly string[]): string {
  const others = Object.entries(methods).filter(([, { options }]) => Object.hasOwn(options.shape, key));
  if (others.length === 0) return `unknown setting ${shownName(key)} for ${method}.${didYouMean(key, known)}`;
  const nearest = didYouMean(key, known);
  return `'${key}' is no setting of ${method} but of ${others.map(([name]) => name).join(', ')}.${nearest}`;
}

/** The part of a configuration that is the method's own. */
export function pickMethodOptions(config: RunConfig): Record<string, unknown> {
  const { options } = methods[config.method] as (typeof methods)[string];
  return Object.fromEntries(Object.keys(options.shape).map((key) => [key, config[key]]));
}

/** How many views of an image a run's method takes. */
export function viewCountOf(config: RunConfig): ViewCount {
  const { views } = methods[config.method] as (typeof methods)[string];
  return views(pickMethodOptions(config));
}

/** What a configuration says of its network beside the name. */
export function backboneSettings(config: RunConfig): BackboneSettings {
  const { width, features, stem, sk, zeroGain, binary, patch, depth, dropPath } = config;
  return { width, features, stem, sk, zeroGain, binary, patch, depth, dropPath };
}

/** `.1` and `true` become what they say unless the setting is a text. */
function fromText(type: z.ZodType, text: string): unknown {
  if (type.safeParse(text).success) return text;
  if (text === 'true' || text === 'false') return text === 'true';
  const number = Number(text);
  return text.trim() === '' || Number.isNaN(number) ? text : number;
}
