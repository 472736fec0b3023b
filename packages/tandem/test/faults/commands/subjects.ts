import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Rows } from '../../../src/gallery/folder/rows.js';
import { readCheckpoint } from '../../../src/train/checkpoint.js';
import { loadEncoder } from '../../../src/weights/index.js';
import { whatCameOut } from '../runs.js';

/** A command that writes, in a folder such as `workshop` makes. */
export interface Subject {
  readonly name: string;
  readonly line: readonly string[];
  /** The program, where it is not the command line. */
  readonly program?: string;
  /** What it makes. */
  readonly outputs: readonly string[];
  /** What goes on after an interruption; the same line where nothing else is said. */
  readonly again?: (place: string) => readonly string[];
  /**
   * What came out, times aside; `undefined` where nothing is there yet.
   * @throws where something stands under a final name that is not whole
   */
  readonly read: (place: string) => unknown;
  /** Whether what stands there in the middle, under final names, may be other than at the end. */
  readonly grows?: true;
  /** Whether an output that cannot be written is a note: the result is on the screen. */
  readonly isNoted?: true;
  /** Whether another command writes almost as it does, so that few kinds tell more. */
  readonly isAlike?: true;
  /** Whether a second call writes anew what is there. */
  readonly replaces?: true;
}

/** The program of the jobs that are no command. */
export const driver = fileURLToPath(new URL('./driver.js', import.meta.url));
const least = ['backbone=resnet8', 'width=4', 'stem=strided', 'size=16', '--batch', '8'];
const short = ['--epochs', '2', 'saveSteps=2'];
const classifier = 'classified/encoder/teacher-linear.safetensors';
const heads = ['projHidden=16', 'projDim=16'];

function digestOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** Files by their contents; undefined where none is there. */
export function files(...names: readonly string[]): Subject['read'] {
  return (place) => {
    const there = names.filter((name) => existsSync(join(place, name)));
    if (there.length === 0) return undefined;
    return Object.fromEntries(there.map((name) => [name, digestOf(join(place, name))]));
  };
}

/** All files of a folder by their contents, but for those that hold the time. */
function folder(name: string, ...timed: readonly string[]): Subject['read'] {
  return (place) => {
    if (!existsSync(join(place, name))) return undefined;
    const all = readdirSync(join(place, name), { recursive: true }) as string[];
    const isPlain = (file: string) => statSync(join(place, name, file)).isFile() && !timed.includes(file);
    const plain = all.filter(isPlain).sort();
    return plain.map((file) => [file, digestOf(join(place, name, file))]);
  };
}

/** An index's pictures by name, with their vectors; not how the pictures' files are told apart. */
function gallery(place: string): unknown {
  const [name] = existsSync(join(place, 'gallery')) ? readdirSync(join(place, 'gallery')) : [];
  const rows = name === undefined ? undefined : Rows.open(join(place, 'gallery', name));
  if (rows === undefined) return undefined;
  const live = [...rows.live].sort((a, b) => (a.file < b.file ? -1 : 1));
  const vectors = rows.vectors(live.map(({ row }) => row));
  rows.close();
  if (live.length === 0) return undefined;
  const named = live.map(({ file, class: label }) => [file, label]);
  return [named, createHash('sha256').update(new Uint8Array(vectors.buffer)).digest('hex')];
}

/** A run's page, without the minute at which it was made. */
function report(place: string): unknown {
  const path = join(place, 'run', 'report.html');
  if (!existsSync(path)) return undefined;
  return { 'report.html': readFileSync(path, 'utf8').replace(/Made by Tandem \S+ \S+ UTC/, '') };
}

/** The lines of a run's evaluations, each once, without their dates. */
function evaluations(place: string): unknown {
  const path = join(place, 'run', 'evaluations.jsonl');
  if (!existsSync(path)) return undefined;
  const lines = readFileSync(path, 'utf8').split('\n');
  const whole = lines.slice(0, -1).map((line) => {
    const { date: _, ...rest } = JSON.parse(line) as { date: string };
    return JSON.stringify(rest);
  });
  return whole.length === 0 ? undefined : [...new Set(whole)];
}

/** What a run's folder holds, which at every moment can be gone on with. */
function run(name: string, ...more: readonly string[]): Subject['read'] {
  return (place) => {
    const path = join(place, name);
    if (!existsSync(join(path, 'config.json'))) return undefined;
    for (const file of existsSync(join(path, 'encoder')) ? readdirSync(join(path, 'encoder')) : []) {
      if (/^(encoder|student|teacher)\.safetensors$/.test(file))
        loadEncoder(join(path, 'encoder', file)).encoder.dispose();
    }
    const newest = ['state', 'previous'].map((one) => join(path, 'checkpoint', `${one}.safetensors`));
    const checkpoint = newest.find((file) => existsSync(file));
    if (checkpoint === undefined) return undefined;
    for (const tensor of Object.values(readCheckpoint(checkpoint).tensors)) tensor.dispose();
    if (!existsSync(newest[0] as string)) return 'between two checkpoints';
    return { ...whatCameOut(path), ...(files(...more.map((file) => join(name, file)))(place) as object) };
  };
}

