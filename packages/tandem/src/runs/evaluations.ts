import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { readJsonLines } from '../files/json.js';
import { readRegular } from '../files/regular.js';
import { appendLine } from '../files/write-whole.js';
import { runOf } from './encoder-files.js';
import { encoderNames } from './encoder-names.js';
import { placeOf } from './image-place.js';

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
  /** The same as `placeOf` names it; earlier versions did not write it. */
  place: z.string().optional(),
  /** Whose encoder: `student`, `teacher`, `average`, or `encoder` where that is not known. */
  encoder: z.string(),
  /** The run's last epoch when it was measured. */
  epoch: z.int().optional(),
  /** Numbers; `accuracy`, a share, is the one that tables show. */
  result: settingsSchema,
  date: z.string(),
});

/** What one evaluation of a run's encoder gave: one line of `evaluations.jsonl`. */
export type Evaluation = Readonly<z.infer<typeof evaluationSchema>>;

/**
 * Adds a line to the `evaluations.jsonl` of the run that an encoder belongs to.
 * @param runOrFile what was evaluated: a run folder, or a file in its `encoder/`
 * @param seen whose encoder it was and of which epoch, as known when it was loaded: the run may
 * have been resumed since
 * @returns that file; undefined, and nothing is written, where the encoder belongs to no run
 */
export function recordEvaluation(
  runOrFile: string,
  evaluation: Omit<Evaluation, 'place' | 'encoder' | 'epoch' | 'date'>,
  seen?: { readonly encoder?: string | undefined; readonly epoch?: number | undefined },
): string | undefined {
  const run = runOf(runOrFile);
  if (run === undefined) return undefined;
  const file = join(run, 'evaluations.jsonl');
  const epoch = seen?.epoch ?? readJsonLines(join(run, 'metrics.jsonl')).at(-1)?.epoch;
  const line = {
    ...evaluation,
    place: placeOf(evaluation.images),
    encoder: seen?.encoder ?? whose(run, runOrFile),
    epoch,
    date: new Date().toISOString(),
  };
  appendLine(file, JSON.stringify(evaluationSchema.parse(line)));
  return file;
}

/** What people call a setting of an evaluation. */
export function settingWord(name: string): string {
  return name === 'bank' ? 'reference set' : name;
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

/** Of the run's encoders the one whose bytes the evaluated encoder has. */
function whose(run: string, runOrFile: string): string {
  const path = (name: string) => join(run, 'encoder', `${name}.safetensors`);
  const file = resolve(runOrFile) === run ? path('encoder') : resolve(runOrFile);
  if (!existsSync(file)) return 'encoder';
  const bytes = readRegular(file);
  const same = encoderNames.filter((name) => existsSync(path(name)) && readRegular(path(name)).equals(bytes));
  return same.find((name) => file === path(name)) ?? same.at(-1) ?? 'encoder';
}
