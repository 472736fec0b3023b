import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { describeMachine } from '../harness/machine.js';
import { engines } from './engines.js';

const here = fileURLToPath(new URL('../../..', import.meta.url));

test('a fresh process of either checkout takes the same step', async () => {
  const machine = describeMachine();
  const { tables, results } = await engines.run({
    settings: { batch: 16, width: 8, rounds: 1, methods: ['simclr'], other: here },
    short: true,
    machine,
    startPeer: async () => null,
    say: () => {},
  });
  assert.equal((results.theirMachine as typeof machine).libtorch, machine.libtorch);
  const [method, ours, theirs, ratio] = tables[0]?.rows[0] ?? [];
  assert.equal(method, 'simclr');
  assert.ok(Math.abs(Number(theirs) / Number(ours) - Number(ratio)) < 0.02 * Number(ratio));
});
