import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { objectIn } from '../files/json.js';
import { readRegular } from '../files/regular.js';
import { writeWhole } from '../files/write-whole.js';
import { isMeasured } from './measures.js';
import { folderOf, type PlannedRun } from './plan.js';

// What a study notes in the folder of a run: `trained.json` when it has come to its end, and
// `failed.json` when it failed twice. What a run was worth stands in its own files.

/** How far a planned run is. */
export type Stage = 'missing' | 'begun' | 'trained' | 'done';

/** How far a run of a study is; `done` is trained and measured. */
export function stageOf(study: string, run: PlannedRun): Stage {
  const folder = folderOf(study, run);
  if (!existsSync(folder)) return 'missing';
  if (!existsSync(join(folder, 'trained.json'))) return 'begun';
  return isMeasured(folder, run.measures) ? 'done' : 'trained';
}

/** Notes that a run has come to its end. */
export function noteTrained(folder: string): void {
  writeWhole(join(folder, 'trained.json'), `${JSON.stringify({ date: new Date().toISOString() })}\n`);
}

/** Notes why a run failed, for the study's page. */
export function noteFailed(folder: string, why: string): void {
  writeWhole(`${folder}.failed.json`, `${JSON.stringify({ why, date: new Date().toISOString() })}\n`);
}

/** Why a run failed when it was last tried. */
export function failureOf(folder: string): string | undefined {
  const file = `${folder}.failed.json`;
  const why = existsSync(file) ? objectIn(readRegular(file).toString())?.why : undefined;
  return typeof why === 'string' ? why : undefined;
}

/** Forgets it. */
export function forgetFailure(folder: string): void {
  rmSync(`${folder}.failed.json`, { force: true });
}

/**
 * Takes away what a measured run needs no more: its checkpoint, and the encoders that it kept over
 * time. Its last encoders, its numbers and its report stay.
 * @returns the bytes
 */
export function thin(folder: string): number {
  const encoders = join(folder, 'encoder');
  const kept = readdirSync(encoders).filter((file) => /-epoch\d+\.safetensors$/.test(file));
  const paths = [join(folder, 'checkpoint'), ...kept.map((file) => join(encoders, file))];
  return paths.reduce((sum, path) => {
    const bytes = bytesIn(path);
    rmSync(path, { recursive: true, force: true });
    return sum + bytes;
  }, 0);
}

function bytesIn(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found?.isDirectory()) return found?.size ?? 0;
  return readdirSync(path).reduce((sum, file) => sum + bytesIn(join(path, file)), 0);
}
