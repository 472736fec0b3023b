import assert from 'node:assert/strict';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findAddon } from '../../setup/places.mjs';
import { runModule, temporaryFolder } from './running.js';

const main = new URL('../../src/index.js', import.meta.url).href;
const firstUse = `
  const torch = await import(${JSON.stringify(main)});
  console.log('imported');
  try {
    console.log(torch.scope(() => torch.ones([2, 3]).sum().item()));
  } catch (error) {
    console.log(error.message);
  }`;

test('the package can be imported where there is no addon; its first use says what is wrong', () => {
  const { code, output } = runModule(firstUse, { TANDEM_ADDON: '/nowhere/engine.node' });
  assert.equal(code, 0, output);
  assert.equal(output, 'imported\nTANDEM_ADDON=/nowhere/engine.node is not there; correct or unset it\n');
});

test('an addon that does not load is named with its reason and the cure', () => {
  const broken = join(temporaryFolder(), 'broken.node');
  writeFileSync(broken, 'no library');
  const { output } = runModule(firstUse, { TANDEM_ADDON: broken });
  assert.match(output, /^imported\nthe native engine does not load: .*broken\.node.*; run `npx tandem setup`/);
});

test('TANDEM_ADDON names an addon from anywhere', () => {
  const copy = join(temporaryFolder(), 'elsewhere.node');
  copyFileSync(String(findAddon()), copy);
  assert.equal(runModule(firstUse, { TANDEM_ADDON: copy }).output, 'imported\n6\n');
});

test('a second copy of the package in one process is refused in one line', () => {
  const binding = new URL('../../src/binding.js', import.meta.url).href;
  const { code, output } = runModule(
    `${firstUse}
    const second = await import(${JSON.stringify(`${binding}?copy`)});
    try {
      second.binding.version();
    } catch (error) {
      console.log(error.message);
    }`,
    {},
  );
  assert.equal(code, 0, output);
  assert.match(output, /^imported\n6\ntandem-torch is here twice, in .* and .*; a process takes one of them\n$/);
});

test('a wrong number of threads is refused at the first use', () => {
  const { output } = runModule(firstUse, { TANDEM_THREADS: 'many' });
  assert.equal(output, "imported\nTANDEM_THREADS must be a whole number of at least 1, got 'many'\n");
});
