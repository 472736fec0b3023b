import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { RandomStream } from '../../../src/random.js';
import type { Outcome } from '../../cli/running.js';
import { checkTold } from './checks.js';
import { call, start, type Workshop } from './place.js';
import { driver, subjects } from './subjects.js';

const change = (file: string, by: (bytes: Buffer) => Buffer) => writeFileSync(file, by(readFileSync(file)));

/** Ways in which a file is not what it was. */
export const damages: Readonly<Record<string, (file: string, random: RandomStream) => void>> = {
  gone: (file) => rmSync(file),
  empty: (file) => writeFileSync(file, ''),
  cut: (file) => change(file, (bytes) => bytes.subarray(0, bytes.length / 2)),
  'half zeroed': (file) => change(file, (bytes) => bytes.fill(0, Math.floor(bytes.length / 2))),
  'bytes flipped': (file, random) =>
    change(file, (bytes) => {
      const at = random.below(Math.max(1, bytes.length - 16));
      return Buffer.from(bytes.map((byte, i) => (i >= at && i < at + 16 ? byte ^ 0xff : byte)));
    }),
  'a folder in its place': (file) => {
    rmSync(file);
    mkdirSync(file);
  },
};

/** Files of one kind, and a command that reads them. */
interface Damaged {
  readonly name: string;
  readonly files: readonly string[];
  readonly line: readonly string[];
  readonly program?: string;
  /** Makes what is damaged. */
  readonly prepare?: (place: string) => Promise<void>;
  readonly read: (place: string, stdout: string) => unknown;
}

const runFiles = ['config.json', 'metrics.jsonl', 'evaluations.jsonl', 'encoder/encoder.safetensors'];
const ofRun = (...names: readonly string[]) => names.map((name) => `run/${name}`);
const named = (name: string) => subjects.find((subject) => subject.name === name) as (typeof subjects)[number];
const onStdout = (_: string, stdout: string) => stdout.replace(/"seconds":[\d.e-]+/g, '');
const measured = async (place: string) => {
  for (const line of [
    ['knn', 'run', 'pictures'],
    ['tsne', 'run', 'pictures', '--iterations', '260'],
    ['report', 'run'],
  ]) {
    const { code, stderr } = await call({ line }, place);
    assert.equal(code, 0, stderr);
  }
};

/** `embed` ended when its part is there, and nothing else. */
async function partOfEmbed(place: string): Promise<void> {
  const fault = { kind: 'kill', path: 'all.npy', calls: ['link'], from: 2, times: 1 } as const;
  const { signal, stderr } = await start(named('embed npy'), place, { fault }).ended;
  assert.equal(signal, 'SIGKILL', stderr);
}

const cases: readonly Damaged[] = [
  {
    name: 'resume',
    files: [
      'config.json',
      'metrics.jsonl',
      'checkpoint/state.safetensors',
      'checkpoint/previous.safetensors',
      'encoder/encoder.safetensors',
      'lock',
    ].map((name) => `killed/${name}`),
    line: ['resume', 'killed'],
    read: named('resume').read,
  },
  {
    name: 'knn',
    files: ofRun(...runFiles),
    line: ['knn', 'run', 'pictures', '--json'],
    prepare: measured,
    read: onStdout,
  },
  {
    name: 'export',
    files: ofRun(...runFiles),
    line: named('export').line,
    prepare: measured,
    read: named('export').read,
  },
  {
    name: 'report',
    files: ofRun(...runFiles, 'tsne.json', 'report.html'),
    line: ['report', 'run'],
    prepare: measured,
    read: named('report').read,
  },
  {
    name: 'compare',
    files: ofRun(...runFiles.slice(0, 3)),
    line: ['compare', 'run', '--json'],
    prepare: measured,
    read: onStdout,
  },
  {
    name: 'embed',
    files: ['encoder.safetensors'],
    line: ['embed', 'encoder.safetensors', 'pictures', '--out', 'all.npy'],
    read: named('embed npy').read,
  },
  {
    name: 'embed',
    files: ['about.json', 'files.jsonl', 'features.f32', 'lock'].map((name) => `all.npy.partial/${name}`),
    line: named('embed npy').line,
    prepare: partOfEmbed,
    read: named('embed npy').read,
  },
  {
    name: 'cache',
    files: ['cache/*/manifest.json', 'cache/*/*.pixels'],
    line: ['cache', 'pictures'],
    program: driver,
    prepare: async (place) => {
      const { code, stderr } = await call({ line: ['cache', 'pictures'], program: driver }, place);
      assert.equal(code, 0, stderr);
    },
    read: onStdout,
  },
];

