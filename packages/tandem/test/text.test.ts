import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markdown, markup, printable, printableJson } from '../src/text.js';

/** Every code of 16 bits, alone, and some beyond. */
const all = [...Array(0x1_0000).keys(), 0x1f600, 0x1fffe, 0x10ffff].map((code) => String.fromCodePoint(code));

/** Whether UTF-8 can hold a text: no half characters. */
const isWellFormed = (text: string) => Buffer.from(text).toString() === text;

test('what is shown has no control character, line break, turn of direction or half character', () => {
  const shown = printable(all.join(' '));
  // Said by number here: C0, delete, C1, separators, embeddings, isolates, noncharacters.
  const bad = (code: number) =>
    code < 0x20 ||
    (code >= 0x7f && code <= 0x9f) ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069) ||
    (code >= 0xfdd0 && code <= 0xfdef) ||
    (code & 0xfffe) === 0xfffe;
  for (const sign of shown) assert.ok(!bad(sign.codePointAt(0) as number), sign.codePointAt(0)?.toString(16));
  assert.ok(isWellFormed(shown));
  const kept = all.filter((sign) => printable(sign) === sign);
  assert.equal(kept.length, all.filter((sign) => !bad(sign.codePointAt(0) as number) && isWellFormed(sign)).length);
});

test('escapes are those of programming languages, and plain text stays', () => {
  assert.equal(
    printable('a\nb\r\t\x1b[31m\x9b\u2028\u202e\u{1fffe}\ud800'),
    'a\\nb\\r\\t\\x1b[31m\\x9b\\u{2028}\\u{202e}\\u{1fffe}\\u{d800}',
  );
  for (const text of ['naïve', '猫', '😀', 'שלום', 'C:\\cats', '']) assert.equal(printable(text), text);
});

test('JSON parses to the same value and has nothing that a terminal obeys', () => {
  const value = { [all.join('')]: all, nested: [1, null, true] };
  const text = printableJson(value);
  assert.equal(printable(text), text);
  assert.deepEqual(JSON.parse(text), value);
});

test('markup and Markdown are text to their readers', () => {
  assert.equal(markup(`<b title="x">'&\x1b</b>`), '&lt;b title=&quot;x&quot;&gt;&#39;&amp;\\x1b&lt;/b&gt;');
  assert.equal(
    markdown('a|b\n# *c* [d](e) <f> `g` h_i \\'),
    'a\\|b\\\\n\\# \\*c\\* \\[d\\](e) \\<f\\> \\`g\\` h\\_i \\\\',
  );
});
