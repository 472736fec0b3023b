import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type DataSet, gather, type ImageSet, openImages, slice } from '../../src/images/index.js';
import { resolveConfig } from '../../src/pretrain/index.js';
import { selectTrainingData } from '../../src/pretrain/training-data.js';
import { pictures, temporary } from '../cli/running.js';
import { noise } from '../support.js';

const root = temporary({ after });
const [mixed, split] = [join(root, 'mixed'), join(root, 'split')];

before(async () => {
  mkdirSync(split);
  for (const folder of [mixed, join(split, 'train'), join(split, 'test')]) await pictures(folder, 20);
});

const config = (method: string, settings: object = {}) =>
  resolveConfig({
    images: 'x',
    batch: 4,
    seed: 5,
    method,
    ...(method === 'simclr-v2' && { teacher: 'x' }),
    ...settings,
  });
const filesOf = ({ files }: ImageSet) => files as readonly string[];
/** The class of an image as its own folder says. */
const classOf = (file: string) => dirname(file).split('/').at(-1) as string;
const told = ({ labels }: ImageSet) => [...(labels as Int32Array).keys()].filter((i) => labels?.[i] !== -1);

for (const [name, folder, images] of [
  ['a tenth of one folder is held out', () => mixed, 36],
  ['there are test images', () => split, 40],
] as const) {
  describe(`labels, where ${name}`, () => {
    for (const method of ['simclr-v2', 'supervised']) {
      test(`${method}: labels are those of the images' own folders, as many as asked for, and none is of a query`, async () => {
        const data = await openImages(folder(), { size: 16 });
        const shareOf = (labels: number) => 2 * Math.round((labels * images) / 2); // of two classes
        const queries = new Set(filesOf(data.queries as ImageSet));
        assert.ok(queries.size >= 4);
        const shown = [0.2, 0.5].map((labels) => {
          const { set, classes } = selectTrainingData(config(method, { labels }), data);
          assert.equal(set.count, method === 'supervised' ? shareOf(labels) : images);
          assert.equal(told(set).length, shareOf(labels));
          for (const i of told(set))
            assert.equal(classes?.[set.labels?.[i] as number], classOf(filesOf(set)[i] as string));
          assert.ok(filesOf(set).every((file) => !queries.has(file)));
          return told(set).map((i) => filesOf(set)[i] as string);
        }) as [string[], string[]];
        assert.ok(
          shown[0].every((file) => shown[1].includes(file)),
          'a smaller share is part of a larger one',
        );
      });
    }

    test('distillOn=labelled: the images alone whose labels are learned from', async () => {
      const data = await openImages(folder(), { size: 16 });
      const [all, some] = [{}, { distillOn: 'labelled' }].map(
        (more) => selectTrainingData(config('simclr-v2', { labels: 0.2, ...more }), data).set,
      ) as [ImageSet, ImageSet];
      const named = (set: ImageSet) => told(set).map((i) => filesOf(set)[i]);
      assert.deepEqual([some.count, told(some).length], [told(all).length, told(all).length]);
      assert.deepEqual(named(some).sort(), named(all).sort());
      assert.throws(
        () => config('simclr-v2', { distillOn: 'labelled' }),
        /distillOn=labelled: no labels are learned from/,
      );
    });

    test('without labels simclr-v2 sees no query either; a method of its own views sees all, and no label', async () => {
      const data = await openImages(folder(), { size: 16 });
      const [distilled, pretrained] = ['simclr-v2', 'simclr'].map(
        (method) => selectTrainingData(config(method), data).set,
      ) as [ImageSet, ImageSet];
      assert.deepEqual([distilled.labels, pretrained.labels], [undefined, undefined]);
      assert.deepEqual([distilled.count, pretrained.count], [images, 40]);
      const queries = new Set(filesOf(data.queries as ImageSet));
      assert.ok(filesOf(distilled).every((file) => !queries.has(file)));
    });
  });
}

describe('images to learn from that are others than those with labels', () => {
  const all = { ...noise(12, { channels: 3, side: 4 }), classes: ['a', 'b'] };
  const labels = Int32Array.from([0, 1, 0, 1]);
  const data: DataSet = {
    name: 'noise',
    train: slice(all, 0, 8),
    reference: { ...slice(all, 8, 10), labels: labels.subarray(0, 2) },
    queries: { ...slice(all, 10, 12), labels: labels.subarray(2) },
    skipped: [],
  };

  test('are all learned from without labels', () => {
    const { set } = selectTrainingData(config('simclr-v2'), data);
    const bytes = (some: ImageSet) => Buffer.from(gather(some, [...Array(some.count).keys()])).toString('hex');
    assert.equal(bytes(set), bytes(data.train));
  });

  test('have none to give', () => {
    assert.throws(() => selectTrainingData(config('simclr-v2', { labels: 1 }), data), {
      name: 'UserError',
      message: 'noise: labels are of other images than those learned from; give labels=0',
    });
  });
});
