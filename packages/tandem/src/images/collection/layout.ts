import type { LayoutOptions } from '../options.js';
import type { Said } from '../sources/source.js';
import { type Classifier, classifierOf } from './classes.js';
import { type Entry, top, unwrapped } from './entry.js';
import { type Split, sized, splitOf, type TestPart } from './split.js';

/** An image file and its class, an index into the class names. */
export interface Item {
  /** Below the folder or archive. */
  readonly path: string;
  /** Its class, where classes are named. */
  readonly label?: number;
}

/** What is known of a collection's classes and split. */
export interface Layout {
  /** Sorted class names, numbers by their size; absent where nothing names classes. */
  readonly classes?: readonly string[];
  /** The images to learn from. */
  readonly train: readonly Item[];
  /** The images to ask about, with labels; absent where there are none that are usable. */
  readonly queries?: readonly Item[];
  /** Why test images are not usable, where there are some. */
  readonly misfit?: string;
  /** What the user should know. */
  readonly notes: readonly string[];
}

/**
 * Reads split and classes (`split.ts`, `classes.ts`) from the folders that images lie in and from
 * what files say of them.
 *
 * Folders that wrap everything are looked through. Queries come from the first of the test parts
 * whose every image has one of the training images' classes.
 *
 * @param paths image files, `/` between parts; items come out in the order given
 * @param said what files say of an image
 * @param where the collection, for messages
 * @throws UserError where what the user says fits none, or not all, of the images
 */
export function layoutOf(
  paths: readonly string[],
  said?: (path: string) => Said | undefined,
  choice: LayoutOptions = {},
  where = '',
): Layout {
  const ownFolders = foldersOf();
  const entries = paths.map((path): Entry => {
    const { folders = ownFolders(path), label, split } = said?.(path) ?? {};
    return { path, folders, label, split };
  });
  const split = splitOf(entries, choice, where);
  const found = classifierOf(split.train, choice.classes, where);
  if ('why' in found) {
    const train = split.train.map(({ path }) => ({ path }));
    const left = [...split.beside, ...split.tests.map(sized)];
    return { train, notes: [...split.notes, found.why, ...partsNote(split, undefined, left)] };
  }
  return labelled(split, found, choice.classes !== undefined);
}

/** The folders of each path; one list for those that lie together and come together. */
function foldersOf(): (path: string) => readonly string[] {
  let place = '';
  let folders: readonly string[] = [];
  return (path) => {
    const own = path.slice(0, path.lastIndexOf('/') + 1);
    if (own !== place) {
      place = own;
      folders = own.split('/').slice(0, -1);
    }
    return folders;
  };
}

function labelled(split: Split, { classOf, notes }: Classifier, isChosen: boolean): Layout {
  const classes = sorted(new Set(split.train.map((entry) => classOf(entry) as string)));
  const why: string[] = [];
  const unused: string[] = [];
  let queries: readonly Item[] | undefined;
  let asked: TestPart | undefined;
  for (const part of split.tests) {
    if (queries) {
      unused.push(sized(part));
      continue;
    }
    const fitting = waysToRead(part, classOf, isChosen).map((read) => itemsOf(part, read, classes, split.name));
    queries = fitting.find((items) => typeof items !== 'string') as readonly Item[] | undefined;
    if (queries) asked = part;
    else why.push(`${part.name} is not sorted into the classes of ${split.name} (${fitting[0]})`);
  }
  const misfit = queries || why.length === 0 ? undefined : why.join('; ');
  return {
    classes,
    train: itemsOf({ entries: split.train }, classOf, classes) as Item[],
    ...(queries && { queries }),
    ...(misfit !== undefined && { misfit }),
    notes: [
      ...split.notes,
      ...notes,
      ...(queries ? [] : why),
      ...partsNote(split, asked, [...split.beside, ...unused]),
    ],
  };
}

/** Test images may lie one folder deeper than training images, or have their classes in a file. */
function waysToRead(
  { entries }: TestPart,
  classOf: Classifier['classOf'],
  isChosen: boolean,
): readonly Classifier['classOf'][] {
  if (isChosen) return [classOf];
  const folders = new Map(unwrapped(entries).map((entry) => [entry.path, top(entry)]));
  const said: Classifier['classOf'] = ({ label }) => label;
  const hasAll = entries.every(({ label }) => label !== undefined);
  return [...(hasAll ? [said] : []), classOf, top, ({ path }) => folders.get(path)];
}

/** The images with their classes, or why they have none of these. */
function itemsOf(
  { entries }: Pick<TestPart, 'entries'>,
  classOf: Classifier['classOf'],
  classes: readonly string[],
  trained = '',
): readonly Item[] | string {
  const index = new Map(classes.map((name, i) => [name, i]));
  const items: Item[] = [];
  for (const entry of entries) {
    const name = classOf(entry);
    if (name === undefined) return `${entry.path} lies in no class folder`;
    const label = index.get(name);
    if (label === undefined) return `it has '${name}', which ${trained} lacks`;
    items.push({ path: entry.path, label });
  }
  return items;
}

/**
 * Which parts are used for what, where that is not plain from their names:
 * `learned from: 'Training' (80); asked about: 'Validation' (20); not used: 'holdout' (20)`
 */
function partsNote({ name, train }: Split, asked: TestPart | undefined, unused: readonly string[]): string[] {
  if (name === undefined && unused.length === 0) return [];
  const isPlain =
    /^'train'$/i.test(name ?? '') && (asked === undefined || /^'(test|val|valid|validation)'$/i.test(asked.name));
  if (isPlain && unused.length === 0) return [];
  return [
    [
      `learned from: ${sized({ name: name ?? 'the images', entries: train })}`,
      ...(asked ? [`asked about: ${sized(asked)}`] : []),
      ...(unused.length > 0 ? [`not used: ${unused.join(', ')}`] : []),
    ].join('; '),
  ];
}

function sorted(names: ReadonlySet<string>): string[] {
  const areNumbers = [...names].every((name) => /^\d+$/.test(name));
  return areNumbers ? [...names].sort((a, b) => Number(a) - Number(b)) : [...names].sort();
}
