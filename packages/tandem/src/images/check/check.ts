/** What a folder, archive or data set holds, and which of its pictures are suspicious. */

import type { SkippedFile } from '../set/image-set.js';
import { groupsBy, lookalikes } from './groups.js';
import { type CheckOptions, counted, type Survey, surveyImages } from './survey.js';

/** Share of a picture in black or gray blocks from which on it is named. */
const leastBlank = 1 / 8;

/** Images of one class. */
export interface ClassCount {
  /** Of the class. */
  readonly name: string;
  /** Images to learn from. */
  readonly train: number;
  /** Images to ask about. */
  readonly test: number;
}

/**
 * What was found. Pictures are named by their paths, those of data sets known by name by numbers.
 */
export interface ImageCheck {
  /** Of the folder, archive or data set. */
  readonly name: string;
  /** Pictures that can be read. */
  readonly images: number;
  /** Pictures that can be read of each format, by their contents. */
  readonly formats: Readonly<Record<string, number>>;
  /** How many pictures have each number of channels and bits, as `3 x 8`. */
  readonly channels: Readonly<Record<string, number>>;
  /** Least, middle and greatest width and height, in pixels. */
  readonly sizes?: { readonly width: Spread; readonly height: Spread };
  /** Classes and their sizes; none where the images are not sorted. */
  readonly classes: readonly ClassCount[];
  /** Where the images to ask about come from. */
  readonly split: 'given' | 'none';
  /** What else was noticed of classes, split and files. */
  readonly notes: readonly string[];
  /** Files that cannot be read, with the reason. */
  readonly skipped: readonly SkippedFile[];
  /** Files whose ending names another format than their content has. */
  readonly endings: readonly SkippedFile[];
  /** Pictures of one colour. */
  readonly constant: readonly string[];
  /** Pictures of which an eighth or more is black or exactly medium gray, in whole blocks. */
  readonly blank: readonly string[];
  /** Groups of files of the same bytes. */
  readonly duplicates: readonly (readonly string[])[];
  /** Groups of pictures that look alike, but for those of the same bytes. */
  readonly lookalikes: readonly (readonly string[])[];
  /** Pictures to ask about that are, or look like, one to learn from. */
  readonly leaks: readonly { readonly test: string; readonly train: string }[];
}

/** The least, the middle and the greatest of some numbers. */
export interface Spread {
  readonly least: number;
  readonly median: number;
  readonly most: number;
}

/**
 * Looks at every picture of a folder, archive or data set.
 * @throws UserError where there is none
 */
export async function checkImages(where: string, options: CheckOptions = {}): Promise<ImageCheck> {
  const { name, seen, formats, skipped, endings, notes, layout } = await surveyImages(where, options);
  const names = seen.map((one) => one.name);
  const copies = groupsBy(seen, ({ digest }) => digest);
  const copied = new Set(copies.flatMap((group) => group.slice(1)));
  const alike = lookalikes(seen);
  const named = (groups: readonly (readonly number[])[]) => groups.map((group) => group.map((i) => names[i] as string));
  return {
    ...{ name, images: seen.length, formats, notes, skipped, endings },
    channels: counted(seen.map(({ channels }) => channels)),
    ...(seen.length > 0 && {
      sizes: { width: spreadOf(seen.map(({ width }) => width)), height: spreadOf(seen.map(({ height }) => height)) },
    }),
    classes: classesOf(layout),
    split: layout.queries ? 'given' : 'none',
    constant: seen.filter(({ isConstant }) => isConstant).map((one) => one.name),
    blank: seen.filter(({ blank, isConstant }) => !isConstant && blank >= leastBlank).map((one) => one.name),
    duplicates: named(copies),
    lookalikes: named(alike.map((group) => group.filter((i) => !copied.has(i))).filter((group) => group.length > 1)),
    leaks: leaksOf([...named(alike), ...named(copies)], layout),
  };
}

function classesOf({ classes = [], train, queries = [] }: Survey['layout']): ClassCount[] {
  const sizes = (items: Survey['layout']['train']) => {
    const count = new Array<number>(classes.length).fill(0);
    for (const { label } of items) if (label !== undefined) count[label] = (count[label] as number) + 1;
    return count;
  };
  const [toLearn, toAsk] = [sizes(train), sizes(queries)];
  return classes.map((name, i) => ({ name, train: toLearn[i] as number, test: toAsk[i] as number }));
}

function leaksOf(groups: readonly (readonly string[])[], { train, queries }: Survey['layout']): ImageCheck['leaks'] {
  if (!queries) return [];
  const toLearn = new Set(train.map(({ path }) => path));
  const toAsk = new Set(queries.map(({ path }) => path));
  const leaks = new Map<string, string>();
  for (const group of groups) {
    const learned = group.find((name) => toLearn.has(name));
    if (learned !== undefined) for (const name of group) if (toAsk.has(name)) leaks.set(name, learned);
  }
  return [...leaks].map(([test, train]) => ({ test, train })).sort((a, b) => (a.test < b.test ? -1 : 1));
}

function spreadOf(numbers: readonly number[]): Spread {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = (i: number) => sorted[i] as number;
  return { least: at(0), median: at(Math.floor(sorted.length / 2)), most: at(sorted.length - 1) };
}