/** How damaged files are tried. */
export interface Trying {
  /** Counts a case, and reports it where it falls. */
  readonly attempt: (command: string, kind: string, about: string, work: () => Promise<unknown>) => Promise<void>;
  /** Whether a case of this description is wanted. */
  readonly isAsked: (text: string) => boolean;
  readonly random: RandomStream;
  /** Runs a command in a folder. */
  readonly run: (one: Pick<Damaged, 'line' | 'program'>, place: string) => Promise<Outcome>;
}

/** Damages each file that is read again, in each way: the same comes out, or it is named. */
export async function damaged(shop: Workshop, { attempt, isAsked, random, run }: Trying): Promise<void> {
  for (const one of cases) {
    const all = one.files.flatMap((file) =>
      Object.keys(damages).map((how) => ({ file, how, about: `${one.name}, damage: ${file} ${how}` })),
    );
    const asked = all.filter(({ about }) => isAsked(about));
    if (asked.length === 0) continue;
    const prepared = `${shop.place}-prepared`;
    shop.fresh(prepared);
    await one.prepare?.(prepared);
    const tryCopy = async (damage?: (place: string) => void) => {
      rmSync(shop.place, { recursive: true, force: true });
      cpSync(prepared, shop.place, { recursive: true, preserveTimestamps: true });
      damage?.(shop.place);
      const outcome = await run(one, shop.place);
      return { outcome, found: JSON.stringify(outcome.code === 0 && one.read(shop.place, outcome.stdout)) };
    };
    const undisturbed = await tryCopy();
    assert.equal(undisturbed.outcome.code, 0, `${one.name}: ${undisturbed.outcome.stderr}`);
    for (const { file, how, about } of asked) {
      await attempt(one.name, `a file ${how}`, about, async () => {
        const { outcome, found } = await tryCopy((place) => {
          const path = pathOf(place, file);
          if (existsSync(path)) damages[how]?.(path, random);
        });
        checkTold(outcome, about);
        const { code, stdout, stderr } = outcome;
        const names = [basename(file).replace('*', ''), file.split('/')[0] as string];
        if (code !== 0)
          assert.ok(
            names.some((name) => stderr.includes(name)),
            `${about}: not named: ${stderr}`,
          );
        else if (found !== undisturbed.found && !isAsIfNeverMade(file, how)) {
          assert.match(
            `${stderr}${stdout}`,
            /warning: |damaged|without|lost|left out|not recorded/,
            `${about}: another result: ${stderr}`,
          );
        }
      });
    }
    rmSync(prepared, { recursive: true, force: true });
  }
}

/** Nobody can tell whether such a file was ever there. */
function isAsIfNeverMade(file: string, how: string): boolean {
  return (how === 'gone' || how === 'empty') && /(evaluations\.jsonl|tsne\.json)$/.test(file);
}

/** A path in which `*` stands for the only name there that fits. */
function pathOf(place: string, file: string): string {
  return file.split('/').reduce((at, part) => {
    if (!part.includes('*')) return join(at, part);
    const ending = part.slice(1);
    const name = readdirSync(at).find((entry) => entry.endsWith(ending) && entry !== 'lock');
    return join(at, name ?? part);
  }, place);
}
