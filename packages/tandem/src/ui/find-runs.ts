import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.js';

/** Folders below each other in which runs are looked for. */
const deepest = 3;
/** Runs that are shown, at most. */
const mostRuns = 200;

/**
 * The run folders in a folder, itself included, by name.
 * @throws UserError where there is no such folder
 */
export function findRuns(root: string): string[] {
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UserError(`${root}: there is no such folder; give the one that runs are in`);
  }
  return below(root, deepest).sort().slice(0, mostRuns);
}

function below(folder: string, depth: number): string[] {
  if (existsSync(join(folder, 'config.json')) && existsSync(join(folder, 'metrics.jsonl'))) return [folder];
  if (depth === 0) return [];
  try {
    const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return folders.flatMap(({ name }) => below(join(folder, name), depth - 1));
  } catch {
    return []; // not for this user's eyes, or gone meanwhile
  }
}
