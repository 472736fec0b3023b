import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { call, finish, lineOf, metricsAreTimed, savedStep, whatCameOut } from './runs.js';

/**
 * A run that is killed while the machine's clock moves, and resumed while it moves again: it is
 * resumed where it was, what comes out is the same, and its times are times.
 * @param clock milliseconds by which the clock moves whenever somebody looks
 */
export async function movingClock(
  name: string,
  images: string,
  run: string,
  clock: number,
  wanted: object,
): Promise<void> {
  const settings = ['--epochs', '2', 'saveSteps=2'];
  const fault = { kind: 'kill', path: 'checkpoint/', calls: ['rename'], from: 5, times: 1, clock } as const;
  const killed = await call(lineOf(name, images, run, settings), { fault });
  assert.equal(killed.signal, 'SIGKILL', killed.stderr);
  const step = savedStep(run);
  assert.ok(step > 0);
  const stderr = await finish(run, { ...fault, times: 0 });
  assert.match(stderr, new RegExp(`resuming after step ${step}\n`), `clock ${clock}`);
  assert.doesNotMatch(stderr, /cannot be read/);
  assert.deepEqual(whatCameOut(run), wanted, `clock ${clock}`);
  assert.ok(metricsAreTimed(run), `clock ${clock}`);
  rmSync(run, { recursive: true, force: true });
}
