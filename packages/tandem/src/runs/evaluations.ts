import { appendFileSync, existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { dropTornLine, readJsonLines } from '../files/json.js';
import { writeWhole } from '../files/write-whole.js';

const settingsSchema = z.record(z.string(), z.unknown());

const evaluationSchema = z.object({
  /** The command that measured, such as `knn`. */
  command: z.string(),
  /** How it measures, in a few words that tables show. */
  protocol: z.string(),
  /**
   * All that changes the numbers; with equal command, protocol, images and settings but `seed`,
   * results can be compared.
   */
  settings: settingsSchema,
  images: z.string(),
  /** Whose encoder: `student`, `teacher`, or `encoder` where that cannot be told. */
  encoder: z.string(),
  /** The run's last epoch when it was measured. */
  epoch: z.int().optional(),
  /** Numbers; `accuracy`, a share, is the one that tables show. */
  result: settingsSchema,
  date: z.string(),
});

/** What one evaluation of a run's encoder gave: one line of `evaluations.jsonl`. */
export type Evaluation = Readonly<z.infer<typeof evaluationSchema>>;

const scatterSchema = z.object({
  points: z.array(z.tuple([z.number(), z.number()])).min(1),
  /** The class of each point, an index into `classNames`. */
  labels: z.array(z.int().min(0)).optional(),
  classNames: z.array(z.string()).optional(),
  /** What stands beside the picture, by name. */
  numbers: z.record(z.string(), z.number()),
  title: z.string().optional(),
});

/** Features laid out in the plane, such as t-SNE's: `tsne.json` of a run. */
export type Scatter = Readonly<z.infer<typeof scatterSchema>>;

/**
 * Adds a line to the `evaluations.jsonl` of the run that an encoder belongs to.
 * @param runOrFile what was evaluated: a run folder, or a file in its `encoder/`
 * @param seen whose encoder it was and of which epoch, as known when it was loaded: the run may
 * have gone on since
 * @returns that file; undefined, and nothing is written, where the encoder belongs to no run
 */
export function keepEvaluation(
  runOrFile: string,
  evaluation: Omit<Evaluation, 'encoder' | 'epoch' | 'date'>,
  seen?: { readonly encoder?: string | undefined; readonly epoch?: number | undefined },
): string | undefined {
  const run = runOf(runOrFile);
  if (run === undefined) return undefined;
  const file = join(run, 'evaluations.jsonl');
  const epoch = seen?.epoch ?? readJsonLines(join(run, 'metrics.jsonl')).at(-1)?.epoch;
  const line = {
    ...evaluation,
    encoder: seen?.encoder ?? whose(run, runOrFile),
    epoch,
    date: new Date().toISOString(),
  };
  dropTornLine(file);
  appendFileSync(file, `${JSON.stringify(evaluationSchema.parse(line))}\n`);
  return file;
}

/** The evaluations of a run, oldest first. @throws UserError for a damaged line */
export function readEvaluations(run: string): Evaluation[] {
  const path = join(run, 'evaluations.jsonl');
  return readJsonLines(path).map((entry, i) => {
    const { success, data } = evaluationSchema.safeParse(entry);
    if (!success) throw new UserError(`${path}:${i + 1} is damaged: it is not an evaluation`);
    return data;
  });
}

/**
 * Keeps a layout for the run's report, in place of an earlier one.
 * @returns the file, or undefined as for `keepEvaluation`
 */
export function keepScatter(runOrFile: string, scatter: Scatter): string | undefined {
  const run = runOf(runOrFile);
  if (run === undefined) return undefined;
  const file = join(run, 'tsne.json');
  writeWhole(file, `${JSON.stringify(scatterSchema.parse(scatter))}\n`);
  return file;
}

/** The run's layout, where one was made. @throws UserError when its file is damaged */
export function readScatter(run: string): Scatter | undefined {
  const path = join(run, 'tsne.json');
  if (!existsSync(path)) return undefined;
  try {
    return scatterSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    throw new UserError(`${path} is damaged; \`tandem tsne\` makes it anew`);
  }
}

/** The folder of a run, from itself or an encoder in it. */
function runOf(runOrFile: string): string | undefined {
  const at = resolve(runOrFile);
  const run = statSync(at, { throwIfNoEntry: false })?.isDirectory() ? at : dirname(dirname(at));
  const isEncoder = run === at || basename(dirname(at)) === 'encoder';
  return isEncoder && existsSync(join(run, 'config.json')) ? run : undefined;
}

/** Of student and teacher, the one whose bytes the evaluated encoder has. */
function whose(run: string, runOrFile: string): string {
  const path = (name: string) => join(run, 'encoder', `${name}.safetensors`);
  const file = resolve(runOrFile) === run ? path('encoder') : resolve(runOrFile);
  if (!existsSync(file)) return 'encoder';
  const bytes = readFileSync(file);
  const same = ['student', 'teacher'].filter(
    (name) => existsSync(path(name)) && readFileSync(path(name)).equals(bytes),
  );
  return same.find((name) => file === path(name)) ?? same.at(-1) ?? 'encoder';
}
