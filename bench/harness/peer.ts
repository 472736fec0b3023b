import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export type PeerStarter = (name: string, options?: PeerOptions) => Promise<Peer | null>;

export interface PeerOptions {
  /** `ours`: freed memory is kept, as the engine has it; `default`: the C library's own way. */
  readonly allocator?: 'ours' | 'default';
  /** Defaults to as many as ours. */
  readonly threads?: number;
}

/**
 * The engine asks the C allocator to keep freed memory; a peer that gets the same does not lose by
 * that alone.
 */
const ourAllocator = { MALLOC_MMAP_THRESHOLD_: String(2 ** 30), MALLOC_TRIM_THRESHOLD_: String(2 ** 31 - 1) };

/** What a peer tells of itself. */
export interface PeerAbout {
  readonly torch: string;
  readonly python: string;
  readonly threads: number;
}

/**
 * A Python process that does one piece of work at a time, when told to, and waits in between
 * without computing.
 */
export class Peer {
  about!: PeerAbout;
  readonly #child: ChildProcess & { stdin: Writable; stdout: Readable };
  readonly #replies: AsyncIterator<string>;

  private constructor(child: ChildProcess & { stdin: Writable; stdout: Readable }) {
    this.#child = child;
    this.#replies = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    // A peer that died is reported where its reply is missing.
    child.stdin.on('error', () => {});
  }

  static async start(
    python: string,
    script: string,
    threads: number,
    { allocator = 'ours' }: PeerOptions = {},
  ): Promise<Peer> {
    const peer = new Peer(
      spawn(python, [peerScript(script)], {
        stdio: ['pipe', 'pipe', 'inherit'],
        env: { ...(allocator === 'ours' && ourAllocator), ...peerEnvironment(threads) },
      }) as ChildProcess & { stdin: Writable; stdout: Readable },
    );
    peer.about = await peer.ask('about', { threads });
    return peer;
  }

  /** Has it do `task` and gives its answer. */
  async ask<T>(task: string, given: object = {}): Promise<T> {
    this.#child.stdin.write(`${JSON.stringify({ task, ...given })}\n`);
    const { done, value } = await this.#replies.next();
    if (done) throw new Error(`the peer ended during '${task}'`);
    return JSON.parse(value) as T;
  }

  async close(): Promise<void> {
    this.#child.stdin.end();
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
  }
}

/** The path of bench/peers/NAME.py. */
function peerScript(name: string): string {
  return fileURLToPath(new URL(`../../peers/${name}.py`, import.meta.url));
}

/** With so many threads, and the BLAS that ours runs on: the system may have several. */
function peerEnvironment(threads: number): NodeJS.ProcessEnv {
  const blas = loadedLibrary('libblas.so');
  return {
    ...process.env,
    OMP_NUM_THREADS: String(threads),
    OPENBLAS_NUM_THREADS: String(threads),
    ...(blas && { LD_LIBRARY_PATH: dirname(blas) }),
  };
}

/** Runs bench/peers/NAME.py to its end, with one thread, and gives what it prints. */
export async function runPeer<T>(
  python: string,
  name: string,
  given: object,
  env: Readonly<Record<string, string>>,
): Promise<T> {
  const { stdout } = await promisify(execFile)(python, [peerScript(name), JSON.stringify(given)], {
    env: { ...ourAllocator, ...peerEnvironment(1), ...env },
  });
  return JSON.parse(stdout) as T;
}

/**
 * The path of a shared library of this process; undefined where it has none, or the system does not
 * tell.
 */
function loadedLibrary(name: string): string | undefined {
  if (!existsSync('/proc/self/maps')) return undefined;
  const lines = readFileSync('/proc/self/maps', 'utf8').split('\n');
  return lines.find((line) => line.includes(`/${name}`))?.replace(/^[^/]*/, '');
}

/**
 * TANDEM_PEER_PYTHON where it is set, else the first of PATH's python3 and the system's that holds
 * some modules; or null.
 * @param modules default to those that all peers together need
 */
export function findPython(modules: readonly string[] = ['torch', 'numpy', 'PIL']): string | null {
  const holds = (python: string) => holdsModules(python, modules);
  const given = process.env.TANDEM_PEER_PYTHON;
  if (given && !holds(given))
    throw new Error(`TANDEM_PEER_PYTHON=${given} is no Python that holds ${modules.join(', ')}`);
  return given || (['python3', '/usr/bin/python3'].find(holds) ?? null);
}

/**
 * Without importing them, which would take seconds; elsewhere than in a folder that might hold one
 * named `torch`.
 */
function holdsModules(python: string, modules: readonly string[]): boolean {
  const script = 'import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, sys.argv[1:])))';
  return spawnSync(python, ['-c', script, ...modules], { cwd: '/' }).status === 0;
}
