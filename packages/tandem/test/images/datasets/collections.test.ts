import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { bytesOf, openImages } from '../../../src/images/index.js';
import { needs, sharedData } from '../making.js';

const classNames = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

const unzipped = (name: string) => gunzipSync(readFileSync(join(sharedData, name)));

const cifar = 'cifar-10-images.tar.gz';
const officialOrder = 'cifar-10-official-order.txt.gz';
const lossless = 'cifar-10-lossless-train-first4000.bin.gz';

test(
  "CIFAR-10's JPEG images are the official ones, up to compression",
  needs(cifar, officialOrder, lossless),
  async () => {
    const { train, reference, queries, skipped, note } = await openImages(join(sharedData, cifar), { limit: 400 });
    assert.deepEqual([train.count, queries?.count, train.height, train.width], [400, 400, 32, 32]);
    assert.deepEqual([reference === train, skipped, note], [true, [], undefined]);
    assert.deepEqual(train.classes, classNames);
    for (const set of [train, queries]) {
      for (let label = 0; label < 10; label++) assert.equal(set?.labels?.filter((l) => l === label).length, 40);
    }
    const place = new Map(
      unzipped(officialOrder)
        .toString('utf8')
        .trim()
        .split('\n')
        .map((path, i) => [path, i]),
    );
    const official = unzipped(lossless);
    let compared = 0;
    for (const [i, file] of (train.files ?? []).entries()) {
      const index = place.get(file) as number;
      if (index >= 4000) continue;
      assert.equal(official[index * 3073], train.labels?.[i]);
      let error = 0;
      for (let k = 0; k < 3072; k++) {
        error += Math.abs((official[index * 3073 + 1 + k] as number) - (bytesOf(train)[i * 3072 + k] as number));
      }
      assert.ok(error / 3072 < 12, `${file}: mean error ${error / 3072}`);
      compared++;
    }
    assert.ok(compared >= 10, `${compared} compared`);
  },
);

test('Caltech-101: varied sizes, a split, some of them gray', needs('caltech-101-part.tar'), async () => {
  const { train, queries, skipped } = await openImages(join(sharedData, 'caltech-101-part.tar'), { size: 48 });
  assert.deepEqual([train.count, queries?.count, train.classes?.length, skipped.length], [576, 144, 24, 0]);
  assert.deepEqual([train.height, bytesOf(train).length], [48, 576 * 3 * 48 * 48]);
  const plane = 48 * 48;
  const isGray = (i: number) => {
    const at = i * 3 * plane;
    const red = bytesOf(train).subarray(at, at + plane);
    return [1, 2].every(
      (c) => Buffer.compare(red, bytesOf(train).subarray(at + c * plane, at + (c + 1) * plane)) === 0,
    );
  };
  const gray = [...Array(train.count).keys()].filter(isGray).length;
  assert.ok(gray > 10 && gray < 60, `${gray} gray`);
});

test('Imagenette: train and val, 224 becomes 96', needs('imagenette-224-part.tar'), async () => {
  const { train, queries } = await openImages(join(sharedData, 'imagenette-224-part.tar'), { limit: 40 });
  assert.deepEqual([train.count, queries?.count, train.classes?.length, train.height], [40, 40, 10, 96]);
});

test('STL-10: PNG images in folders of classes', needs('stl-10-part.tar'), async () => {
  const { train, queries } = await openImages(join(sharedData, 'stl-10-part.tar'));
  assert.deepEqual([train.count, queries?.count, train.classes?.length, train.height], [246, 26, 26, 96]);
});
