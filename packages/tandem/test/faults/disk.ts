import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault } from './preload.js';
import { call, finish, lineOf, savedStep, whatCameOut } from './runs.js';

export const settings = ['--epochs', '2', 'saveSteps=2'];
const name = 'clbo';

/** A write that fails in a run, and what must come of it. */
export interface Failing {
  readonly kind: Exclude<Fault['kind'], 'kill'>;
  /** The files whose writing fails. */
  readonly path: string;
  /** Which of the calls on them is the first to fail, and how many do. */
  readonly from: number;
  readonly times: number;
  readonly calls?: readonly string[];
}

export const forever = 1e9;

/** An uninterrupted run to compare with; its command line differs in nothing but the folder. */
export async function wholeRun(images: string, out: string): Promise<object> {
  const { code, stderr } = await call(lineOf(name, images, out, settings));
  assert.equal(code, 0, stderr);
  return whatCameOut(out);
}

/**
 * A run whose writes fail as told. Either it goes on to its end, or it stops with one clear line,
 * and goes on when the disk is well again; what comes out is the same.
 * @returns whether it came to its end by itself
 */
export async function failingRun(images: string, run: string, failing: Failing, wanted: object): Promise<boolean> {
  const about = JSON.stringify(failing);
  const { code, signal, stderr } = await call(lineOf(name, images, run, settings), { fault: failing });
  assert.equal(signal, null, `${about}: ${stderr}`);
  if (code === 0) {
    if (failing.path !== 'config.json')
      assert.match(
        stderr,
        /could not be written: .*; (step [1-9]\d* is saved|nothing was saved yet), will try again/,
        about,
      );
  } else {
    assert.equal(code, 1, `${about}: ${stderr}`);
    clearLine(stderr, about);
    const saved = Number(/step (\d+) of \d+ is saved/.exec(stderr)?.[1] ?? 0);
    assert.ok(savedStep(run) >= saved, `${about}: ${stderr}`);
    if (existsSync(join(run, 'config.json'))) await finish(run);
    else {
      rmSync(run, { recursive: true, force: true });
      const again = await call(lineOf(name, images, run, settings));
      assert.equal(again.code, 0, again.stderr);
    }
  }
  assert.deepEqual(whatCameOut(run), wanted, about);
  rmSync(run, { recursive: true, force: true });
  return code === 0;
}

/** The last line says what is wrong with which place, and what to do. */
export function clearLine(stderr: string, about: string): void {
  const last = stderr.trimEnd().split('\n').at(-1) as string;
  assert.match(
    last,
    /^tandem: (.* could not be written: .*; (step [1-9]\d* of \d+ is saved|nothing was saved yet)\. [A-Z].*, then (resume|begin again) with: tandem resume |cannot write the run folder .*; )/,
    about,
  );
}

/** A file system of its own. */
interface SmallDisk {
  resize(bytes: number): void;
  /** Bytes taken. */
  used(): number;
  /** Lets it be written, or read only. */
  open(mode: 'rw' | 'ro'): void;
  remove(): void;
}

/** A file system of its own, of so many bytes; undefined where that is not allowed. */
export function smallDisk(folder: string, bytes: number): SmallDisk | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return undefined; // in a container without the right to
  }
  return {
    used: () => {
      const { blocks, bfree, bsize } = statfsSync(folder);
      return (blocks - bfree) * bsize;
    },
    resize: (more) => void execFileSync('mount', ['-o', `remount,size=${more}`, folder]),
    open: (mode) => void execFileSync('mount', ['-o', `remount,${mode}`, folder]),
    remove: () => void execFileSync('umount', [folder]),
  };
}

/**
 * A run on a disk that becomes full after about so many bytes, then has room again.
 * @returns what was said when it stopped
 */
export async function fullDisk(
  images: string,
  folder: string,
  bytes: number,
  wanted: object,
): Promise<string | undefined> {
  const disk = smallDisk(folder, bytes);
  if (!disk) return undefined;
  try {
    const run = join(folder, 'run');
    const { code, stderr } = await call(lineOf(name, images, run, settings));
    assert.match(stderr, /ENOSPC/, `${bytes} bytes were enough`);
    assert.equal(code, 1, stderr);
    clearLine(stderr, `${bytes} bytes`);
    const saved = Number(/step (\d+) of \d+ is saved/.exec(stderr)?.[1] ?? 0);
    assert.ok(savedStep(run) >= saved, stderr);
    disk.resize(2 ** 26);
    if (existsSync(join(run, 'config.json'))) await finish(run);
    else {
      rmSync(run, { recursive: true, force: true });
      assert.equal((await call(lineOf(name, images, run, settings))).code, 0);
    }
    assert.deepEqual(whatCameOut(run), wanted);
    return stderr;
  } finally {
    disk.remove();
  }
}

/**
 * A run that was killed cannot go on while its disk may only be read, and says so; then it can.
 * @returns false where none can be mounted
 */
export async function readOnlyDisk(images: string, folder: string, wanted: object): Promise<boolean> {
  const disk = smallDisk(folder, 2 ** 26);
  if (!disk) return false;
  try {
    const run = join(folder, 'run');
    const fault = { kind: 'kill', path: 'checkpoint/', calls: ['sync'], from: 3, times: 1 } as const;
    assert.equal((await call(lineOf(name, images, run, settings), { fault })).signal, 'SIGKILL');
    const step = savedStep(run);
    assert.ok(step > 0);
    disk.open('ro');
    const { code, stderr } = await call(['resume', run]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^tandem: cannot write the run folder .*: the disk may only be read \(EROFS\); make it writable\n$/,
    );
    assert.equal(savedStep(run), step);
    disk.open('rw');
    await finish(run);
    assert.deepEqual(whatCameOut(run), wanted);
    return true;
  } finally {
    disk.remove();
  }
}
