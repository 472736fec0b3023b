import { z } from 'zod';

const name = z.string().min(1);
const value = z.union([z.string(), z.number(), z.boolean()]);
const settings = z.record(name, value);

/** Settings of linear evaluation, of few-shot episodes and of t-SNE. */
const evaluationSettings = z.strictObject({
  protocol: z.enum(['views', 'features']).optional(),
  epochs: z.int().positive().optional(),
  batch: z.int().positive().optional(),
  lr: z.array(z.number().positive()).min(1).optional(),
  weightDecay: z.number().min(0).optional(),
  cropMin: z.number().positive().optional(),
  seed: z.int().min(0).optional(),
  points: z.int().positive().optional(),
  iterations: z.int().positive().optional(),
  ways: z.int().min(2).optional(),
  shots: z.int().positive().optional(),
  episodes: z.int().min(2).optional(),
});

/** How a number comes from a run. */
export const measureSchema = z.strictObject({
  by: z
    .enum([
      ...['knn', 'top1', 'probe', 'embeddingStd', 'linear', 'fewshot', 'silhouette', 'nearest'],
      ...['images', 'side', 'setting'],
    ] as const)
    .describe(
      'k-NN (k = 1), the classifier of a run with labels, the online probe, the deviation of the embeddings; after the run, linear accuracy, that of few-shot episodes by class means, silhouette or nearest neighbour of its features; images that were learned from, their side, or a setting',
    ),
  key: name.optional().describe('which setting'),
  encoder: z.enum(['kept', 'student', 'teacher', 'average']).default('kept').describe('whose features'),
  over: z.enum(['end', 'epochs']).default('end').describe('at the end, or at every epoch that was measured or kept'),
  with: evaluationSettings.default({}).describe('settings of linear evaluation, few-shot episodes or t-SNE'),
});

/** How a number comes from a run. */
export type Measure = Readonly<z.infer<typeof measureSchema>>;

const rowSchema = z.strictObject({
  config: name.describe('the configuration, seen from the file of the study; {x} stands for each of `x`'),
  with: settings.default({}).describe('what differs from it; {x} stands for each of `x`'),
  x: z.array(value).optional().describe('where the row has others than the study'),
  seed: z.int().min(0).optional().describe('of all its runs, whatever the seeds of the study'),
});

const quantity = z.strictObject({
  row: name,
  minus: name.optional().describe('a row whose value is taken away first'),
  measure: name,
  x: value.optional().describe('one of the row; without it, every one by itself'),
  take: z
    .enum(['value', 'slope', 'spread', 'early', 'peak', 'fall'])
    .default('value')
    .describe(
      'the number; its slope over log2 x, or highest less lowest over x; of a curve its value after a quarter of the run, its highest, and how far it ends below that',
    ),
});

const comparisonSchema = z
  .strictObject({
    of: quantity,
    against: z
      .union([z.array(z.union([name, quantity])).min(1), z.literal('others'), z.number()])
      .describe('rows with the same measure, all others, other quantities, or a number'),
    least: z
      .number()
      .optional()
      .describe('the difference is claimed to be above; 0 by default where `most` is missing'),
    most: z.number().optional().describe('and below'),
  })
  .transform((c) => ({ ...c, least: c.least ?? (c.most === undefined ? 0 : undefined) }));

const claimSchema = z.strictObject({
  id: name,
  says: name.describe('the claim, in a sentence'),
  comparisons: z.array(comparisonSchema).min(1).describe('all of them must hold'),
  note: name.optional().describe('what a reader should know of the test'),
});

const panel = z.strictObject({ title: z.string().default(''), rows: z.array(name).optional() });

const figureSchema = z.strictObject({
  kind: z.enum(['curves', 'sweep', 'bars', 'scatter']),
  measure: name,
  panels: z
    .array(panel)
    .min(1)
    .default([{ title: '' }]),
  axis: z.enum(['epochs', 'steps']).default('epochs').describe('of curves'),
  log: z.boolean().default(false).describe('whether a sweep doubles from point to point'),
});

/** A table or figure: which runs, how they are measured, what is claimed of them. */
export const studySchema = z.strictObject({
  title: name,
  about: name.describe('what it asks, in a sentence or two'),
  of: z.string().default('').describe('the paper, or the group, that it belongs to'),
  folders: z
    .record(name, z.strictObject({ config: name, with: settings.default({}), seed: z.int().min(0).optional() }))
    .default({})
    .describe('run folders that configurations name, and the configuration that makes each; with one seed for all'),
  x: z.array(value).min(1).default(['']),
  xName: z.string().default(''),
  rows: z.record(name, z.union([name.transform((config) => rowSchema.parse({ config })), rowSchema])),
  measures: z.record(name, measureSchema),
  table: z.array(name).optional().describe('the measures that the table shows; all that are no curves by default'),
  figures: z.array(figureSchema).default([]),
  claims: z.array(claimSchema).default([]),
  seeds: z.int().min(1).optional().describe("at most so many, where the scale's are more than the study wants"),
});

/** A table or figure as its file says. */
export type Study = Readonly<z.infer<typeof studySchema>>;
/** One line of a table, one curve of a figure. */
export type Row = Readonly<z.infer<typeof rowSchema>>;
/** What is claimed of a study's runs. */
export type Claim = Readonly<z.infer<typeof claimSchema>>;
/** One of a claim's comparisons. */
export type Comparison = Readonly<z.infer<typeof comparisonSchema>>;
/** A number that each seed has one of. */
export type Quantity = Readonly<z.infer<typeof quantity>>;
/** How numbers are drawn. */
export type Figure = Readonly<z.infer<typeof figureSchema>>;

/** How much smaller than its configurations a study is run. */
export const scaleSchema = z.strictObject({
  about: name.describe('how long it takes, and what it is good for'),
  seeds: z.int().min(1).default(3),
  settings: settings.default({}).describe('over every configuration, where its method has them'),
  divide: z.record(name, z.number().positive()).default({}).describe('numbers of a configuration by so much, rounded'),
  least: z.record(name, z.number()).default({}).describe('how far down, if they were not smaller before'),
  values: z
    .record(name, z.record(z.string(), value))
    .default({})
    .describe('by setting: what becomes of a value that the scale has no room for'),
  networks: z
    .record(
      name,
      z.strictObject({ backbone: name.optional(), width: z.int().positive().optional(), stem: name.optional() }),
    )
    .default({})
    .describe('by backbone: another one, what becomes of a width of 64, and the stem'),
  linear: evaluationSettings.default({}).describe('of linear evaluations, where a study names no others'),
  tsne: evaluationSettings.default({}).describe('of t-SNE'),
  reports: z.boolean().default(true).describe('whether each run gets its report.html'),
});

/** A scale as its file says. */
export type Scale = Readonly<z.infer<typeof scaleSchema>>;
