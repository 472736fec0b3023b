import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { SharedLock } from '../../../src/images/decode/shared-lock.js';

test('what must be alone is alone, the rest goes on side by side, and a failure holds up nothing', async () => {
  const lock = new SharedLock();
  const running = new Set<string>();
  let most = 0;
  const work = (name: string, isAlone: boolean, fails: boolean) => async () => {
    assert.ok(!isAlone || running.size === 0, `${name} beside ${[...running]}`);
    assert.ok(
      [...running].every((other) => !other.startsWith('alone')),
      `${name} beside ${[...running]}`,
    );
    running.add(name);
    most = Math.max(most, running.size);
    await setTimeout(1);
    running.delete(name);
    if (fails) throw new Error(name);
    return name;
  };
  const all = Array.from({ length: 60 }, async (_, i) => {
    await setTimeout(i % 7);
    const isAlone = i % 5 === 0;
    const name = `${isAlone ? 'alone' : 'beside'} ${i}`;
    const fails = i % 3 === 0;
    const done = isAlone ? lock.exclusive(work(name, true, fails)) : lock.shared(work(name, false, fails));
    if (fails) await assert.rejects(done, { message: name });
    else assert.equal(await done, name);
  });
  await Promise.all(all);
  assert.ok(most > 1);
  assert.equal(await lock.shared(async () => 1), 1);
});
