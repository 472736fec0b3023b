import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { needs, sharedData } from '../images/making.js';

const script = fileURLToPath(new URL('../../../../../examples/mnist/dist/mnist.js', import.meta.url));

test('the engine alone learns digits: six thousand pictures, one pass', needs('mnist'), () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, join(sharedData, 'mnist'), '1', '6000'], {
    env: { ...process.env, OMP_NUM_THREADS: '1' },
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  const right = Number(/right: ([\d.]+) %/.exec(stdout)?.[1]);
  // It had 88.6 % of ten thousand, with a deviation of 0.3; guessing has 10 %.
  assert.ok(right > 80, stdout);
});
