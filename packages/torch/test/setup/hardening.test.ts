import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findAddon } from '../../setup/places.mjs';
import { run, which } from '../../setup/run.mjs';

const hasReadelf = process.platform === 'linux' && which('readelf') !== null;

test('the addon is hardened', { skip: !hasReadelf && 'no readelf here' }, async () => {
  const { code, output } = await run('readelf', ['-dlW', '--dyn-syms', String(findAddon())]);
  assert.equal(code, 0, output);
  assert.match(output, /\(BIND_NOW\)/, 'addresses are settled when it is loaded');
  assert.match(output, /GNU_RELRO/, 'and read-only from then on');
  assert.match(output, /__stack_chk_fail/, 'functions see that their stack was overwritten');
  assert.match(output, /__mem\w+_chk/, 'the C library checks the sizes that the compiler knows');
});
