import { UserError } from '../../errors.js';
import { type SplitKind, splitMisspelled, splitNamed, testKinds } from '../set/split-names.js';
import { type Entry, someOf, top, unwrapped } from './entry.js';

/** How the class of an image is found; the same way for training images and queries. */
export interface Classifier {
  /** The class of an image; undefined where it has none. */
  readonly classOf: (entry: Entry) => string | undefined;
  readonly notes: readonly string[];
}

/** No classes, and why. */
export interface Unlabelled {
  readonly why: string;
}

const howToLabel =
  'put the images of each class into a folder of its own, such as cats/ and dogs/, or say with --classes what names the class, to measure by labels (k-NN)';

/**
 * How the classes of training images are found: as the user says (`level=2`, a regular expression,
 * `none`), as files say of every image, or by the folders.
 *
 * @param entries without the folders that name a split
 * @throws UserError where what the user says fits not all images
 */
export function classifierOf(
  entries: readonly Entry[],
  choice: string | undefined,
  where: string,
): Classifier | Unlabelled {
  if (choice !== undefined) return chosen(entries, choice, where);
  const labelled = entries.filter(({ label }) => label !== undefined).length;
  if (labelled === entries.length && labelled > 0) return { classOf: ({ label }) => label, notes: [] };
  const notes =
    labelled > 0
      ? [`the classes beside images are not used, as only ${labelled} of ${entries.length} images have one`]
      : [];
  const found = byFolders(entries);
  return 'why' in found ? { why: [...notes, found.why].join('; ') } : { ...found, notes: [...notes, ...found.notes] };
}

function chosen(entries: readonly Entry[], choice: string, where: string): Classifier | Unlabelled {
  if (choice === 'none') return { why: 'no class labels, as --classes none says' };
  const classOf = /^level=/.test(choice) ? atLevel(choice) : byExpression(choice);
  const without = entries.filter((entry) => classOf(entry) === undefined);
  if (without.length === 0) return { classOf, notes: [] };
  throw new UserError(
    `${where}: --classes ${choice} names no class for ${without.length} of ${entries.length} images, such as ${someOf(without.map(({ path }) => path))}`,
  );
}

/** Level 1 is the outermost folder below the split, -1 the one that holds the image. */
function atLevel(choice: string): Classifier['classOf'] {
  const level = Number(choice.slice('level='.length));
  if (!Number.isInteger(level) || level === 0) {
    throw new UserError(
      `--classes ${choice}: the level is a whole number: 1 is the outermost folder, -1 the innermost`,
    );
  }
  return ({ folders }) => folders.at(level > 0 ? level - 1 : level);
}

/** The class is the expression's first group, or all that it matches. */
function byExpression(choice: string): Classifier['classOf'] {
  let expression: RegExp;
  try {
    expression = new RegExp(choice, 'u');
  } catch (error) {
    throw new UserError(
      `--classes ${choice}: neither level=N, none nor a regular expression (${(error as Error).message})`,
    );
  }
  return ({ path }) => {
    const match = expression.exec(path);
    return match ? (match[1] ?? match[0]) : undefined;
  };
}

function byFolders(all: readonly Entry[]): Classifier | Unlabelled {
  const entries = unwrapped(all);
  const names = new Set(entries.flatMap((entry) => top(entry) ?? []));
  const loose = entries.filter((entry) => top(entry) === undefined).length;
  if (loose > 0 && names.size > 0) {
    const why = `no class labels, as ${loose} of ${entries.length} images lie beside the folders`;
    return { why: `${why}; ${howToLabel}` };
  }
  if (names.size < 2) return { why: `no class labels; ${howToLabel}` };
  const depth = (all[0]?.folders.length ?? 0) - (entries[0]?.folders.length ?? 0);
  const at = (level: number) => (entry: Entry) => entry.folders[depth + level];
  const found = nested(entries, names, depth, at) ?? { classOf: at(0), notes: [] };
  return { ...found, notes: [...found.notes, ...misspelledNote(names)] };
}

/** Folders whose names are those of a split, but for a slip. */
function misspelledNote(names: ReadonlySet<string>): string[] {
  const like = (isOne: (kind: SplitKind | undefined) => boolean) =>
    [...names].find((name) => isOne(splitMisspelled(name) ?? splitNamed(name)));
  const train = like((kind) => kind === 'train');
  const test = like((kind) => kind !== undefined && testKinds.includes(kind));
  if (train === undefined || test === undefined || names.size > 3) return [];
  return [`if ${train} and ${test} are the split: --train ${train} --test ${test}`];
}

/**
 * Where folders lie in folders everywhere: classes are the inner ones if the outer ones are fewer
 * and hold the same (`photos/a/cat`, `photos/b/cat`). The user is told what was chosen.
 */
function nested(
  entries: readonly Entry[],
  outer: ReadonlySet<string>,
  depth: number,
  at: (level: number) => Classifier['classOf'],
): Classifier | undefined {
  const holders = new Map<string, Set<string>>();
  for (const { folders } of entries) {
    const [above, name] = folders;
    if (above === undefined || name === undefined) return undefined;
    holders.set(name, (holders.get(name) ?? new Set()).add(above));
  }
  if (holders.size < 2) return undefined;
  const inner = [...holders.keys()];
  const shared = [...holders.values()].filter(({ size }) => size > 1).length;
  const isGrid = inner.length > outer.size && shared >= inner.length / 2;
  const [taken, other] = isGrid ? [inner, outer] : [outer, inner];
  const names = (some: Iterable<string>) => someOf([...some].sort());
  const [level, otherLevel] = [depth + (isGrid ? 2 : 1), depth + (isGrid ? 1 : 2)];
  const notes = [
    `classes are the folders ${names(taken)}; if they are ${names(other)}, give --classes level=${otherLevel} (now level=${level})`,
  ];
  return { classOf: at(isGrid ? 1 : 0), notes };
}
