import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { binding } from '../src/binding.js';

type Functions = Record<string, (...values: unknown[]) => unknown>;

/** How many arguments each function of the interface takes, as its source says. */
function declared(): Map<string, number> {
  const source = readFileSync(new URL('../../src/binding.ts', import.meta.url), 'utf8');
  const body = /export interface Binding \{\n(.*?)\n\}/s.exec(source)?.[1] ?? '';
  const signatures = body.matchAll(/^ {2}(\w+)\??\(([^)]*)\)/gm);
  return new Map([...signatures].map(([, name, list]) => [name as string, list?.match(/\w+:/g)?.length ?? 0]));
}

test('the addon has the functions of the interface, and no others', () => {
  assert.ok(binding.version(), 'loaded at its first use');
  assert.deepEqual(Object.keys(binding).sort(), [...declared().keys()].sort());
});

test('each takes as many arguments as the interface says, and refuses more and fewer', () => {
  const { call, ...functions } = binding as unknown as Functions;
  for (const [name, run] of Object.entries(functions)) {
    const count = declared().get(name) as number;
    for (const given of [count + 1, ...(count > 0 ? [count - 1] : [])]) {
      const expected = `wrong number of arguments: expected ${count}, got ${given}`;
      assert.throws(() => run(...new Array(given).fill(0)), { message: expected }, name);
    }
  }
});

test('a call of an operator takes no more arguments than the addon has room for', () => {
  assert.throws(() => binding.call(...(new Array(17).fill(0) as [number])), { message: 'too many arguments' });
});
