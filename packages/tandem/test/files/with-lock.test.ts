import assert from 'node:assert/strict';
import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readLock, releaseLock, takeLock } from '../../src/files/lock-file.js';
import { isHeld, withLock } from '../../src/files/with-lock.js';
import { temporary } from '../support.js';

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000);

test('of two that want a lock one works, the other waits for it, and nothing is left', async (t) => {
  const folder = temporary(t);
  const path = join(folder, 'lock');
  const events: string[] = [];
  let finish = () => {};
  const first = withLock(path, async () => {
    events.push('first begins');
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    events.push('first ends');
  });
  assert.ok(isHeld(path));
  const work = async () => events.push('second begins');
  await withLock(path, work, {
    onWait() {
      events.push('second waits');
      finish();
    },
  });
  await first;
  assert.deepEqual(
    events.filter((event, i) => event !== events[i - 1]),
    ['first begins', 'second waits', 'first ends', 'second begins'],
  );
  assert.deepEqual(readdirSync(folder), []);
});

test('a lock dated in the future, before the clock was set back, blocks nobody', async (t) => {
  const path = join(temporary(t), 'lock');
  writeFileSync(path, 'one that died');
  utimesSync(path, ago(-3600), ago(-3600));
  assert.ok(!isHeld(path));
  const onWait = () => assert.fail('waited for one that died');
  assert.match(
    await withLock(path, async () => readFileSync(path, 'utf8'), { onWait }),
    new RegExp(`^${process.pid} `),
  );
});

test('a lock that nobody has touched for long is taken over', async (t) => {
  const folder = temporary(t);
  const path = join(folder, 'lock');
  writeFileSync(path, 'one that died');
  utimesSync(path, ago(20), ago(20));
  assert.ok(!isHeld(path));
  const onWait = () => assert.fail('waited for one that died');
  const held = await withLock(path, async () => readFileSync(path, 'utf8'), { onWait });
  assert.match(held, new RegExp(`^${process.pid} `));
  assert.deepEqual(readdirSync(folder), []);
});

test('a lock that another has taken over meanwhile is left to it', async (t) => {
  const path = join(temporary(t), 'lock');
  await withLock(path, async () => writeFileSync(path, 'another'));
  assert.equal(readLock(path), 'another');
});

test('work that fails gives its lock back, and waiting can be stopped', async (t) => {
  const path = join(temporary(t), 'lock');
  await assert.rejects(
    withLock(path, () => Promise.reject(new Error('no luck'))),
    /no luck/,
  );
  assert.equal(readLock(path), undefined);
  writeFileSync(path, 'another');
  const stop = new AbortController();
  const waiting = withLock(path, () => assert.fail('it is held'), { onWait: () => stop.abort(), signal: stop.signal });
  await assert.rejects(waiting, { name: 'AbortError' });
  assert.equal(readLock(path), 'another');
});

test('a lock says who holds it, and only the holder gives it back', (t) => {
  const folder = temporary(t);
  const path = join(folder, 'lock');
  assert.equal(
    takeLock(path, 'a', () => true),
    undefined,
  );
  const seen: string[] = [];
  assert.equal(
    takeLock(path, 'b', (text) => seen.push(text) > 0),
    'a',
  );
  releaseLock(path, 'b');
  assert.deepEqual([seen, readLock(path), readdirSync(folder)], [['a'], 'a', ['lock']]);
  assert.equal(
    takeLock(path, 'b', () => false),
    undefined,
  );
  releaseLock(path, 'a');
  assert.equal(readLock(path), 'b');
  releaseLock(path, 'b');
  assert.deepEqual(readdirSync(folder), []);
});

test('a lock in a folder that is not there is an error of the system', async (t) => {
  await assert.rejects(
    withLock(join(temporary(t), 'nowhere', 'lock'), async () => {}),
    { code: 'ENOENT' },
  );
});
