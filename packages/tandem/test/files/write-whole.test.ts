import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs, { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { beside } from '../../src/files/beside.js';
import { appendLine, appendWhole, writeNew, writeWhole } from '../../src/files/write-whole.js';
import { temporary } from '../support.js';

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

for (const call of ['writeSync', 'fsyncSync'] as const) {
  test(`writing new files: where ${call} fails at the second, none of them is there`, async (t) => {
    const folder = temporary(t);
    const write = () => writeNew([join(folder, 'one'), 'first'], [join(folder, 'two'), 'second']);
    await t.test('fails', (t) => {
      failing(t, call, 2);
      assert.throws(write, { code: 'EIO', path: join(folder, 'two') });
    });
    assert.deepEqual(readdirSync(folder), []);
    write();
    assert.deepEqual(readdirSync(folder), ['one', 'two']);
  });
}

test('writing new files never replaces one, also where only the second is there', (t) => {
  const folder = temporary(t);
  writeFileSync(join(folder, 'two'), 'mine');
  assert.throws(() => writeNew([join(folder, 'one'), '1'], [join(folder, 'two'), '2']), /two exists already/);
  assert.deepEqual(readdirSync(folder), ['two']);
  assert.equal(readFileSync(join(folder, 'two'), 'utf8'), 'mine');
});

test('what a dead process of this host left beside a file goes; what a living or another host left stays', (t) => {
  const folder = temporary(t);
  const file = join(folder, 'report.html');
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  const host = /report\.html\.(.*)\.\d+\.tmp$/.exec(beside(file))?.[1];
  const left = [`report.html.${host}.${dead}.tmp`, `report.html.${host}.1.tmp`, `report.html.other-host.${dead}.tmp`];
  for (const name of left) writeFileSync(join(folder, name), '');
  writeFileSync(join(folder, `mine.report.html.${host}.${dead}.tmp`), '');
  writeWhole(file, 'page');
  const stays = [left[1], left[2], `mine.report.html.${host}.${dead}.tmp`, 'report.html'];
  assert.deepEqual(readdirSync(folder).sort(), stays.sort());
});

test('adding a line: what is left of a last one goes, and each stands by itself', (t) => {
  const file = join(temporary(t), 'lines');
  appendLine(file, 'one');
  writeFileSync(file, 'one\ntw');
  appendLine(file, 'three');
  assert.equal(readFileSync(file, 'utf8'), 'one\nthree\n');
});
