import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askChild } from './children.js';

/**
 * Whether waits become short in `seconds`, in a process with two threads that has more work than
 * cores; null where the addon does not say how threads wait.
 */
const besideOthers = (seconds: number, environment: string) => `
  import { availableParallelism } from 'node:os';
  import { Worker } from 'node:worker_threads';
  for (const name of ['GOMP_SPINCOUNT', 'OMP_WAIT_POLICY']) delete process.env[name];
  Object.assign(process.env, { TANDEM_THREADS: '2' }, ${environment});
  const addon = await import(engine.replace('index.js', 'binding.js'));
  const { randn, scope } = torch;
  const compute = () => scope(() => randn([1_000_000]).exp().sum().item());
  const sum = scope(() => torch.ones([1_000_000]).sum().item());
  for (let i = 0; i < 2 * availableParallelism(); i++) new Worker('for (;;);', { eval: true });
  const end = Date.now() + ${seconds} * 1000;
  while (addon.binding.waitsAreShort() === false && Date.now() < end) compute();
  console.log(JSON.stringify({ short: addon.binding.waitsAreShort() ?? null, sum }));
  process.exit();
`;

interface Found {
  readonly short: boolean | null;
  readonly sum: number;
}

test('threads wait briefly once others want the cores', async (t) => {
  const { short, sum } = await askChild<Found>(besideOthers(120, '{}'));
  assert.equal(sum, 1e6);
  if (short === null) return t.skip('this addon leaves waiting to its OpenMP');
  assert.equal(short, true);
});

test('who sets how long libgomp spins is obeyed', async () => {
  const { short } = await askChild<Found>(besideOthers(1, "{ GOMP_SPINCOUNT: '1000' }"));
  assert.ok(short === null || short === false);
});
