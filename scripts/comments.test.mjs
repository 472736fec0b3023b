import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkComments, longComments } from './comments.mjs';

const words = 'word '.repeat(21).trimEnd(); // 104 columns

/** @type {[name: string, path: string, text: string, lines: number[]][]} */
const cases = [
  ['a line comment', 'a.ts', `const a = 1;\n// ${words}\n`, [2]],
  ['a line of a block comment', 'a.cc', `/* short\n * ${words}\n */\nint a;\n`, [2]],
  ['a comment behind code', 'a.h', `int a = 1;${' '.repeat(80)}// far to the right\n`, [1]],
  ['a comment of Python', 'a.py', `a = 1\n  # ${words}\n`, [2]],
  ['a comment of exactly 100 columns', 'a.mjs', `// ${'x'.repeat(97)}\n// ${'x'.repeat(98)}\n`, [2]],
  ['nothing in long code', 'a.ts', `const a = '${words}';\n`, []],
  ['nothing in a long string that looks like a comment', 'a.ts', `const a = '// ${words}';\n`, []],
  ['nothing in a long address', 'a.ts', `// https://example.org/${'x'.repeat(100)}\n`, []],
];

for (const [name, path, text, lines] of cases) {
  test(`finds ${name}`, () => {
    assert.deepEqual(
      longComments(path, text).map((fault) => Number(fault.match(/:(\d+) /)?.[1])),
      lines,
    );
  });
}

test('all comments of the sources wrap', () => assert.deepEqual(checkComments(), []));
