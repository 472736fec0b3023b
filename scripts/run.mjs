// What every script here needs: the repository's root, commands with their output kept, and one
// line a step.

import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

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
  cleanups.add(clean);
}

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
    if (line !== '') process.stdout.write(' interrupted\n');
    process.exit(code);
  });
}

/**
 * Runs a command; resolves with its exit code and everything it wrote.
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, cwd?: string, show?: boolean }} [options] `show`: write
 * to this terminal instead.
 * @returns {Promise<{ code: number, output: string }>}
 */
export function run(command, args, { env = {}, cwd = root, show = false } = {}) {
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

/** The step whose line is not ended yet. */
let line = '';

/** @param {number} since a time of `performance.now()` */
export const secondsSince = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/**
 * Does one step under one line: its name, what it does, the time it took. The line starts before
 * the work, so that a long step says what it is at.
 * @template T
 * @param {string} name
 * @param {string} what
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(name, what, work) {
  const started = performance.now();
  line = `${name.padEnd(10)}${what}`;
  process.stdout.write(`${line} ...`);
  try {
    const result = await work();
    process.stdout.write(` ${secondsSince(started)}\n`);
    return result;
  } catch (error) {
    process.stdout.write(` failed after ${secondsSince(started)}\n`);
    throw error;
  } finally {
    line = '';
  }
}

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
    if (error.output) console.error(tail(error.output).replace(/^/gm, '  '));
    console.error(error.message);
    if (error.cure) console.error(error.cure);
    process.exitCode = 1;
  }
}

/** Whether this module is the one that node was started with. @param {string} url */
export const isMain = (url) => process.argv[1] !== undefined && fileURLToPath(url) === process.argv[1];
