import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Layout, layoutOf } from '../../../src/images/collection/class-folders.js';
import { balanced, holdOut } from '../../../src/images/set/sampling.js';

const brief = ({ classes, train, queries, notes }: Layout) => ({
  classes,
  train: train.map((item) => `${item.path}=${item.label ?? '-'}`),
  queries: queries?.map((item) => `${item.path}=${item.label}`),
  notes,
});

test('loose images have no labels', () => {
  const { classes, train, queries, notes } = brief(layoutOf(['a.jpg', 'b.jpg']));
  assert.deepEqual([classes, train, queries], [undefined, ['a.jpg=-', 'b.jpg=-'], undefined]);
  assert.match(notes.join(), /no class labels; k-NN needs labels: put the images of each class into a folder/);
});

test('sub-folders are classes, sorted, at any depth below', () => {
  assert.deepEqual(brief(layoutOf(['zebra/1.jpg', 'ant/deep/er/2.jpg', 'Bee/3.jpg'])), {
    classes: ['Bee', 'ant', 'zebra'],
    train: ['zebra/1.jpg=2', 'ant/deep/er/2.jpg=1', 'Bee/3.jpg=0'],
    queries: undefined,
    notes: [],
  });
});

test('folders around everything are looked through', () => {
  const layout = brief(layoutOf(['all/pets/cat/1.jpg', 'all/pets/dog/2.jpg']));
  assert.deepEqual(
    [layout.classes, layout.train],
    [
      ['cat', 'dog'],
      ['all/pets/cat/1.jpg=0', 'all/pets/dog/2.jpg=1'],
    ],
  );
  assert.equal(layoutOf(['one/1.jpg', 'one/2.jpg']).classes, undefined);
});

test('images beside class folders make the whole unlabelled, and the note says so', () => {
  const layout = layoutOf(['1.jpg', 'cat/2.jpg', 'dog/3.jpg']);
  assert.equal(layout.classes, undefined);
  assert.match(layout.notes.join(), /1 of 3 images lie beside the folders/);
});

test('train and a test folder of any usual name are the split', () => {
  for (const name of ['test', 'val', 'valid', 'validation', 'Test']) {
    const layout = brief(layoutOf([`set/${name}/b/3.jpg`, 'set/train/a/1.jpg', 'set/train/b/2.jpg']));
    assert.deepEqual(layout, {
      classes: ['a', 'b'],
      train: ['set/train/a/1.jpg=0', 'set/train/b/2.jpg=1'],
      queries: [`set/${name}/b/3.jpg=1`],
      notes: [],
    });
  }
});

test('a class called train is no split', () => {
  assert.deepEqual(layoutOf(['bus/1.jpg', 'car/2.jpg', 'train/3.jpg']).classes, ['bus', 'car', 'train']);
});

test('a test folder that is not sorted into classes of train gives way to the next, or to none', () => {
  const train = ['train/a/1.jpg', 'train/b/2.jpg'];
  const next = brief(layoutOf(['test/9.jpg', ...train, 'val/a/3.jpg']));
  assert.deepEqual([next.queries, next.notes], [['val/a/3.jpg=0'], []]);
  const none = layoutOf([...train, 'val/images/3.jpg']);
  assert.equal(none.queries, undefined);
  assert.match(
    none.notes.join(),
    /'val' is not sorted into the classes of 'train' \(it has 'images', which 'train' lacks\)/,
  );
  assert.match(layoutOf([...train, 'test/3.jpg']).notes.join(), /test\/3.jpg lies in no class folder/);
});

test('what lies beside a split is left out and named', () => {
  const layout = layoutOf(['cover.jpg', 'test/a/1.jpg', 'train/a/2.jpg', 'train/b/3.jpg', 'unlabeled/4.jpg']);
  assert.equal(layout.train.length, 2);
  assert.match(layout.notes.join(), /beside 'train', images beside it, 'unlabeled' are not used/);
});

test('an unlabelled train folder leaves nothing to ask', () => {
  const layout = layoutOf(['test/1.jpg', 'train/2.jpg', 'train/3.jpg']);
  assert.deepEqual([layout.train.length, layout.queries, layout.classes], [2, undefined, undefined]);
  assert.match(layout.notes.join(' '), /no class labels.*'test' is not used/);
});

test('a limit draws evenly over classes, and a smaller one some of a larger one', () => {
  const labels = Int32Array.from({ length: 100 }, (_, i) => (i < 90 ? 0 : i < 97 ? 1 : 2));
  const of = (chosen: number[]) => [0, 1, 2].map((label) => chosen.filter((i) => labels[i] === label).length);
  assert.deepEqual(of(balanced(100, labels, 9, 0)), [3, 3, 3]);
  assert.deepEqual(of(balanced(100, labels, 30, 0)), [20, 7, 3]);
  const many = new Set(balanced(100, labels, 30, 0));
  assert.ok(balanced(100, labels, 9, 0).every((i) => many.has(i)));
  assert.deepEqual(balanced(100, labels, 9, 0), balanced(100, labels, 9, 0));
  assert.notDeepEqual(balanced(100, labels, 9, 0), balanced(100, labels, 9, 1));
  const loose = balanced(100, undefined, 10, 0);
  assert.deepEqual([loose.length, new Set(loose).size], [10, 10]);
  assert.deepEqual(
    loose,
    [...loose].sort((a, b) => a - b),
  );
});

test('every tenth image of each class is held out, at least one of two', () => {
  const sizes = [100, 25, 9, 2, 1];
  const labels = sizes.flatMap((size, label) => new Array<number>(size).fill(label));
  const { reference, queries } = holdOut(labels, 3);
  assert.deepEqual(
    sizes.map((_, label) => queries.filter((i) => labels[i] === label).length),
    [10, 2, 1, 1, 0],
  );
  assert.deepEqual(
    [...reference, ...queries].sort((a, b) => a - b),
    [...labels.keys()],
  );
  assert.deepEqual(holdOut(labels, 3), { reference, queries });
  assert.notDeepEqual(holdOut(labels, 4).queries, queries);
});
