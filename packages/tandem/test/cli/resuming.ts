import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { metricsOf, start, tiny } from './running.js';

/** A run by the command line, and what it is to say. */
interface Told {
  /** In which folder the runs are made, called `name-whole` and `name-killed`. */
  readonly root: string;
  readonly name: string;
  readonly images: string;
  readonly epochs: number;
  readonly says: RegExp;
  /** More words of the command line. */
  readonly words?: readonly string[];
}

/** Trains twice, once killed after an epoch and resumed: encoders and losses must be equal. */
export async function killedAndResumed({ root, name, images, epochs, says, words = [] }: Told): Promise<void> {
  const [whole, killed] = [join(root, `${name}-whole`), join(root, `${name}-killed`)];
  const usual = ['size=16', '--batch', '6', '--epochs', String(epochs), '--seed', '3'];
  const line = ['pretrain', images, ...tiny, ...usual, ...words];
  const { code, stderr } = await start([...line, '--out', whole]).ended;
  assert.equal(code, 0, stderr);
  assert.match(stderr, says);
  const child = start([...line, '--out', killed]);
  await child.says(`epoch 1/${epochs}`);
  child.process.kill('SIGKILL');
  await child.ended;
  assert.ok(metricsOf(killed).length < epochs);
  const resumed = await start(['resume', killed]).ended;
  assert.equal(resumed.code, 0, resumed.stderr);
  for (const file of readdirSync(join(whole, 'encoder'))) {
    const [a, b] = [whole, killed].map((run) => readFileSync(join(run, 'encoder', file)));
    assert.ok(a?.equals(b as Buffer), file);
  }
  const losses = [whole, killed].map((run) => metricsOf(run).map(({ loss }) => loss));
  assert.deepEqual(losses[0], losses[1]);
}
