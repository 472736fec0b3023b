// Commands with their output kept, failures with their cure, and one line a step.

import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A failure that a person can act on: what went wrong, the command's own words, and the cure. */
export class Failure extends Error {
  /** @param {string} message @param {{ output?: string, cure?: string }} [details] */
  constructor(message, { output = '', cure = '' } = {}) {
    super(message);
    this.output = output;
    this.cure = cure;
  }
}

/** @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set();

/** @type {Set<() => void>} */
const cleanups = new Set();

/** Calls `clean` when the process ends, however it ends. @param {() => void} clean */
export function onExit(clean) {
  watchTheEnd();
  cleanups.add(clean);
}

let isWatching = false;

function watchTheEnd() {
  if (isWatching) return;
  isWatching = true;
  process.on('exit', () => {
    for (const clean of cleanups) clean();
  });
  for (const [signal, code] of /** @type {const} */ ([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])) {
    process.on(signal, () => {
      for (const child of children) child.kill(signal);
      if (hasOpenLine) process.stderr.write(' interrupted; the same command goes on\n');
      process.exit(code);
    });
  }
}

/**
 * Runs a command; resolves with its exit code and everything it wrote.
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, cwd?: string, show?: boolean }} [options] `show`: write
 * to this terminal instead.
 * @returns {Promise<{ code: number, output: string }>}
 */
export function run(command, args, { env = {}, cwd = process.cwd(), show = false } = {}) {
  watchTheEnd();
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: show ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    });
    children.add(child);
    let output = '';
    const keep = (/** @type {Buffer} */ chunk) => {
      output += chunk;
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.on('error', (error) => {
      children.delete(child);
      resolve({ code: 127, output: `${command}: ${error.message}` });
    });
    child.on('close', (code) => {
      children.delete(child);
      resolve({ code: code ?? 1, output });
    });
  });
}

/** The full path of a command on PATH, or null. @param {string} command */
export function which(command) {
  const candidates = command.includes('/')
    ? [command]
    : (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, command));
  return candidates.find(isExecutable) ?? null;
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Whether a step's line is not ended yet. */
let hasOpenLine = false;

/** @param {number} since a time of `performance.now()` */
export const secondsSince = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** After so many seconds a step that says nothing of its progress tells that it goes on. */
const quietSeconds = 15;

/**
 * Does one step under one line on stderr: its name, what it does, the time it took. The line starts
 * before the work, so that a long step says what it is at; it grows by the share that is done, or
 * else by the seconds that went by.
 * @template T
 * @param {string} name
 * @param {string} what
 * @param {(progress: (share: number) => void) => Promise<T>} work may tell what share of it is done
 * @returns {Promise<T>}
 */
export async function step(name, what, work) {
  const started = performance.now();
  process.stderr.write(`${name.padEnd(10)}${what} ...`);
  hasOpenLine = true;
  let tenths = 0;
  const ticking = setInterval(() => {
    process.stderr.write(` ${Math.round((performance.now() - started) / 1000)} s`);
  }, 1000 * quietSeconds);
  const progress = (/** @type {number} */ share) => {
    clearInterval(ticking);
    if (Math.floor(share * 10) <= tenths) return;
    tenths = Math.floor(share * 10);
    process.stderr.write(` ${tenths * 10} %`);
  };
  try {
    const result = await work(progress);
    process.stderr.write(` ${secondsSince(started)}\n`);
    return result;
  } catch (error) {
    process.stderr.write(` failed after ${secondsSince(started)}\n`);
    throw error;
  } finally {
    clearInterval(ticking);
    hasOpenLine = false;
  }
}

/** A line of its own beside the steps. @param {string} text */
export const say = (text) => process.stderr.write(`${text}\n`);

/** The last lines of a command's output. @param {string} output @param {number} [count] */
export function tail(output, count = 20) {
  return output.trimEnd().split('\n').slice(-count).join('\n');
}

/**
 * Runs a script's main function; a Failure becomes a message, the command's last lines and the
 * cure.
 * @param {() => Promise<void>} main
 */
export async function runMain(main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    say(textOf(error));
    process.exitCode = 1;
  }
}

/** A failure as people read it. @param {Failure} failure */
export function textOf({ message, output, cure }) {
  const words = output ? [tail(output).replace(/^/gm, '  ')] : [];
  return [message, ...words, ...(cure ? [cure] : [])].join('\n');
}
