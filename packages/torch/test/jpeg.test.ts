import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { jpegAddon } from '../setup/places.mjs';
import { runModule } from './setup/running.js';

const module = new URL('../src/jpeg.js', import.meta.url).href;
const load = `
  const { jpegDecoder } = await import(${JSON.stringify(module)});
  const decode = jpegDecoder();
  const { readFileSync } = await import('node:fs');
  const maps = process.platform === 'linux' ? readFileSync('/proc/self/maps', 'utf8') : '';
  console.log(typeof decode, maps.includes('libtorch'));`;

test('the decoder of JPEGs loads no libtorch', {
  skip: !existsSync(jpegAddon()) && 'SKIPPED: set-up found no libjpeg-turbo (apt-get install libjpeg-dev)',
}, () => {
  assert.equal(runModule(load, {}).output, 'function false\n');
});
