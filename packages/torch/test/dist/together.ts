import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '../../src/dist/free-port.js';
import { engine } from '../children.js';

/** How a process of several ended. */
export interface Together {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** All that it said. */
  readonly text: string;
  /** What it printed. */
  readonly stdout: string;
  /** When it ended, in ms of `performance.now()`. */
  readonly at: number;
}

/** A process that was begun. */
interface Begun {
  readonly process: ChildProcess;
  readonly ended: Promise<Together>;
  /** Resolves once it has said this. */
  says(word: string): Promise<void>;
}

/** Runs `body`, a module in which `torch` is the engine, in one of two processes. */
export function alone(
  body: string,
  at: { readonly rank: number; readonly life: number; readonly port: number },
): Begun {
  const child = begin(`${imports}${body}`, { rank: at.rank, size: 2, port: at.port, env: { LIFE: `${at.life}` } });
  return {
    process: child,
    ended: endOf(child),
    says: (word) =>
      new Promise((resolve, reject) => {
        child.stdout?.on('data', (data) => String(data).includes(word) && resolve());
        child.on('close', () => reject(new Error(`it ended without saying ${word}`)));
      }),
  };
}

/**
 * Runs `body`, a module in which `torch` is the engine and `group` the process group, in several
 * processes. What it prints is its result.
 * @param options of the group, in JavaScript
 * @param started is given the processes
 */
export async function together(
  processes: number,
  body: string,
  options = '',
  started: (children: readonly ChildProcess[]) => void = () => {},
): Promise<Together[]> {
  const source = `${imports}
const group = await distributed.initProcessGroup({ joinSeconds: 60, ${options} });
const { rank } = group;
const print = (x) => console.log(JSON.stringify(x));
const numbers = (x) => Array.from(x.data(), Number);
${body}
`;
  const port = await freePort();
  const children = Array.from({ length: processes }, (_, rank) => begin(source, { rank, size: processes, port }));
  const ends = children.map(endOf);
  started(children);
  return Promise.all(ends);
}

const imports = `import * as torch from ${JSON.stringify(engine)};
const { distributed, tensor, noGrad } = torch;`;

interface Start {
  readonly rank: number;
  readonly size: number;
  readonly port: number;
  readonly env?: Readonly<Record<string, string>>;
}

function begin(source: string, { rank, size, port, env: more }: Start): ChildProcess {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return spawn(process.execPath, ['--input-type=module', '--eval', source], {
    env: {
      ...{ ...env, TANDEM_THREADS: '1', RANK: `${rank}`, LOCAL_RANK: `${rank}`, WORLD_SIZE: `${size}` },
      ...{ MASTER_ADDR: '127.0.0.1', MASTER_PORT: `${port}`, ...more },
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 240_000,
    killSignal: 'SIGKILL',
  });
}

async function endOf(child: ChildProcess): Promise<Together> {
  let [text, stdout] = ['', ''];
  child.stdout?.on('data', (data) => {
    stdout += data;
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data) => {
      text += data;
    });
  }
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, text, stdout, at: performance.now() };
}

/** What each process printed, as JSON. @throws Error where one failed */
export async function askTogether<T>(processes: number, body: string, options?: string): Promise<T[]> {
  const ends = await together(processes, `${body}\nawait group.destroy();`, options);
  const failed = ends.flatMap(({ code, text }, rank) => (code === 0 ? [] : [`process ${rank}: ${text}`]));
  if (failed.length > 0) throw new Error(failed.join('\n'));
  return ends.map(({ stdout }) => JSON.parse(stdout) as T);
}
