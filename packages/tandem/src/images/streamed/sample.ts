import { permutation } from '../../random.js';
import type { Source } from '../sources/source.js';
import { Spool } from '../sources/spool.js';
import type { Rule } from './learned.js';
import type { OpenedPart, Part } from './part.js';

/** Parts that a sample is taken from. */
const sampled = 4;

/** Most images of a sample. */
const mostImages = 10_000;

/** Bytes of a sample's encoded images that are kept in memory; the rest goes to a file. */
const inMemory = 2 ** 26;

/** What the seed 0 is spent on. */
const purpose = 0x7374_7273;

/** Some images of a stream as a source, and what their parts tell of all. */
export interface Sample {
  readonly source: Source;
  /** Images that are learned from, in the parts that were opened, ... */
  readonly learned: number;
  /** ... and how large these are. */
  readonly weight: number;
}

/** How a sample is taken. */
export interface Taking {
  /** That the decoded images may have. */
  readonly bytes: number;
  /** Bytes of a decoded image. */
  readonly each: number;
  /** What tells the parts from others of their names. */
  readonly state: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * Takes images from a few parts, which are the same for every run: from each as many as from any
 * other, evenly spread over it. Parts of which nothing is learned are asked about, and so have a
 * place in it.
 */
export async function sampleOf(
  name: string,
  where: string,
  parts: readonly Part[],
  rule: Rule,
  { bytes, each, state, signal }: Taking,
): Promise<Sample> {
  const most = Math.max(32, Math.min(mostImages, Math.floor(bytes / each)));
  const order = Array.from(permutation(parts.length, 0, purpose), (i) => parts[i] as Part);
  const [asked, known] = [order.filter((part) => isAsked(part, rule)), order.filter((part) => !isAsked(part, rule))];
  const chosen = [...known.slice(0, sampled), ...asked.slice(0, sampled / 2)];
  const share = Math.ceil(most / chosen.length);
  const images = new Spool(inMemory);
  const facts = new Facts();
  let [learned, weight] = [0, 0];
  for (const part of chosen) {
    const opened = await part.open(signal);
    try {
      const isLearned = (path: string) => rule(part.prefix + path, opened.said(path), part);
      const count = opened.paths.filter(isLearned).length;
      if (count > 0) weight += part.weight;
      learned += count;
      await take(part, opened, spread(opened.paths.length, share), images, facts, signal);
    } finally {
      opened.close();
    }
  }
  const { paths, said } = facts;
  const numbers = new Map(paths.map((path, i) => [path, i]));
  return {
    learned,
    weight,
    source: {
      ...{ name, where, paths: [...paths].sort(), faults: [], notes: [], others: [] },
      said: (path) => said[numbers.get(path) as number],
      origins: () => [],
      state,
      async *contents(wanted) {
        for (const [index, path] of wanted.entries()) yield { index, ...images.read(numbers.get(path) as number) };
      },
    },
  };
}

class Facts {
  readonly paths: string[] = [];
  readonly said: ReturnType<OpenedPart['said']>[] = [];
}

async function take(
  part: Part,
  opened: OpenedPart,
  numbers: readonly number[],
  images: Spool,
  { paths, said }: Facts,
  signal: AbortSignal | undefined,
): Promise<void> {
  const first = paths.length;
  for (const number of numbers) {
    const path = opened.paths[number] as string;
    const own = opened.said(path);
    paths.push(part.prefix + path);
    said.push({ ...own, folders: own?.folders ?? path.split('/').slice(0, -1), split: own?.split ?? splitIn(part) });
  }
  for await (const { index, ...image } of opened.contents(numbers, signal)) images.add(image, first + index);
}

/** The name of a shard may say a split; that of some lines of a list says nothing. */
function splitIn({ prefix }: Part): string | undefined {
  return prefix === '' ? undefined : prefix.replace(/[-_.]?\d+\/$/, '');
}

function isAsked(part: Part, rule: Rule): boolean {
  return part.prefix !== '' && !rule(`${part.prefix}image`, undefined, part);
}

/** So many numbers below `count`, evenly spread. */
function spread(count: number, most: number): number[] {
  const n = Math.min(count, most);
  return Array.from({ length: n }, (_, i) => Math.floor((i * count) / n));
}
