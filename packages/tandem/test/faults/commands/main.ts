import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setThreads } from 'tandem-torch';
import { stream } from '../../../src/random.js';
import { damaged } from './damage.js';
import { changePicture, fewKinds, kinds, type Undisturbed } from './kinds.js';
import { call, here, type Workshop, workshop } from './place.js';
import { downloading } from './server.js';
import { type Subject, subjects } from './subjects.js';

/** Which cases to try. */
export interface Asked {
  readonly seed: number;
  /** Whether a case of this description is wanted; all are by default. */
  readonly isAsked?: (text: string) => boolean;
  /** Told of each case. */
  readonly say?: (text: string) => void;
}

/** Cases that were tried, and those that fell. */
export interface Tried {
  /** By command, then by kind. */
  readonly counts: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly total: number;
  readonly fallen: readonly string[];
}

/**
 * Disturbs every command that writes in every way.
 * @param folder for the cases, removed at the end
 */
export async function disturbCommands(
  folder: string,
  { seed, isAsked = () => true, say = () => {} }: Asked,
): Promise<Tried> {
  const shop = await workshop(folder);
  const server = await downloading();
  const counts = new Map<string, Map<string, number>>();
  const fallen: string[] = [];
  let total = 0;
  const attempt = async (command: string, kind: string, about: string, work: () => Promise<unknown>) => {
    const begun = performance.now();
    let how = 'holds';
    try {
      if ((await work()) === false) return;
    } catch (error) {
      how = `FALLS: ${(error as Error).message.split('\n').slice(0, 12).join('\n        ')}`;
      fallen.push(`${about}: ${how}`);
    }
    total += 1;
    const row = counts.get(command) ?? new Map<string, number>();
    counts.set(command, row.set(kind, (row.get(kind) ?? 0) + 1));
    say(`${about}: ${how} (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
  };
  // As the processes that the cases start: the bits of features go with the number of threads.
  setThreads(1);
  await damaged(shop, { attempt, isAsked, random: stream(seed, 1000), run: here });
  for (const [which, subject] of [...subjects, server.subject].entries()) {
    const all = Object.entries(kinds).flatMap(([kind, { times, work }], i) =>
      Array.from({ length: times }, (_, n) => ({
        ...{ kind, work, about: `${subject.name}, ${kind} ${n + 1}`, random: stream(seed, which, i, n) },
      })),
    );
    const asked = all.filter(({ kind, about }) => isAsked(about) && (!subject.isAlike || fewKinds.includes(kind)));
    const undisturbed = asked.length > 0 ? await undisturbedOf(subject, shop) : undefined;
    for (const { kind, work, about, random } of undisturbed ? asked : []) {
      const one = { subject, workshop: shop, undisturbed: undisturbed as Undisturbed, random, about };
      await attempt(subject.name, kind, about, () => work(one));
    }
  }
  server.close();
  rmSync(folder, { recursive: true, force: true });
  return { counts, total, fallen };
}

async function undisturbedOf(subject: Subject, shop: Workshop): Promise<Undisturbed> {
  const place = shop.fresh();
  const before = subject.read(place);
  const begun = performance.now();
  const outcome = await call(subject, place);
  const milliseconds = performance.now() - begun;
  assert.equal(outcome.code, 0, `${subject.name}: ${outcome.stderr}`);
  const wanted = subject.read(place);
  const other = shop.fresh();
  changePicture(other);
  const again = await call(subject, other);
  return { before, wanted, changed: again.code === 0 ? subject.read(join(other)) : undefined, milliseconds };
}

/** A table in Markdown: commands by kinds. */
export function tableOf({ counts }: Tried): string {
  const all = [...new Set([...counts.values()].flatMap((row) => [...row.keys()]))];
  const rows = all.map((kind) => {
    const numbers = [...counts.values()].map((row) => row.get(kind) ?? 0);
    return [kind, ...numbers.map((n) => (n === 0 ? '' : String(n))), String(numbers.reduce((sum, n) => sum + n, 0))];
  });
  const head = ['fault', ...counts.keys(), 'all'];
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
