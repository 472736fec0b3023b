import { type distributed, scope, tensor } from 'tandem-torch';
import { UserError } from '../../errors.js';
import type { ImageStream } from '../../images/index.js';
import type { Entry } from './journal.js';

/** What some images gave: an entry each, and the rows of those that have one. */
export interface Made {
  readonly entries: readonly Entry[];
  readonly rows: Float32Array;
}

/** Images of a block, which one process computes: as many as a chunk of a stream has at most. */
const block = 512;

/** How processes compute rows together. */
export interface SharedRowsOptions {
  readonly group: distributed.ProcessGroup;
  /** Numbers in a row. */
  readonly width: number;
  /** Images that are done already, as the first process knows them. */
  readonly done: readonly string[];
  readonly signal?: AbortSignal | undefined;
  /** What the images give but those that `has` says. */
  make(without: Pick<ReadonlySet<string>, 'has'>): AsyncGenerator<Made>;
}

/**
 * Rows that processes compute together, in the order in which one would: of the blocks of images
 * each process takes every so many-th. All of them get all rows, a round of blocks at a time.
 * @throws UserError where they do not see the same images
 */
export async function* sharedRows(
  { states, fingerprint }: Pick<ImageStream, 'states' | 'fingerprint'>,
  { group, width, done, signal, make }: SharedRowsOptions,
): AsyncGenerator<Made> {
  const { rank, size } = group;
  checkSameImages(group, fingerprint);
  const known = new Set(JSON.parse(group.broadcastText(JSON.stringify(done))) as string[]);
  const names = [...states.keys()].filter((name) => !known.has(name));
  const own = new Set(names.filter((_, i) => Math.floor(i / block) % size === rank));
  const others = new Set(names.filter((name) => !own.has(name)));
  // The first process names those too that a list has and nobody finds.
  const isLeftOut = (name: string) => (rank === 0 ? others.has(name) || known.has(name) : !own.has(name));
  const singles = each(make({ has: isLeftOut }), width);
  for (let first = 0; first < names.length; first += block * size) {
    const wanted = Math.max(0, Math.min(block, names.length - first - block * rank));
    yield handOver(group, await take(singles, wanted, own), width);
    if (scope(() => group.allReduce(tensor([signal?.aborted ? 1 : 0])).item()) === 0) continue;
    throw signal?.reason ?? new UserError('another process was interrupted');
  }
  yield handOver(group, await take(singles, Number.POSITIVE_INFINITY, own), width);
}

function checkSameImages(group: distributed.ProcessGroup, fingerprint: string): void {
  const first = group.broadcastText(fingerprint);
  if (first === fingerprint) return;
  const [one, other] = [0, group.rank].map((rank) => `process ${rank} on ${group.members[rank]?.host}`);
  throw new UserError(`${other} has other images than ${one}; give all hosts the same ones`);
}

interface Single {
  readonly entry: Entry;
  readonly row?: Float32Array;
}

async function* each(made: AsyncGenerator<Made>, width: number): AsyncGenerator<Single, undefined> {
  for await (const { entries, rows } of made) {
    let at = 0;
    for (const entry of entries) {
      const isRow = entry.skipped === undefined;
      yield { entry, ...(isRow && { row: rows.subarray(at, at + width) }) };
      if (isRow) at += width;
    }
  }
  return undefined;
}

/** Those up to the last of so many of its own images, or all that are left. */
async function take(
  singles: AsyncGenerator<Single, undefined>,
  wanted: number,
  own: ReadonlySet<string>,
): Promise<Single[]> {
  const taken: Single[] = [];
  for (let count = 0; count < wanted; ) {
    const { done, value } = await singles.next();
    if (done || value === undefined) break;
    taken.push(value);
    if (own.has(value.entry.file)) count += 1;
  }
  return taken;
}

/** What all processes have, in the order of their ranks. */
function handOver(group: distributed.ProcessGroup, own: readonly Single[], width: number): Made {
  const text = JSON.stringify(own.map(({ entry }) => entry));
  const entries = group.members.map((_, from) => JSON.parse(group.broadcastText(text, { from })) as Entry[]);
  const counts = entries.map((all) => all.filter(({ skipped }) => skipped === undefined).length);
  if (counts.every((count) => count === 0)) return { entries: entries.flat(), rows: new Float32Array(0) };
  const rows = own.flatMap(({ row }) => row ?? []);
  const flat = new Float32Array(rows.length * width);
  rows.forEach((row, i) => void flat.set(row, i * width));
  const all = scope(() => group.gatherRows(tensor(flat).view([rows.length, width]), counts).data() as Float32Array);
  return { entries: entries.flat(), rows: all };
}
