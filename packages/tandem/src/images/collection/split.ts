import { UserError } from '../../errors.js';
import type { LayoutOptions } from '../options.js';
import { type SplitKind, splitNamed, splitWithin, testKinds } from '../set/split-names.js';
import { type Entry, someOf } from './entry.js';
import { matcher } from './globs.js';

/** Images that may be asked about, and what they are called. */
export interface TestPart {
  /** Of its folders, for messages. */
  readonly name: string;
  /** Its images, without the folder that names the split. */
  readonly entries: readonly Entry[];
}

/** The parts of a collection. */
export interface Split {
  /** What the training images are called; absent where there is no split. */
  readonly name?: string;
  /** The images to learn from, without the folder that names the split. */
  readonly train: readonly Entry[];
  /** What may be asked about, the best first. */
  readonly tests: readonly TestPart[];
  /** What belongs to no part, with its number of images. */
  readonly beside: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Which images are learned from, and which may be asked about: as the user says, as a column or
 * file says, or by the usual names of folders, at whatever depth they stand.
 */
export function splitOf(entries: readonly Entry[], choice: LayoutOptions, where: string): Split {
  if (choice.train !== undefined || choice.test !== undefined) return chosen(entries, choice, where);
  return said(entries) ?? byFolders(entries) ?? { train: entries, tests: [], beside: [], notes: [] };
}

function chosen(entries: readonly Entry[], { train, test }: LayoutOptions, where: string): Split {
  const isTest = test === undefined ? () => false : matcher(test);
  const isTrain = train === undefined ? () => true : matcher(train);
  const asked = entries.filter(({ path }) => isTest(path));
  const learned = entries.filter(({ path }) => isTrain(path) && !isTest(path));
  if (test !== undefined && asked.length === 0) throw unmatched(where, 'test', test, entries);
  if (learned.length === 0) throw unmatched(where, 'train', train ?? `not ${test}`, entries);
  const rest = entries.length - asked.length - learned.length;
  return {
    name: train ?? 'the rest',
    train: withoutSplitFolders(learned),
    tests: test === undefined ? [] : [{ name: test, entries: withoutSplitFolders(asked) }],
    beside: rest > 0 ? [`images that neither pattern fits (${rest})`] : [],
    notes: [],
  };
}

function unmatched(where: string, flag: string, glob: string, entries: readonly Entry[]): UserError {
  return new UserError(
    `${where}: --${flag} '${glob}' fits no image; paths are like ${someOf(entries.map(({ path }) => path))}`,
  );
}

/** Where users say the split, a folder of its name would only stand in the way of the classes. */
function withoutSplitFolders(entries: readonly Entry[]): Entry[] {
  return entries.map((entry) => ({ ...entry, folders: entry.folders.filter((name) => !splitNamed(name)) }));
}

/** By what a column or a file says; undefined where none says anything that is a split. */
function said(entries: readonly Entry[]): Split | undefined {
  const names = new Set(entries.flatMap(({ split }) => split ?? []));
  if (![...names].some((name) => kindOf(name) === 'train')) return undefined;
  return parts(entries, ({ split }) => split, kindOf);
}

/** By folders: at the first level of them where their names make a split. */
function byFolders(entries: readonly Entry[]): Split | undefined {
  const depth = entries.reduce((most, { folders }) => Math.max(most, folders.length), 0);
  for (let level = 0; level < depth; level++) {
    const names = new Set<string>();
    for (const { folders } of entries) {
      const name = folders[level];
      if (name !== undefined) names.add(name);
    }
    const kind = kindsAmong(names);
    if (!kind) continue;
    const inner = entries.map((entry): Entry => ({ ...entry, folders: entry.folders.toSpliced(level, 1) }));
    const own = new Map(inner.map((entry, i) => [entry, entries[i]?.folders[level]]));
    return parts(inner, (entry) => own.get(entry), kind);
  }
  return undefined;
}

/**
 * How the names of one level are read; undefined where they are no split. `train` beside `test` is
 * one, whatever else is there. Longer names (`seg_train`) only make one where they are most of what
 * is there, and names without one of training (`test`, `val`; `train`, `extra`) where they are all:
 * a class of vehicles may be called train, or bullet_train.
 */
function kindsAmong(names: ReadonlySet<string>): ((name: string) => SplitKind | undefined) | undefined {
  if (names.size < 2) return undefined;
  for (const read of [splitNamed, kindOf]) {
    const found = [...names].flatMap((name) => read(name) ?? []);
    const isWhole = found.includes('train') && testKinds.some((kind) => found.includes(kind));
    const enough = read === splitNamed ? 2 : Math.max(2, names.size / 2);
    if (isWhole && found.length >= enough) return read;
  }
  return [...names].every(kindOf) ? kindOf : undefined;
}

function kindOf(name: string): SplitKind | undefined {
  return splitNamed(name) ?? splitWithin(name);
}

/** @param own the name of an image's part @param read what a name stands for */
function parts(
  entries: readonly Entry[],
  own: (entry: Entry) => string | undefined,
  read: (name: string) => SplitKind | undefined,
): Split {
  const groups = new Map<SplitKind, { entries: Entry[]; names: Set<string> }>();
  const beside = new Map<string, number>();
  for (const entry of entries) {
    const name = own(entry);
    const kind = name === undefined ? undefined : read(name);
    if (name === undefined || kind === undefined || kind === 'other') {
      const what = name === undefined ? 'images beside it' : `'${name}'`;
      beside.set(what, (beside.get(what) ?? 0) + 1);
      continue;
    }
    const group = groups.get(kind) ?? { entries: [], names: new Set() };
    group.entries.push(entry);
    group.names.add(name);
    groups.set(kind, group);
  }
  const tests = testKinds.flatMap((kind) => {
    const group = groups.get(kind);
    return group ? [{ name: quoted(group.names), entries: group.entries }] : [];
  });
  const left = [...beside].map(([what, count]) => `${what} (${count.toLocaleString('en')})`);
  const train = groups.get('train');
  if (train) {
    return { name: quoted(train.names), train: train.entries, tests, beside: left, notes: [] };
  }
  const together = tests.map(({ name }) => name).join(' and ');
  return {
    train: tests.flatMap((part) => part.entries),
    tests: [],
    beside: left,
    notes: [`there is no folder of training images: ${together} are taken together`],
  };
}

/** A part with its number of images, as notes name it. */
export function sized({ name, entries }: TestPart): string {
  return `${name} (${entries.length.toLocaleString('en')})`;
}

function quoted(names: Iterable<string>): string {
  return [...names].map((name) => `'${name}'`).join(', ');
}
