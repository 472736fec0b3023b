import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { checkOut } from '../../src/files/out.js';
import { temporary } from '../support.js';

test('a place that can be written is left as it was', (t) => {
  const root = temporary(t);
  checkOut(join(root, 'a'));
  checkOut(join(root, 'new', 'newer', 'a'));
  assert.deepEqual(readdirSync(root), []);
});

test('what cannot be written is told with the true reason', (t) => {
  const root = temporary(t);
  writeFileSync(join(root, 'file'), '');
  assert.throws(() => checkOut(join(root, 'file')), /file exists already and is never overwritten/);
  assert.throws(() => checkOut(join(root, 'file', 'a')), /a cannot be written: a file stands .* \(ENOTDIR\)/);
  const locked = join(root, 'locked');
  mkdirSync(locked);
  chmodSync(locked, 0o500);
  if (process.getuid?.() !== 0) assert.throws(() => checkOut(join(locked, 'a')), /permission is denied \(EACCES\)/);
});

test('where the system makes no files, that is told', {
  skip: !existsSync('/proc/self') && 'there is no /proc here',
}, () => {
  assert.throws(() => checkOut('/proc/nope'), {
    message: '/proc/nope cannot be written: no file can be made in /proc',
  });
});
