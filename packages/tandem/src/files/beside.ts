import { readdirSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { isRunning } from './process.js';

// What is being written stands beside its final name, under one that says which process of which
// host writes it: `report.html.<host>.<pid>.tmp`. So what a killed process left can be told from
// what another one still writes.

const host = hostname()
  .replace(/[^\w-]/g, '_')
  .slice(0, 40);

/** Where a file, or a folder, is written before it is whole. */
export function beside(path: string): string {
  return `${resolve(path)}.${host}.${process.pid}.tmp`;
}

/**
 * Removes what processes of this host that are dead left beside a file or folder. What one of
 * another host left stays: nobody here can tell whether that one lives.
 */
export function clearAbandoned(path: string): void {
  const [folder, name] = [dirname(resolve(path)), basename(resolve(path))];
  const start = `${name}.${host}.`;
  for (const found of namesIn(folder)) {
    const pid = found.startsWith(start) ? /^(\d+)\.tmp$/.exec(found.slice(start.length))?.[1] : undefined;
    if (pid === undefined || isRunning(Number(pid))) continue;
    try {
      rmSync(join(folder, found), { recursive: true, force: true });
    } catch {
      // It takes room, and harms nothing.
    }
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // writing says what is wrong with it
  }
}
