import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { readRegular } from '../files/regular.js';
import { writeWhole } from '../files/write-whole.js';
import { runOf } from './encoder-files.js';

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
 * Keeps a layout for the run's report, in place of an earlier one.
 * @returns the file, or undefined as for `recordEvaluation`
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
  const text = readRegular(path).toString();
  try {
    return scatterSchema.parse(JSON.parse(text));
  } catch {
    throw new UserError(`${path} is damaged; \`tandem tsne\` makes it anew`);
  }
}
