import assert from 'node:assert/strict';
import { existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readJson } from '../../src/files/json.js';
import { temporary } from '../support.js';

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
    assert.throws(() => readJson(join(folder, 'endless')), { message: 'it is a device; give a regular file' });
  }
});
