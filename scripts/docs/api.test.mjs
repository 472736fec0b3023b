import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { root } from '../run.mjs';
import { publicNames } from './api.mjs';

const groups = publicNames();
const names = groups.flatMap((group) => group.names);
const page = readFileSync(join(root, 'docs/reference/typescript.md'), 'utf8');

describe('the public names', () => {
  test('of the package are those that the reference lists, no more and no fewer', async () => {
    const exported = Object.keys(await import(join(root, 'packages/tandem/dist/src/index.js')));
    const listed = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    assert.deepEqual(listed.sort(), exported.sort());
  });

  test('and types are listed once each, in a group that says what it is for', () => {
    assert.equal(new Set(names.map(({ name }) => name)).size, names.length);
    for (const { title, purpose, names } of groups) assert.ok(purpose.endsWith('.') && names.length > 0, title);
    const types = [...page.matchAll(/^\| types \| (.*) \|$/gm)].flatMap(([, row]) => row.match(/\w+/g) ?? []);
    assert.deepEqual(types.sort(), names.flatMap(({ name, isType }) => (isType ? [name] : [])).sort());
  });

  test('say what they are', () => {
    assert.deepEqual(
      names.filter(({ summary }) => summary === '').map(({ name }) => name),
      [],
    );
  });

  test('have members that say what they are', () => {
    assert.deepEqual(
      names.flatMap(({ name, silent }) => silent.map((member) => `${name}.${member}`)),
      [],
    );
  });
});