const resumed = (name: string, begin: readonly string[]) => (place: string) =>
  existsSync(join(place, name, 'config.json')) ? ['resume', name] : begin;

const alike = { isAlike: true } as const;

function trains(name: string, line: readonly string[], ...more: readonly string[]): Subject {
  const whole = [...line, '--out', 'out'];
  return { name, line: whole, outputs: ['out'], again: resumed('out', whole), read: run('out', ...more), grows: true };
}

const measures = { outputs: ['run/evaluations.jsonl'], read: evaluations, isNoted: true, replaces: true } as const;

/** Every command that writes; of those that share how they write, one of each kind. */
export const subjects: readonly Subject[] = [
  { name: 'knn', line: ['knn', 'run', 'pictures'], ...measures },
  {
    name: 'linear',
    line: ['linear', 'run', 'pictures', '--protocol', 'features', '--epochs', '3', '--batch', '8'],
    ...alike,
    ...measures,
  },
  {
    name: 'tsne',
    line: ['tsne', 'encoder.safetensors', 'pictures', '--iterations', '260', '--out', 'map.svg'],
    outputs: ['map.svg', 'map.png'],
    read: files('map.svg', 'map.png'),
  },
  ...['npy', 'npz', 'parquet', 'jsonl'].map((ending) => ({
    name: `embed ${ending}`,
    ...(['npz', 'jsonl'].includes(ending) && alike),
    line: ['embed', 'run', 'pictures', '--out', `all.${ending}`],
    outputs: [`all.${ending}`],
    read: files(`all.${ending}`, ...(ending === 'npy' ? ['all.files.txt'] : [])),
  })),
  ...['csv', 'parquet'].map((ending) => ({
    name: `predict ${ending}`,
    ...(ending === 'parquet' && alike),
    line: ['predict', 'classified', 'pictures', `--${ending}`, `found.${ending}`],
    outputs: [`found.${ending}`],
    read: files(`found.${ending}`),
  })),
  {
    name: 'calibrate',
    line: ['calibrate', 'classified', 'pictures'],
    outputs: [classifier],
    read: files(classifier),
    replaces: true,
  },
  {
    name: 'duplicates',
    line: ['duplicates', 'encoder.safetensors', 'pictures', '--out', 'found'],
    outputs: ['found'],
    read: folder('found', 'duplicates.html'),
  },
  {
    name: 'select',
    line: ['select', 'encoder.safetensors', 'pictures', '--n', '4', '--out', 'chosen'],
    outputs: ['chosen'],
    read: folder('chosen', 'selected.html'),
    ...alike,
  },
  {
    name: 'check',
    line: ['check', 'pictures', '--out', 'lists'],
    outputs: ['lists'],
    read: folder('lists'),
    ...alike,
  },
  {
    name: 'index',
    line: ['index', 'encoder.safetensors', 'pictures', '--to', 'gallery'],
    outputs: ['gallery'],
    read: gallery,
    grows: true,
    replaces: true,
  },
  {
    name: 'views',
    line: ['views', 'pictures', '--out', 'views.png', '--count', '4', '--draws', '2', '--size', '32'],
    outputs: ['views.png'],
    read: files('views.png'),
  },
  {
    name: 'export',
    line: ['export', 'run', '--images', 'pictures', '--out', 'model'],
    outputs: ['model'],
    read: folder('model'),
  },
  {
    name: 'report',
    line: ['report', 'run'],
    outputs: ['run/report.html'],
    read: report,
    replaces: true,
  },
  {
    name: 'cache',
    line: ['cache', 'pictures'],
    program: driver,
    outputs: ['cache'],
    read: () => undefined,
    replaces: true,
  },
  trains('pretrain', ['pretrain', 'pictures', ...least, ...heads, ...short]),
  {
    ...trains('resume', []),
    line: ['resume', 'killed'],
    again: () => ['resume', 'killed'],
    outputs: ['killed'],
    read: run('killed'),
  },
  {
    ...trains('distill', [
      ...['distill', 'pictures', '--teacher', 'encoder.safetensors', '--student', 'resnet8', '--method', 'seed'],
      ...['width=4', 'stem=strided', 'size=16', '--batch', '8', 'bank=32', ...short],
    ]),
    ...alike,
  },
  trains(
    'finetune',
    ['finetune', 'encoder.safetensors', 'pictures', '--labels', '50%', '--epochs', '4', '--batch', '4'],
    'result.json',
  ),
  {
    name: 'demo',
    line: ['demo', '--out', 'out'],
    outputs: ['out'],
    again: resumed('out', ['demo', '--out', 'out']),
    read: run('out'),
    grows: true,
    ...alike,
  },
];
