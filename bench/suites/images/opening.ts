import { execFile } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { laidOut, masksAmong, openSource } from 'tandem-vision/internal';
import { digits } from '../../harness/print.js';
import { summarise } from '../../harness/statistics.js';
import type { Suite } from '../../harness/suite.js';

/** What opening took in a process of its own. */
interface Opened {
  readonly count: number;
  readonly classes: number;
  /** Of the processor, so that others on the machine do not count; without starting. */
  readonly seconds: number;
  readonly peakMiB: number;
  /** What did it. */
  readonly by: string;
}

const here = fileURLToPath(import.meta.url);
const peer = fileURLToPath(new URL('../../../peers/opening.py', import.meta.url));

/**
 * Finding images with their classes and split, all that `pretrain` does before it decodes: a folder
 * of many files, and a list of many rows, beside Python.
 */
export const open: Suite = {
  what: "finding 100,000 files and the rows of a list of a million, with classes and split, beside torchvision's ImageFolder and Python's csv",
  async run({ short, settings, say }) {
    const root = mkdtempSync(join(tmpdir(), 'tandem-bench-'));
    try {
      say('making files and list');
      const places = {
        files: makeFiles(join(root, 'files'), short ? 1000 : 100_000),
        list: await makeList(join(root, 'list.csv'), short ? 10_000 : 1_000_000),
      };
      const rows: string[][] = [];
      const results: Record<string, unknown> = {};
      for (const [what, place] of Object.entries(places)) {
        say(`opening ${what}`);
        const [ours, theirs]: [Opened[], Opened[]] = [[], []];
        for (let round = 0; round < (short ? 1 : settings.rounds); round++) {
          ours.push(await answer(process.execPath, [here, place]));
          theirs.push(await answer('python3', [peer, what, place]));
        }
        const found = [ours, theirs].map((all) => ({
          seconds: summarise(all.map(({ seconds }) => seconds)),
          peak: summarise(all.map(({ peakMiB }) => peakMiB)),
        }));
        const said = [ours, theirs].map(([one]) => `${one?.count} images, ${one?.classes} classes`);
        if (said[0] !== said[1]) throw new Error(`${what}: ${said.join('; ')}`);
        const cells = found.flatMap(({ seconds, peak }) => [digits(seconds.median), digits(peak.median)]);
        rows.push([`${ours[0]?.count.toLocaleString('en')} in ${what}`, ...cells, theirs[0]?.by ?? '']);
        results[what] = found;
      }
      const head = ['', 'ours, s', 'MiB', 'Python, s', 'MiB', 'by'];
      return { tables: [{ title: 'Opening: seconds of one core, peak memory', head, rows }], goals: [], results };
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  },
};

/** Empty files: opening reads names alone. One in twenty is of `val`. */
function makeFiles(root: string, count: number): string {
  for (let i = 0; i < count; i++) {
    const folder = join(root, i % 20 === 19 ? 'val' : 'train', `class${Math.floor(i / 20) % 50}`);
    if (i < 1000) mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${i}.jpg`), '');
  }
  return root;
}

async function makeList(file: string, count: number): Promise<string> {
  const out = createWriteStream(file);
  out.write('path,label,split\n');
  for (let i = 0; i < count; i++) {
    const kind = `class${Math.floor(i / 20) % 1000}`;
    const row = `photos/${kind}/image${i}.jpg,${kind},${i % 20 === 0 ? 'val' : 'train'}\n`;
    if (!out.write(row)) await new Promise<void>((resolve) => out.once('drain', () => resolve()));
  }
  out.end();
  await finished(out);
  return file;
}

async function answer(program: string, words: readonly string[]): Promise<Opened> {
  const { stdout } = await promisify(execFile)(program, [...words]);
  return JSON.parse(stdout) as Opened;
}

/** Linux's `maxRSS` begins with what the parent held. */
function peakMiB(): number {
  const status = '/proc/self/status';
  const high = existsSync(status) && /VmHWM:\s+(\d+) kB/.exec(readFileSync(status, 'utf8'))?.[1];
  return (high ? Number(high) : process.resourceUsage().maxRSS) / 1024;
}

if (process.argv[1] === here) {
  const begun = process.cpuUsage();
  const source = await openSource(process.argv[2] as string);
  const masks = masksAmong(source.paths);
  const images = source.paths.filter((path) => !masks.has(path));
  const { classes, train, queries = [] } = await laidOut(source, images, {}, {});
  const { user, system } = process.cpuUsage(begun);
  const opened: Opened = {
    count: train.length + queries.length,
    classes: classes?.length ?? 0,
    seconds: (user + system) / 1e6,
    peakMiB: peakMiB(),
    by: 'tandem',
  };
  console.log(JSON.stringify(opened));
}
