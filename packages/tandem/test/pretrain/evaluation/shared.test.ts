import assert from 'node:assert/strict';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { distributed } from 'tandem-torch';
import { ended, start } from '../../train/distributed/running.js';

const skip = distributed.hasDist() ? false : 'this engine is built without Gloo';
const worker = fileURLToPath(new URL('./shared-worker.js', import.meta.url));

/** What each of so many processes finds. */
async function foundBy(processes: number): Promise<unknown[]> {
  const ends = await Promise.all((await start(worker, [], processes)).map(ended));
  for (const { code, text } of ends) assert.equal(code, 0, text);
  return ends.map(({ text }) => JSON.parse(text));
}

test('k-NN, diagnostics and accuracy that processes share have the bits of one', { skip }, async () => {
  const [alone] = await foundBy(1);
  const { left } = alone as { left: number };
  assert.equal(left, 0, 'no tensor is left behind');
  for (const processes of [2, 3]) {
    assert.deepEqual(await foundBy(processes), Array(processes).fill(alone), `${processes} processes`);
  }
});
