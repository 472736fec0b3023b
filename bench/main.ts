// `npm run bench`, or `npm run bench -- SUITE...`: measures, prints tables, and keeps the numbers
// in bench/results.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { methods } from 'tandem-vision';
import { didYouMean } from 'tandem-vision/internal';
import { freshScript } from './harness/fresh.js';
import { describeMachine, load } from './harness/machine.js';
import { findPython, Peer, type PeerStarter } from './harness/peer.js';
import { printGoals, printTable } from './harness/print.js';
import { isMet, type Settings, type Suite } from './harness/suite.js';
import { allocator } from './suites/allocator.js';
import { convolutions } from './suites/convolutions.js';
import { distributed } from './suites/distributed/distributed.js';
import { engine } from './suites/engine/engine.js';
import { engines } from './suites/engines.js';
import { evaluate } from './suites/evaluate.js';
import { gpu } from './suites/gpu.js';
import { growth } from './suites/growth.js';
import { images } from './suites/images/images.js';
import { open } from './suites/images/opening.js';
import { streams } from './suites/images/streams.js';
import { memory } from './suites/memory.js';
import { methodSteps } from './suites/methods.js';
import { neighbours } from './suites/neighbours/neighbours.js';
import { precision } from './suites/precision.js';
import { requests } from './suites/requests/requests.js';
import { search } from './suites/search/search.js';
import { serve } from './suites/serve/serve.js';
import { train } from './suites/train/train.js';
import { vit } from './suites/vit.js';
import { worker } from './suites/worker.js';

/** In the order in which all of them run. */
const suites: Readonly<Record<string, Suite>> = {
  train,
  engine,
  convolutions,
  allocator,
  methods: methodSteps,
  images,
  open,
  streams,
  evaluate,
  growth,
  memory,
  neighbours,
  distributed,
  worker,
  precision,
  requests,
  search,
  serve,
  vit,
  engines,
  gpu,
};

/** Those that every machine can run. */
const usual = Object.keys(suites).filter((name) => !['engines', 'gpu', 'search', 'serve', 'vit'].includes(name));

const usage = [
  'npm run bench -- [SUITE...] [--short] [--data-root FOLDER] [--batch N] [--width N] [--rounds N] [--methods A,B] [--other FOLDER] [--vectors FILE]',
  '',
  'Without a suite all but search, serve, vit, engines and gpu, in this order:',
  '',
  ...Object.entries(suites).map(([name, { what }]) => `  ${name.padEnd(13)}${what}`),
  '',
  '  --short             little of everything in minutes; judges no times and keeps no results',
  '  --data-root FOLDER  where cifar-10-batches-bin lies, for train, growth, precision, engines and allocator; defaults to noise',
  '  --batch, --width    of train, engines and allocator: default to 256 images and 64 channels',
  '  --methods A,B       of train: defaults to all; of engines: defaults to simclr,byol,clbo',
  '  --rounds            of train, growth, vit, engines, neighbours, worker, requests, serve and allocator: interleaved rounds; defaults to 3',
  '  --other FOLDER      of engines and requests: another checkout, of another libtorch or an older commit',
  '  --vectors FILE      of search: real vectors, an .npy by `tandem embed --normalize`; defaults to made-up ones',
  '',
  'The peer is PyTorch in the python3 on PATH, else in /usr/bin/python3; TANDEM_PEER_PYTHON names another.',
  'That of serve holds fastapi, uvicorn[standard], onnxruntime, Pillow and NumPy; TANDEM_SERVE_PYTHON names it.',
].join('\n');

const resultsFolder = fileURLToPath(new URL('../results', import.meta.url));

interface Asked {
  readonly names: readonly string[];
  readonly short: boolean;
  readonly settings: Settings;
}

