import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Journal } from '../../../src/evaluate/embed/journal.js';
import { temporary } from '../../support.js';

const about = { encoder: 'e', images: 'i', fingerprint: 'f', total: 9, width: 2 };
const numbers = Float32Array.of(1, 2, 3, 4, 5, 6);

/** Three images a block, one of them unreadable, in two blocks. */
function journalIn(folder: string): Journal {
  const journal = new Journal(folder, about);
  for (const block of ['a', 'b']) {
    const entries = [0, 1, 2].map((i) => ({ file: `${block}${i}` }));
    journal.add([...entries, { file: `${block}x`, skipped: 'no picture' }], numbers);
  }
  return journal;
}

const state = (journal: Journal) => ({
  files: journal.entries.map(({ file }) => file),
  rows: [...journal.features()].flatMap((block) => [...block]),
  isDamaged: journal.isDamaged,
});
const [all, one] = [
  ['a0', 'a1', 'a2', 'ax', 'b0', 'b1', 'b2', 'bx'],
  ['a0', 'a1', 'a2', 'ax'],
];
const change = (file: string, by: (bytes: Buffer) => Buffer) => writeFileSync(file, by(readFileSync(file)));

for (const [name, damage, left] of [
  ['nothing', () => {}, all],
  ['a line without an end', (folder: string) => appendFileSync(join(folder, 'files.jsonl'), '{"file":"t'), all],
  ['rows without lines', (folder: string) => appendFileSync(join(folder, 'features.f32'), Buffer.alloc(5)), all],
] as const) {
  test(`a journal resumes after ${name}, which is no damage`, (t) => {
    const folder = join(temporary(t), 'part');
    journalIn(folder);
    damage(folder);
    const found = new Journal(folder, about);
    assert.deepEqual(state(found), { files: left, rows: [...numbers, ...numbers], isDamaged: false });
    found.add([{ file: 'c' }], Float32Array.of(7, 8));
    assert.deepEqual(state(new Journal(folder, about)).rows.slice(-2), [7, 8]);
  });
}

for (const [name, damage, left] of [
  ['numbers cut', (f: string) => change(join(f, 'features.f32'), (bytes) => bytes.subarray(0, 40)), one],
  ['numbers half zeroed', (f: string) => change(join(f, 'features.f32'), (bytes) => bytes.fill(0, 24)), one],
  [
    'a bit of the first number changed',
    (f: string) => change(join(f, 'features.f32'), (bytes) => bytes.fill(1, 0, 1)),
    [],
  ],
  ['numbers gone', (f: string) => rmSync(join(f, 'features.f32')), []],
  ['lines gone', (f: string) => rmSync(join(f, 'files.jsonl')), []],
  [
    'a name changed',
    (f: string) => change(join(f, 'files.jsonl'), (bytes) => Buffer.from(String(bytes).replace('b1', 'b9'))),
    one,
  ],
  [
    'a line damaged',
    (f: string) =>
      change(join(f, 'files.jsonl'), (bytes) => Buffer.from(String(bytes).replace('{"file":"b1', '\0'.repeat(10)))),
    one,
  ],
] as const) {
  test(`a damaged journal keeps the blocks before: ${name}`, (t) => {
    const folder = join(temporary(t), 'part');
    journalIn(folder);
    damage(folder);
    const found = new Journal(folder, about);
    assert.deepEqual(state(found), { files: left, rows: left.length > 0 ? [...numbers] : [], isDamaged: true });
    found.add([{ file: 'again' }], Float32Array.of(7, 8));
    assert.deepEqual(state(new Journal(folder, about)).files, [...left, 'again']);
  });
}

test('a journal of other images, or whose description is damaged, is left as it is', (t) => {
  const folder = join(temporary(t), 'part');
  journalIn(folder);
  assert.throws(() => new Journal(folder, { ...about, width: 3 }), /holds a part of other images .* or remove it$/);
  writeFileSync(join(folder, 'about.json'), '');
  assert.throws(() => new Journal(folder, about), /holds a part of other images .* or remove it$/);
  rmSync(join(folder, 'about.json'));
  mkdirSync(join(folder, 'about.json'));
  assert.throws(() => new Journal(folder, about), { code: 'EISDIR' });
  assert.equal(readFileSync(join(folder, 'features.f32')).length, 48);
});
