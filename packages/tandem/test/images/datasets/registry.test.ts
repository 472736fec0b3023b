import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { dataSetNamed, dataSets, hintFor } from '../../../src/images/datasets/registry.js';
import { bytesOf, openImages } from '../../../src/images/index.js';

const fashionFolder = '/usr/share/datasets/fashion-mnist';

test('each name is known once, with a mean and a deviation for each channel', () => {
  assert.equal(new Set(dataSets).size, dataSets.length);
  for (const name of dataSets) {
    const set = dataSetNamed(name);
    assert.equal(set?.name, name);
    const { mean = [], std = [] } = set?.statistics ?? {};
    assert.equal(mean.length, std.length, name);
    assert.ok(mean.length === 1 || mean.length === 3, name);
    for (const value of [...mean, ...std]) assert.ok(value > 0.1 && value < 0.6, `${name}: ${value}`);
  }
  for (const name of ['', 'toString', 'CIFAR10', 'imagenet']) assert.equal(dataSetNamed(name), undefined);
});

test("Fashion-MNIST's constants are the mean and deviation of its training images", {
  skip: existsSync(fashionFolder) ? false : `${fashionFolder} is not installed`,
}, async () => {
  const { train } = await openImages('fashion-mnist', { dataRoot: '/usr/share/datasets' });
  const bytes = bytesOf(train);
  let sum = 0;
  let squares = 0;
  for (const byte of bytes) {
    sum += byte / 255;
    squares += (byte / 255) ** 2;
  }
  const mean = sum / bytes.length;
  const { statistics } = dataSetNamed('fashion-mnist') ?? {};
  assert.ok(Math.abs(mean - (statistics?.mean[0] ?? 0)) < 1e-3);
  assert.ok(Math.abs(Math.sqrt(squares / bytes.length - mean ** 2) - (statistics?.std[0] ?? 0)) < 1e-3);
});

test('files of a data set are told by their names, whatever lies beside them', () => {
  assert.match(hintFor(['a/data_batch_1.bin', 'a/readme.html']) ?? '', /Say cifar10/);
  for (const file of ['train-images-idx3-ubyte', 'x/train-images.idx3-ubyte.gz']) {
    assert.match(hintFor(['notes', file]) ?? '', /Say mnist or fashion-mnist/);
  }
  assert.equal(hintFor(['data_batch_1.bin.txt', 'train-images']), undefined);
});
