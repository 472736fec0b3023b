import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { faultsOf, slug } from './pages.mjs';

const folder = mkdtempSync(join(tmpdir(), 'pages-'));
after(() => rmSync(folder, { recursive: true }));

/** The faults of a page, without its path. @param {string} text */
function faults(text) {
  const page = join(folder, 'page.md');
  writeFileSync(page, text);
  return faultsOf(page).map((fault) => fault.slice(fault.indexOf('page.md') + 'page.md'.length));
}

describe('pages', () => {
  test('a line of 100 characters is fine, one of 101 is not, whatever its bytes', () => {
    assert.deepEqual(faults(`${'é'.repeat(100)}\n`), []);
    assert.deepEqual(faults(`first\n${'x'.repeat(101)}\n`), [':2: 101 columns']);
  });

  test('rows of tables and lines of one link may be longer', () => {
    const long = 'x'.repeat(120);
    assert.deepEqual(faults(`| ${long} |\n\n- [a link](https://example.org/${long})\n`), []);
  });

  test('a link leads to a file, and to a heading of it', () => {
    writeFileSync(join(folder, 'other.md'), '# Other\n\n## What it `does`, and why\n');
    const good = '[a](other.md) [b](other.md#what-it-does-and-why) [c](https://example.org) [d](#here)\n\n# Here\n';
    assert.deepEqual(faults(good), []);
    assert.deepEqual(faults('[a](none.md)\n'), [':1: no file none.md']);
    assert.deepEqual(faults('\n[a](other.md#what)\n'), [':2: no heading other.md#what']);
  });

  test('what stands in code is no link', () => {
    assert.deepEqual(faults('`[a](none.md)`\n\n```md\n[a](none.md)\n```\n'), []);
  });

  test('anchors are those of GitHub', () => {
    assert.equal(slug('How good is it?'), 'how-good-is-it');
    assert.equal(slug('metrics.jsonl'), 'metricsjsonl');
    assert.equal(slug('The `--init` flag, [linked](x.md)'), 'the---init-flag-linked');
  });
});
