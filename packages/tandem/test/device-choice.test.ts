import assert from 'node:assert/strict';
import test from 'node:test';
import { capabilities } from 'tandem-torch';
import { chooseDevice, choosePrecision } from '../src/device.js';

const { cudaDevices, mps } = capabilities();

test('auto takes the best device there is', () => {
  assert.equal(chooseDevice('auto'), cudaDevices > 0 ? 'cuda' : mps ? 'mps' : 'cpu');
  assert.equal(chooseDevice('cpu'), 'cpu');
});

for (const name of ['cuda:99', 'cuda:-1', 'cuda:', 'cpu:0', 'cpu:1', 'gpu', 'CPU', '', ...(mps ? [] : ['mps'])]) {
  test(`'${name}' is no device`, () => {
    assert.throws(() => chooseDevice(name), { name: 'UsageError', message: /is not here; there is cpu/ });
  });
}

test('a precision that was asked for is taken', () => {
  assert.equal(choosePrecision('float32', 'cuda'), 'float32');
  assert.equal(choosePrecision('bfloat16', 'cpu'), 'bfloat16');
  assert.equal(choosePrecision('auto', 'cuda'), 'bfloat16');
  assert.equal(choosePrecision('auto', 'mps'), 'float32');
});
