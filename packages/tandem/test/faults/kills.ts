import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { RandomStream } from '../../src/random.js';
import { call, finish, launch, lineOf, savedStep, whatCameOut } from './runs.js';

/** What was done to the runs of one case. */
export interface Killed {
  /** Processes that were ended by SIGKILL. */
  kills: number;
  /**
   * Of them, in the middle of writing: before a write, a sync or a rename, or with half of the
   * bytes written.
   */
  inWrites: number;
  /** Runs that came to their end and were compared. */
  runs: number;
}

/**
 * Kills runs of one case, some at random times and some inside their writes, resumes them, kills
 * them again, and compares what comes out in the end with an uninterrupted run.
 * @param folder where the runs are made; they are removed again
 */
export async function killRuns(
  name: string,
  images: string,
  folder: string,
  { kills, random, more = [] }: { kills: number; random: RandomStream; more?: readonly string[] },
): Promise<Killed> {
  const settings = ['--epochs', '2', 'saveSteps=2', ...more];
  const whole = join(folder, 'whole');
  mkdirSync(folder, { recursive: true });
  const counted = join(folder, 'calls');
  const child = launch(lineOf(name, images, whole, settings), {
    fault: { kind: 'kill', path: whole, from: 1e9, times: 1, countTo: counted },
  });
  await child.started;
  const begun = Date.now();
  const { code, stderr } = await child.ended;
  assert.equal(code, 0, stderr);
  const training = Date.now() - begun;
  const calls = Number(readFileSync(counted, 'utf8'));
  const wanted = whatCameOut(whole);
  const done: Killed = { kills: 0, inWrites: 0, runs: 0 };
  while (done.kills < kills) {
    const run = join(folder, `run${done.runs}`);
    const history: string[] = [];
    let [ended, inARow, step] = [false, 0, 0];
    while (!ended && done.kills < kills && inARow < 4) {
      const resumes = existsSync(join(run, 'config.json'));
      if (!resumes) rmSync(run, { recursive: true, force: true }); // killed before it had begun
      const argv = resumes ? ['resume', run] : lineOf(name, images, run, settings);
      if (random.next() < 0.5) {
        const from = 1 + random.below(Math.ceil(calls * 0.6));
        const { code, signal, stderr } = await call(argv, { fault: { kind: 'kill', path: run, from, times: 1 } });
        history.push(`call ${from}: ${signal ?? code}`);
        assert.ok(signal === 'SIGKILL' || code === 0 || isAtEnd(stderr), `${name}, ${history.join(', ')}: ${stderr}`);
        ended = signal === null;
        if (signal) done.inWrites += 1;
      } else {
        const child = launch(argv);
        await child.started;
        const delay = random.below(Math.ceil(training * 0.7));
        await Promise.race([setTimeout(delay), child.ended]);
        child.process.kill('SIGKILL');
        const { code, signal, stderr } = await child.ended;
        history.push(`${delay} ms: ${signal ?? code}`);
        assert.ok(signal === 'SIGKILL' || code === 0 || isAtEnd(stderr), `${name}, ${history.join(', ')}: ${stderr}`);
        ended = signal === null;
      }
      assert.ok(savedStep(run) >= step, `${name}, ${history.join(', ')}: step ${step} was saved and is lost`);
      step = savedStep(run);
      if (ended) break;
      done.kills += 1;
      inARow += 1;
    }
    if (!ended && existsSync(join(run, 'config.json'))) await finish(run);
    if (existsSync(join(run, 'config.json'))) {
      assert.deepEqual(whatCameOut(run), wanted, `${name}, ${history.join(', ')}`);
      done.runs += 1;
    }
    rmSync(run, { recursive: true, force: true });
  }
  rmSync(folder, { recursive: true, force: true });
  return done;
}

/** Killed after the last save: there is nothing left to do. */
function isAtEnd(stderr: string): boolean {
  return stderr.includes('is at its end');
}
