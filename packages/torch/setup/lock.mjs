// One set-up at a time in one place.

import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { onExit, say } from './run.mjs';

const beat = 1000;

/**
 * A holder that was killed beats no more. A process id would not tell: it means nothing in another
 * container.
 */
const deadAfter = 8 * beat;

/** Waits until `path` is free, and holds it until this process ends. @param {string} path */
export async function holdLock(path) {
  const mark = `${process.pid} ${process.hrtime.bigint()}\n`;
  mkdirSync(dirname(path), { recursive: true });
  let hasSaidSo = false;
  while (!create(path, mark) && !(await takeOver(path, mark))) {
    if (!hasSaidSo) say('Another set-up is running here; waiting for it.');
    hasSaidSo = true;
    await wait(beat / 4);
  }
  const beating = setInterval(() => utimesSync(path, new Date(), new Date()), beat);
  beating.unref();
  onExit(() => {
    if (read(path) === mark) rmSync(path);
  });
}

/** @param {string} path @param {string} mark */
function create(path, mark) {
  try {
    writeFileSync(path, mark, { flag: 'wx' });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Of several that take over a dead holder's lock, the last to rename has it.
 * @param {string} path
 * @param {string} mark
 */
async function takeOver(path, mark) {
  const touched = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  if (touched === undefined || Date.now() - touched < deadAfter) return false;
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, mark);
  renameSync(mine, path);
  await wait(beat);
  return read(path) === mark;
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
