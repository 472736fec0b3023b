import assert from 'node:assert/strict';
import { existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { linesOf, readJson } from '../../src/files/json.js';
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
    assert.throws(() => reading(text), { message: /^it is not JSON: line 1, column \d+: [^\n]+$/ });
  assert.throws(() => reading('['.repeat(5e5)), { message: 'it is not JSON' });
  assert.throws(() => reading(`{"a": "${'x'.repeat(2 ** 20)}"}`), { message: 'it is larger than 1 MiB' });
  assert.throws(() => readJson(join(folder, 'none')), { code: 'ENOENT' });
  if (existsSync('/dev/zero')) {
    symlinkSync('/dev/zero', join(folder, 'endless'));
    assert.throws(() => readJson(join(folder, 'endless')), { message: 'it is a device; give a regular file' });
  }
});

test('what is wrong with JSON is told by line, column and word', (t) => {
  const file = join(temporary(t), 'x.json');
  const faults: [text: string, fault: string][] = [
    ['{\n  "a": 1,\n}', 'line 2, column 9: a comma with nothing after it'],
    ['{"a": [1, 2,\n  ]}', 'line 1, column 12: a comma with nothing after it'],
    ['{\n  "a": 1\n  "b": 2\n}', 'line 3, column 3: a comma is missing'],
    ['{"a" 1}', 'line 1, column 6: a colon is missing'],
    [
      '{"a": True}',
      'line 1, column 7: a word that is neither true, false nor null; texts and names stand in double quotes',
    ],
    ['// why\n{"a": 1}', 'line 1, column 1: a comment, which JSON has none of'],
    ['{"a": 1', 'line 1, column 8: a } is missing'],
    ['{"a": "x}', 'line 1, column 7: a text without its closing quote'],
    ['{} {}', 'line 1, column 4: more after the end'],
  ];
  for (const [text, fault] of faults) {
    writeFileSync(file, text);
    assert.throws(() => readJson(file), { name: 'UserError', message: `it is not JSON: ${fault}` });
  }
});

test('lines are read one by one, wherever the pieces that are read end', (t) => {
  const file = join(temporary(t), 'lines');
  const lines = Array.from({ length: 5000 }, (_, i) => `${i} ${'ä€'.repeat(i % 200)}`);
  for (const [text, expected] of [
    [`${lines.join('\n')}\n`, lines],
    [lines.join('\n'), lines],
    [`${'x'.repeat(3 * 2 ** 20)}\n\nlast\n`, ['x'.repeat(3 * 2 ** 20), '', 'last']],
    ['', []],
  ] as const) {
    writeFileSync(file, text);
    assert.deepEqual([...linesOf(file)], expected);
  }
  assert.throws(() => [...linesOf(`${file}-none`)], { code: 'ENOENT' });
});