function readArguments(): Asked | Error {
  try {
    const { values, positionals } = parseArgs({
      options: {
        short: { type: 'boolean', default: false },
        'data-root': { type: 'string' },
        batch: { type: 'string' },
        width: { type: 'string' },
        rounds: { type: 'string' },
        methods: { type: 'string' },
        other: { type: 'string' },
        vectors: { type: 'string' },
      },
      allowPositionals: true,
    });
    const stranger = positionals.find((name) => !Object.hasOwn(suites, name));
    if (stranger) return new Error(`unknown suite '${stranger}'.${didYouMean(stranger, Object.keys(suites))}`);
    const unknown = values.methods?.split(',').find((name) => !Object.hasOwn(methods, name));
    if (unknown) return new Error(`unknown method '${unknown}'.${didYouMean(unknown, Object.keys(methods))}`);
    const { short, other } = values;
    if (positionals.includes('engines') && (other === undefined || freshScript(other) === undefined)) {
      return new Error('engines needs --other FOLDER: another checkout, set up with another libtorch');
    }
    const number = (name: 'batch' | 'width' | 'rounds', fallback: number): number => {
      const value = Number(values[name] ?? fallback);
      if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} must be a whole number from 1 on`);
      return value;
    };
    const settings = {
      batch: number('batch', short ? 16 : 256),
      width: number('width', short ? 8 : 64),
      rounds: number('rounds', 3),
      methods: values.methods?.split(','),
      dataRoot: values['data-root'],
      other,
      vectors: values.vectors,
    };
    return { names: positionals.length > 0 ? positionals : usual, short, settings };
  } catch (error) {
    return error as Error;
  }
}

async function runSuite(name: string, suite: Suite, { short, settings }: Asked): Promise<void> {
  const machine = describeMachine();
  const begun = { date: new Date(), load: load() };
  const peers: Peer[] = [];
  const startPeer: PeerStarter = async (script, options) => {
    const python = findPython();
    if (python === null) {
      console.log(
        'no peer: no python3 here holds torch, NumPy and Pillow (TANDEM_PEER_PYTHON names another); only our side is measured',
      );
      return null;
    }
    const peer = await Peer.start(python, script, options?.threads ?? machine.threads, options);
    peers.push(peer);
    const { torch, threads } = peer.about;
    console.log(`peer: PyTorch ${torch}, ${threads} threads (${python})`);
    if (release(torch) !== release(machine.libtorch)) {
      console.log(`BEWARE: ours is libtorch ${machine.libtorch}, the peer's ${torch}: the ratios compare these too`);
    }
    return peer;
  };
  console.log(`${name}: ${suite.what}`);
  console.log(`${machine.processor}, ${machine.cores} cores; libtorch ${machine.libtorch}, ${machine.threads} threads`);
  console.log(`load at the start ${begun.load}`);
  try {
    const say = (line: string) => console.log(`  ${line} ...`);
    const { tables, goals, results } = await suite.run({ settings, short, machine, startPeer, say });
    for (const table of tables) printTable(table);
    if (short) return;
    printGoals(goals);
    const judged = goals.map((goal) => ({ ...goal, met: isMet(goal) }));
    const document = {
      suite: name,
      date: begun.date.toISOString(),
      command: [...environment(), 'npm run bench --', ...commandLine(settings)].join(' '),
      machine,
      load: { start: begun.load, end: load() },
      peers: peers.map((peer) => peer.about),
      goals: judged,
      ...results,
    };
    mkdirSync(resultsFolder, { recursive: true });
    const file = join(resultsFolder, `${name}-${document.date.slice(0, 10)}.json`);
    writeFileSync(file, `${JSON.stringify(document, rounded, 2)}\n`);
    console.log(`\nload at the end ${document.load.end}; written to ${file}`);
  } finally {
    for (const peer of peers) await peer.close();
  }
}

/** The environment variables that change what is measured, as one would type them. */
function environment(): string[] {
  const names = ['TANDEM_THREADS', 'TANDEM_PEER_PYTHON', 'MALLOC_MMAP_THRESHOLD_', 'MALLOC_TRIM_THRESHOLD_'];
  return names.filter((name) => process.env[name]).map((name) => `${name}=${process.env[name]}`);
}

/** As it was typed, but for the names of folders, which another machine has elsewhere. */
function commandLine({ dataRoot, other, vectors }: Settings): string[] {
  const folders = [dataRoot, other, vectors].filter((folder) => folder !== undefined);
  return process.argv.slice(2).map((word) => folders.reduce((line, folder) => line.replace(folder, 'FOLDER'), word));
}

/** `1.13` of `1.13.0a0`. */
function release(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

/** More digits than were measured only blur a file's differences. */
function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;
}

const asked = readArguments();
if (asked instanceof Error) {
  console.error(`bench: ${asked.message}\n\n${usage}`);
  process.exitCode = 2;
} else {
  for (const name of asked.names) await runSuite(name, suites[name] as Suite, asked);
}
