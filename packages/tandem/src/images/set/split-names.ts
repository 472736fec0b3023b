import { nearest } from '../../errors.js';

/** What part of a data set a name stands for. */
export type SplitKind = 'train' | 'test' | 'val' | 'dev' | 'eval' | 'query' | 'other';

/** The kinds that can be asked about, the best first. */
export const testKinds: readonly SplitKind[] = ['test', 'val', 'dev', 'eval', 'query'];

const words: Readonly<Record<SplitKind, readonly string[]>> = {
  train: ['train', 'training', 'trainset', 'trainval', 'trn'],
  test: ['test', 'testing', 'testset', 'tst'],
  val: ['val', 'valid', 'validation', 'validate', 'valset'],
  dev: ['dev', 'devel', 'development', 'devset'],
  eval: ['eval', 'evaluation', 'evalset'],
  query: ['query', 'queries'],
  other: ['unlabeled', 'unlabelled', 'extra', 'gallery'],
};

const kinds: ReadonlyMap<string, SplitKind> = new Map(
  Object.entries(words).flatMap(([kind, names]) => names.map((name) => [name, kind as SplitKind] as const)),
);

/** The split that a name is the usual word for, in any case. */
export function splitNamed(name: string): SplitKind | undefined {
  return kinds.get(name.trim().toLowerCase());
}

/**
 * The split whose usual word a name is when two of its letters changed places or one is another:
 * `trian`, `tset`. Undefined for the words themselves.
 */
export function splitMisspelled(name: string): SplitKind | undefined {
  const word = name.trim().toLowerCase();
  if (kinds.has(word)) return undefined;
  const letters = (text: string) => [...text].sort().join('');
  const same = [...kinds.keys()].find((known) => letters(known) === letters(word));
  return kinds.get(
    same ??
      nearest(
        word,
        [...kinds.keys()].filter((known) => known.length === word.length),
      ) ??
      '',
  );
}

/**
 * The split that one word of a longer name stands for: `seg_train`, `train.X1`, `val2017`, `testA`.
 * Undefined where there is none, or two of different kinds.
 */
export function splitWithin(name: string): SplitKind | undefined {
  const parts = name.replace(/([a-z])([A-Z])/g, '$1 $2').split(/[^a-zA-Z]+/);
  const found = new Set(parts.flatMap((part) => splitNamed(part) ?? []));
  return found.size === 1 ? [...found][0] : undefined;
}
