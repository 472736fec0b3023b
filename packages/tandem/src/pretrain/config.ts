import { z } from 'zod';
import { didYouMean, shown, shownName, UsageError, UserError } from '../errors.js';
import { methods, type Preset, presets, type ViewCount } from '../methods/index.js';
import { type BackboneSettings, backbones, checkBackbone } from '../networks/index.js';
import { viewOptions } from './views.js';

/** What every pretraining run is told, whatever its method. */
export const runOptions = z.strictObject({
  images: z.string().min(1).describe('data-set name, folder, tar, zip or shards of images'),
  method: z
    .string()
    .default('clbo')
    .describe(`how to learn [${Object.keys(methods).join(', ')}]`),
  preset: z
    .enum(['paper', 'official'])
    .default('paper')
    .describe("settings to start from: the CLBO study's, or ours where it has none, or those of the method's authors"),
  backbone: z.enum(backbones).default('resnet18').describe('network'),
  width: z
    .int()
    .min(4)
    .max(4096)
    .optional()
    .describe('channels of the first stage, 64 unless given; of reactnet-a 32; of a vit its tokens'),
  features: z
    .int()
    .min(4)
    .max(16384)
    .optional()
    .describe('channels of the last stage, and so of the features; what doubling width gives unless given'),
  stem: z
    .enum(['small', 'strided', 'standard'])
    .optional()
    .describe(
      'small keeps the resolution, strided halves it, standard quarters it; small below 64 pixels unless given',
    ),
  initFrom: z
    .string()
    .min(1)
    .optional()
    .describe("start from the weights in a .safetensors file with torchvision's or Hugging Face's names, or of a run"),
  teacher: z
    .string()
    .min(1)
    .optional()
    .describe(
      'run folder, of pretraining or fine-tuning, or encoder file whose network the student is to imitate; it stays as it is',
    ),
  sk: z
    .boolean()
    .optional()
    .describe("a resnet in SimCLR v2's form: selective kernels in bottlenecks, ResNet-D's stem and shortcuts"),
  zeroGain: z
    .boolean()
    .optional()
    .describe('the last norm of each block of a resnet begins at gain 0; with sk unless given'),
  binary: z
    .enum(['both', 'activations'])
    .optional()
    .describe('what is binary in a bireal or react network: weights too, or, first of two steps, activations alone'),
  patch: z
    .int()
    .min(1)
    .max(64)
    .optional()
    .describe("side of a vit's patches; 4 below 64 pixels, 8 below 160, else 16 unless given"),
  depth: z.int().min(1).max(64).optional().describe("blocks of a vit; its name's unless given"),
  dropPath: z
    .number()
    .min(0)
    .lt(1)
    .optional()
    .describe('share of images that skip the last block of a vit in training, less in those before; 0 unless given'),
  epochs: z.int().min(1).default(200).describe('outer rounds over the data; the paper trains for several hundred'),
  batch: z.int().min(2).default(256).describe('images in a batch; 256 in the paper'),
  lr: z.number().positive().default(0.06).describe('learning rate before decay and after warm-up; .06 in the paper'),
  scaleLr: z
    .boolean()
    .default(false)
    .describe('times batch / 256; the paper does not say so, also where it varies the batch'),
  scaleLoss: z
    .number()
    .positive()
    .default(1)
    .describe(
      'the loss is minimised times this, which under SGD is like a learning rate; the presets set it for some methods',
    ),
  optimizer: z
    .enum(['sgd', 'lars', 'adam', 'adamw'])
    .default('sgd')
    .describe('sgd in the paper; adam takes weight decay as part of the gradient, adamw apart from it'),
  momentum: z.number().min(0).lt(1).default(0.9).describe('of sgd and lars; .9 in the paper'),
  weightDecay: z.number().min(0).default(5e-4).describe('5e-4 in the paper'),
  weightDecayEnd: z
    .number()
    .min(0)
    .optional()
    .describe(
      'what weight decay comes to by the end of the run, by half a cosine, at each step; it stays unless given',
    ),
  exclude: z
    .enum(['vectors', 'none'])
    .optional()
    .describe(
      'vectors (biases, batch norm) go without weight decay and LARS scaling; none of them with sgd unless given',
    ),
  nesterov: z.boolean().default(false).describe('Nesterov momentum, of sgd'),
  larsTrust: z.number().positive().default(1e-3).describe('step length over parameter length'),
  larsMomentum: z
    .enum(['gradients', 'steps'])
    .default('gradients')
    .describe('what the momentum sums: scaled gradients, or steps as in SimCLR'),
  larsClip: z.boolean().default(false).describe('never scales a gradient up, as in solo-learn'),
  schedule: z
    .enum(['epoch', 'step'])
    .default('epoch')
    .describe('the learning rate moves once an epoch, as in the recipe the paper follows, or at each step'),
  warmup: z.number().min(0).default(0).describe('epochs of linear warm-up before the decay'),
  decay: z
    .enum(['cosine', 'linear', 'constant'])
    .default('cosine')
    .describe('how the learning rate falls: by half a cosine, in a line, or not'),
  lrEnd: z.number().min(0).default(0).describe('where the decay ends; scaleLr leaves it as it is'),
  clip: z.number().min(0).default(0).describe('longest a gradient may be; 0 for any'),
  clipBy: z
    .enum(['global', 'tensor'])
    .default('global')
    .describe('whether clip is for the gradients of all tensors together, or for those of each'),
  size: z.int().min(8).max(1024).optional().describe("side of the images in pixels; the data set's own unless given"),
  limit: z.int().min(2).optional().describe('use at most so many images, evenly over the classes'),
  ...viewOptions.shape,
  seed: z.int().min(0).default(0).describe('everything random follows from it'),
  device: z.string().default('auto').describe('auto, cpu, cuda, cuda:1 or mps'),
  precision: z
    .enum(['auto', 'float32', 'bfloat16'])
    .default('auto')
    .describe('of matrix products; auto is bfloat16 where the hardware has it'),
  memoryFormat: z
    .enum(['contiguous', 'channelsLast'])
    .default('channelsLast')
    .describe(
      'order of activations in memory; channelsLast is faster for narrow networks on a CPU, contiguous may be for full-width ones',
    ),
  graph: z
    .enum(['auto', 'off'])
    .default('auto')
    .describe('auto replays forward and backward pass as a CUDA graph where device and method allow it'),
  saveMinutes: z
    .number()
    .min(0)
    .default(10)
    .describe('a checkpoint every so many minutes too, not only at epochs; 0 for none'),
  saveSteps: z.int().min(0).default(0).describe('and every so many steps; 0 for none'),
  nonFinite: z
    .enum(['stop', 'skip'])
    .default('stop')
    .describe('a loss or gradient that is not finite ends the run, or its step is left out'),
  knnEvery: z.int().min(0).default(1).describe('k-NN of both encoders every so many epochs; 0 only at the end'),
  maxSkipped: z
    .number()
    .min(0)
    .max(1)
    .default(0.05)
    .describe('share of image files that may be unreadable before the run stops; in a small set up to five may'),
  cache: z
    .string()
    .min(1)
    .optional()
    .describe("folder for decoded images that are too many for the memory; in the user's cache unless given"),
  dataRoot: z.string().optional().describe('where named data sets are looked for first'),
});

