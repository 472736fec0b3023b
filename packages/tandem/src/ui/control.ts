import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { livesHere } from '../files/lock-folder.js';
import { readRegular } from '../files/regular.js';
import { Refusal } from '../web/refusal.js';

/** Asks the process that trains in a run to end: it saves, and can be resumed. */
export function stopRun(path: string): void {
  const lock = join(path, 'lock');
  const text = existsSync(lock) ? readRegular(lock).toString() : '';
  if (livesHere(text) !== true) throw new Refusal(409, 'no process of this machine trains in this run');
  const { pid } = JSON.parse(text) as { pid: number };
  process.kill(pid, 'SIGTERM');
}
