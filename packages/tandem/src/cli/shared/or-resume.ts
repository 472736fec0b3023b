import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { distributed } from 'tandem-torch';
import { UsageError } from '../../errors.js';
import {
  AtEndError,
  changeable,
  clearUnbegun,
  flattenConfig,
  type RunConfig,
  readConfigOf,
  resume,
} from '../../pretrain/index.js';
import { rewriteReport } from '../../report/index.js';
import { tell } from '../terminal/print.js';
import { withProgress } from '../terminal/progress.js';
import { showTraining } from './training.js';

/**
 * Whether a folder holds a run that the same command has begun; all processes get the answer of the
 * first. What an end before the first word of a run left there is cleared away.
 * @param asked names of the settings that the command gives
 * @throws UsageError where it was begun with others
 */
export async function canGoOn(
  out: string,
  config: RunConfig,
  asked: readonly string[],
  group: distributed.ProcessGroup | undefined,
): Promise<boolean> {
  if (group && group.rank > 0) return group.broadcastText('') === 'resume';
  const isBegun = existsSync(join(out, 'config.json')) || existsSync(join(out, 'checkpoint'));
  try {
    if (isBegun) checkSame(out, config, asked);
    else clearUnbegun(out);
  } catch (error) {
    await group?.fail((error as Error).message.split('\n')[0] ?? '');
    throw error;
  }
  group?.broadcastText(isBegun ? 'resume' : 'begin');
  return isBegun;
}

function checkSame(out: string, config: RunConfig, asked: readonly string[]): void {
  const [now, then] = [flattenConfig(config), flattenConfig(readConfigOf(out))];
  const free: readonly string[] = [...changeable, 'images'];
  for (const key of asked) {
    if (free.includes(key) || now[key] === 'auto' || String(now[key]) === String(then[key])) continue;
    throw new UsageError(
      `${out} was begun with ${key}=${then[key] ?? 'none'}, and ${now[key]} is asked for: give another --out, or the same settings`,
    );
  }
}

/**
 * Resumes it. One that is at its end is left as it is, but for a report that it lacks: it ended
 * while that was made.
 */
export async function goOn(
  run: string,
  { json, dataRoot }: { readonly json: boolean; readonly dataRoot: string | undefined },
  group: distributed.ProcessGroup | undefined,
): Promise<void> {
  try {
    await showTraining(`the images of ${run}`, (hooks) => resume(run, hooks), json, group);
  } catch (error) {
    if (!(error instanceof AtEndError)) throw error;
    if (!group || group.rank === 0) await sayAtEnd(run, error, dataRoot);
    await group?.destroy();
  }
}

async function sayAtEnd(run: string, atEnd: AtEndError, dataRoot: string | undefined): Promise<void> {
  if (existsSync(join(run, 'report.html'))) return tell(atEnd.message);
  try {
    const report = await withProgress('report', (hooks) => rewriteReport(run, { dataRoot }, hooks));
    tell(`${run} is at its end`, `report: ${report}`);
  } catch (error) {
    tell(`no report was written: ${(error as Error).message}`, atEnd.message);
  }
}