export type RunOptions = z.infer<typeof runOptions>;

/** A resolved configuration: every setting of the run, and of its method. */
export type RunConfig = RunOptions & Record<string, unknown>;

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
 * @param given by name; strings (as from a command line) become numbers and booleans where those are wanted
 * @throws UsageError for unknown names (with the nearest known), wrong types and values out of range
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
    if (types[key]?.parse(undefined) === config[key]) continue; // a saved configuration names everything
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

function explain({ issues }: z.ZodError, given: Readonly<Record<string, unknown>>): string {
  const [issue] = issues as [z.core.$ZodIssue];
  const key = String(issue.path[0]);
  const value = given[key];
  if (value === undefined) return `${key} is missing`;
  if (issue.code === 'invalid_value')
    return `unknown ${key} ${typeof value === 'string' ? shownName(value) : shown(value)}; ${choice(asText(value), issue.values.map(String))}`;
  return `${key} must be ${wanted(issue)}, got ${shown(value)}`;
}

function wanted(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'int' ? 'a whole number' : `a ${issue.expected}`;
    case 'too_small':
      if (issue.origin === 'string') return 'a text that is not empty';
      return `${issue.inclusive ? 'at least' : 'above'} ${issue.minimum}`;
    case 'too_big':
      return `${issue.inclusive ? 'at most' : 'below'} ${issue.maximum}`;
    default:
      return issue.message;
  }
}

/** Of lists and objects, which may be nested deeper than the stack, only that they are such. */
function asText(value: unknown): string {
  return typeof value === 'string' ? value : shown(value);
}

function choice(given: string, names: readonly string[]): string {
  return `there is ${names.join(', ')}.${didYouMean(given, names)}`;
}
