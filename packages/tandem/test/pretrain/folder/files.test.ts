import assert from 'node:assert/strict';
import fs, { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { appendWhole, readJson, writeWhole } from '../../../src/pretrain/folder/files.js';
import { temporary } from '../../support.js';

/**
 * Makes one of Node's file functions fail from its `from`-th call on, after it has done half of its
 * work where it writes.
 */
function failing(t: TestContext, name: 'writeSync' | 'fsyncSync' | 'ftruncateSync' | 'renameSync', from = 1): void {
  const own = fs[name] as (...args: unknown[]) => unknown;
  let calls = 0;
  fs[name] = ((...args: unknown[]) => {
    calls += 1;
    if (calls < from) return own(...args);
    if (name === 'writeSync') own(args[0], (args[1] as Buffer).subarray(0, 3), 0, 3, args[4] ?? null);
    throw Object.assign(new Error(`EIO: i/o error, ${name}`), { code: 'EIO', syscall: name });
  }) as never;
  syncBuiltinESMExports();
  t.after(() => mend());
  function mend() {
    fs[name] = own as never;
    syncBuiltinESMExports();
  }
}

for (const call of ['writeSync', 'fsyncSync'] as const) {
  test(`appending: where ${call} fails the file is as it was, and the next attempt does it`, async (t) => {
    const file = join(temporary(t), 'lines');
    assert.equal(appendWhole(file, 'one\n', 0), 4);
    await t.test('fails', (t) => {
      failing(t, call);
      assert.throws(() => appendWhole(file, 'two\n', 4), { code: 'EIO' });
    });
    assert.equal(readFileSync(file, 'utf8'), 'one\n');
    assert.equal(appendWhole(file, 'two\n', 4), 8);
    assert.equal(readFileSync(file, 'utf8'), 'one\ntwo\n');
  });
}

test('appending: where even cutting fails, the next attempt takes away what is left of the one before', async (t) => {
  const file = join(temporary(t), 'lines');
  appendWhole(file, 'one\n', 0);
  await t.test('fails', (t) => {
    failing(t, 'writeSync');
    failing(t, 'ftruncateSync', 2);
    assert.throws(() => appendWhole(file, 'two\n', 4), { code: 'EIO' });
  });
  assert.equal(readFileSync(file, 'utf8'), 'one\ntwo');
  assert.equal(appendWhole(file, 'three\n', 4), 10);
  assert.equal(readFileSync(file, 'utf8'), 'one\nthree\n');
});

test('appending never fills a file that became shorter with zeros', (t) => {
  const file = join(temporary(t), 'lines');
  writeFileSync(file, 'one\n');
  assert.equal(appendWhole(file, 'two\n', 400), 8);
  assert.equal(readFileSync(file, 'utf8'), 'one\ntwo\n');
});

for (const call of ['writeSync', 'fsyncSync', 'renameSync'] as const) {
  test(`writing whole: where ${call} fails the file before stays, and nothing beside it`, async (t) => {
    const folder = temporary(t);
    const file = join(folder, 'settings');
    writeWhole(file, 'before');
    await t.test('fails', (t) => {
      failing(t, call);
      assert.throws(() => writeWhole(file, 'after'), { code: 'EIO' });
    });
    assert.equal(readFileSync(file, 'utf8'), 'before');
    assert.deepEqual(readdirSync(folder), ['settings']);
    writeWhole(file, 'after');
    assert.equal(readFileSync(file, 'utf8'), 'after');
  });
}

test('JSON from outside: an object of a megabyte at most, whatever the file is', (t) => {
  const folder = temporary(t);
  const reading = (text: string | Buffer) => {
    writeFileSync(join(folder, 'x.json'), text);
    return readJson(join(folder, 'x.json'));
  };
  assert.deepEqual(reading('{"a": [1]}'), { a: [1] });
  const own = reading('{"__proto__": {"batch": 7}}');
  assert.deepEqual(Object.keys(own), ['__proto__']);
  assert.equal(own.batch, undefined);
  assert.deepEqual(Object.keys(reading(`{"a": ${'['.repeat(5e5)}${']'.repeat(5e5)}}`)), ['a']);
  for (const text of ['null', '[]', '1', '"x"'])
    assert.throws(() => reading(text), { name: 'UserError', message: /must be a JSON object/ });
  for (const text of ['', '{', '{"a":}', Buffer.from([0xff, 0])])
    assert.throws(() => reading(text), { message: 'it is not JSON' });
  assert.throws(() => reading(`{"a": "${'x'.repeat(2 ** 20)}"}`), { message: 'it is larger than 1 MiB' });
  assert.throws(() => readJson(join(folder, 'none')), { code: 'ENOENT' });
  if (existsSync('/dev/zero')) {
    symlinkSync('/dev/zero', join(folder, 'endless'));
    assert.throws(() => readJson(join(folder, 'endless')), { message: 'it is larger than 1 MiB' });
  }
});
