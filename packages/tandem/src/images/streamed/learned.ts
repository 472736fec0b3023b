import { matcher } from '../collection/globs.js';
import { masksAmong } from '../collection/masks.js';
import type { LayoutOptions } from '../options.js';
import { type SplitKind, splitNamed, splitWithin } from '../set/split-names.js';
import type { Said } from '../sources/source.js';
import type { OpenedPart, Part } from './part.js';

/** Whether an image is learned from. @param path with what stands before it in its set */
export type Rule = (path: string, said: Said | undefined, part: Pick<Part, 'name'>) => boolean;

/**
 * Which images of a stream are learned from: those that the user's patterns say; without them all
 * but those that a column, or the name of their shard, calls a test. Where all shards are called
 * the same, that says nothing.
 */
export function learnedBy({ train, test }: LayoutOptions, parts: readonly Pick<Part, 'name'>[]): Rule {
  const isTest = test === undefined ? () => false : matcher(test);
  const isTrain = train === undefined ? () => true : matcher(train);
  if (train !== undefined || test !== undefined) return (path) => isTrain(path) && !isTest(path);
  const kinds = new Set(parts.map(({ name }) => kindOf(name)));
  const [common] = kinds.size === 1 ? kinds : [undefined];
  return (_, said, { name }) => {
    const kind = kindOf(said?.split) ?? kindOf(name);
    return kind === undefined || kind === 'train' || kind === common;
  };
}

function kindOf(name: string | undefined): SplitKind | undefined {
  return name === undefined ? undefined : (splitNamed(name) ?? splitWithin(name));
}

/** A part with those of its images alone that are learned from. */
export function learnedOf(part: Part, rule: Rule): Part {
  return { ...part, open: async (signal) => onlyLearned(await part.open(signal), part, rule) };
}

function onlyLearned(opened: OpenedPart, part: Part, rule: Rule): OpenedPart {
  const masks = masksAmong(opened.paths);
  const kept = [...opened.paths.entries()].flatMap(([i, path]) =>
    !masks.has(path) && rule(part.prefix + path, opened.said(path), part) ? [i] : [],
  );
  if (kept.length === opened.paths.length) return opened;
  return {
    ...opened,
    paths: kept.map((i) => opened.paths[i] as string),
    contents: (numbers, signal) =>
      opened.contents(
        numbers.map((number) => kept[number] as number),
        signal,
      ),
  };
}
