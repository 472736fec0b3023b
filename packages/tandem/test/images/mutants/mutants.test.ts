import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeOne } from '../../../src/images/decode/decode-one.js';
import { temporary } from '../making.js';
import { containers, tryContainer } from './containers.js';
import { bases, mutant } from './mutate.js';

/** `npm run test:mutants` makes 20,000, and compares what is kept with a second decoder. */
const count = 400;
/** So long one file may take, in milliseconds, on a busy machine. */
const patience = 20_000;

test(`of ${count} damaged files each is a picture or has a reason, and none takes long`, async () => {
  const all = await bases();
  for (const { name, bytes } of all) {
    const whole = await decodeOne(bytes, { format: { channels: 3 } }, true);
    assert.equal(typeof whole, 'object', `${name} itself: ${whole}`);
  }
  let skipped = 0;
  for (let i = 0; i < count; i++) {
    const { name, bytes } = mutant(all, 1, i);
    const begin = performance.now();
    const image = await decodeOne(bytes, { format: { channels: 3 } }, true);
    assert.ok(performance.now() - begin < patience, `mutant ${i} of ${name}`);
    if (typeof image === 'string') {
      skipped++;
      assert.match(image, /\S/, name);
    }
  }
  assert.ok(skipped > count / 4 && skipped < count, `${skipped} are skipped`);
});

test('of damaged tars, zips and tables every picture that is kept is as it was, or all is refused', async (t) => {
  const folder = temporary(t);
  const all = await containers(folder);
  for (const { name, pictures } of all) assert.ok(pictures.size > 1, `${name}: ${pictures.size} pictures`);
  let [refused, used] = [0, 0];
  for (let i = 0; i < 96; i++) {
    const begin = performance.now();
    const outcome = await tryContainer(folder, all, 1, i);
    const name = all[i % all.length]?.name;
    assert.ok(performance.now() - begin < patience, `mutant ${i} of ${name}`);
    if ('reason' in outcome) {
      refused++;
      assert.match(outcome.reason, /\S/, name);
    } else {
      used++;
      assert.deepEqual(outcome.wrong, [], `mutant ${i} of ${name}`);
    }
  }
  assert.ok(refused > 10 && used > 10, `${refused} refused, ${used} used`);
});
