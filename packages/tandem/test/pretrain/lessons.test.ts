import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import test, { after, before } from 'node:test';
import { type DataSet, type ImageSet, imageBytes, openImages } from '../../src/images/index.js';
import { type Lessons, lessonsOf, type RunConfig, resolveConfig } from '../../src/pretrain/index.js';
import { pictures, temporary } from '../cli/running.js';

const root = temporary({ after });
const [whole, apart] = [join(root, 'whole'), join(root, 'apart')];

before(async () => {
  await pictures(whole, 40, ['blue', 'green', 'red']);
  for (const [part, count] of [
    ['train', 20],
    ['test', 10],
  ] as const)
    await pictures(join(apart, part), count, ['blue', 'red']);
});

const open = (images: string) => openImages(images, { size: 8, seed: 5 });
const learned = (images: string, data: DataSet, settings: Record<string, unknown>): Lessons =>
  lessonsOf(resolveConfig({ images, seed: 3, ...settings }) as RunConfig, data);
const imitating = { method: 'simclr-v2', teacher: 'runs/tuned' };
const pixelsOf = (set: ImageSet, i: number) =>
  Buffer.from((set.pixels as Uint8Array).subarray(i * imageBytes(set), (i + 1) * imageBytes(set))).toString('hex');
const folderOf = (file: string | undefined) =>
  dirname(file as string)
    .split('/')
    .at(-1);

/** Rows whose label is known; each must be what the image's folder says. */
function labelledRows({ set, classes }: Lessons): number[] {
  const { labels = [], files = [] } = set;
  const rows = [...labels.keys()].filter((i) => labels[i] !== -1);
  for (const i of rows) assert.equal(classes?.[labels[i] as number], folderOf(files[i]), files[i]);
  return rows;
}

test('a teacher is asked about all images; labels stand beside the chosen ones alone, and beside none that is a query', async () => {
  const data = await open(whole);
  const { bank, queries } = data as Required<DataSet>;
  assert.deepEqual([data.train.count, bank.count, queries.count], [120, 108, 12]);
  // Images to learn from begin with the bank and end with the queries, pixel for pixel.
  for (let i = 0; i < bank.count; i++) assert.equal(data.train.files?.[i], bank.files?.[i]);
  const asked = new Set(queries.files);
  for (const share of [0.25, 1]) {
    const lessons = learned(whole, data, { ...imitating, labels: share });
    const rows = labelledRows(lessons);
    assert.deepEqual([lessons.set.count, rows.length], [120, 108 * share]);
    for (const i of rows) {
      assert.ok(!asked.has(lessons.set.files?.[i] as string));
      assert.equal(lessons.set.labels?.[i], bank.labels?.[i]);
      assert.equal(pixelsOf(lessons.set, i), pixelsOf(bank, i));
    }
  }
});

test('learning from labels alone sees the chosen images alone', async () => {
  const data = await open(whole);
  const lessons = learned(whole, data, { method: 'supervised', labels: 0.25 });
  assert.deepEqual([lessons.set.count, labelledRows(lessons).length], [27, 27]);
  assert.ok(lessons.set.files?.every((file) => !data.queries?.files?.includes(file)));
});

test('a test folder is not learned from', async () => {
  const data = await open(apart);
  const lessons = learned(apart, data, { ...imitating, labels: 0.5 });
  assert.deepEqual([lessons.set.count, labelledRows(lessons).length], [40, 20]);
  assert.ok(lessons.set.files?.every((file) => !file.includes('test')));
});

test('without a share of labels none is at hand', async () => {
  const data = await open(whole);
  for (const settings of [imitating, { method: 'simclr' }]) {
    const { set, classes } = learned(whole, data, settings);
    assert.deepEqual([set.count, set.labels, classes], [120, undefined, undefined]);
  }
});
