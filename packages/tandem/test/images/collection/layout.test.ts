import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Layout, layoutOf } from '../../../src/images/collection/layout.js';
import { masksAmong } from '../../../src/images/collection/masks.js';
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
  assert.match(notes.join(), /no class labels; put the images of each class into a folder/);
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
  assert.match(
    layout.notes.join(),
    /learned from: 'train' \(2\); asked about: 'test' \(1\); not used: images beside it \(1\), 'unlabeled' \(1\)/,
  );
});

test('what is asked about is named where it is not plain, and a split with a slip is told how to be given', () => {
  const { notes } = layoutOf(tree(...product(['Training', 'Validation', 'holdout'], ['cat', 'dog'])));
  assert.deepEqual(notes, ["learned from: 'Training' (4); asked about: 'Validation' (4); not used: 'holdout' (4)"]);
  assert.deepEqual(layoutOf(tree(...product(['train', 'val'], ['cat', 'dog']))).notes, []);
  const slips = tree(...product(['trian', 'tset'], ['cat', 'dog', 'fox']));
  assert.match(layoutOf(slips).notes.join(), /if trian and tset are the split: --train trian --test tset/);
  assert.equal(layoutOf(slips, undefined, { train: 'trian', test: 'tset' }).queries?.length, 6);
  assert.deepEqual(layoutOf(tree('cat', 'dog')).notes, []);
});

test('an unlabelled train folder leaves nothing to ask', () => {
  const layout = layoutOf(['test/1.jpg', 'train/2.jpg', 'train/3.jpg']);
  assert.deepEqual([layout.train.length, layout.queries, layout.classes], [2, undefined, undefined]);
  assert.match(layout.notes.join(' '), /no class labels.*not used: 'test'/);
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

const counts = ({ classes, train, queries }: Layout) => [classes, train.length, queries?.length];
const tree = (...folders: string[]) => folders.flatMap((folder) => [`${folder}/1.jpg`, `${folder}/2.jpg`]);
const product = (outer: readonly string[], inner: readonly string[]) =>
  outer.flatMap((folder) => inner.map((name) => `${folder}/${name}`));

test('splits are known by their usual names, at any depth', () => {
  const pets = ['cat', 'dog'];
  const splits: [train: string[], asked: string[]][] = [
    [['Training'], ['Test']],
    [['training'], ['testing']],
    [['seg_train/seg_train'], ['seg_test/seg_test']],
    [['train.X1', 'train.X2'], ['val.X']],
    [['train2017'], ['val2017']],
    [['TRAIN'], ['valid']],
    [['train'], ['dev']],
    [['all/deep/training'], ['all/deep/evaluation']],
    [['train/images'], ['val']],
    [['bounding_box_train'], ['query']],
  ];
  for (const [train, asked] of splits) {
    const layout = layoutOf(tree(...product([...train, ...asked], pets)));
    assert.deepEqual(counts(layout), [pets, 4 * train.length, 4 * asked.length], train.join());
  }
  // The split may lie within the classes, and beside others.
  assert.deepEqual(counts(layoutOf(tree(...product(pets, ['train', 'test'])))), [pets, 4, 4]);
  const three = layoutOf(tree(...product(['train', 'dev', 'eval'], pets)));
  assert.deepEqual(counts(three), [pets, 4, 4]);
  assert.match(three.notes.join(), /learned from: 'train' \(4\); asked about: 'dev' \(4\); not used: 'eval' \(4\)/);
});

test('names of splits alone are never classes', () => {
  const pets = ['cat', 'dog'];
  const none = layoutOf(tree('bounding_box_train', 'bounding_box_test', 'query'));
  assert.deepEqual(counts(none), [undefined, 2, undefined]);
  assert.match(none.notes.join(), /no class labels.*not used: 'bounding_box_test' \(2\), 'query' \(2\)/);
  const together = layoutOf(tree(...product(['test', 'val'], pets)));
  assert.deepEqual(counts(together), [pets, 8, undefined]);
  assert.match(together.notes.join(), /no folder of training images: 'test' and 'val' are taken together/);
  assert.deepEqual(counts(layoutOf(tree('trainA', 'trainB', 'testA', 'testB'))), [undefined, 4, undefined]);
  assert.deepEqual(counts(layoutOf(tree('train/a', 'train/b', 'unlabeled'))), [['a', 'b'], 4, undefined]);
});

test('classes that merely sound like splits stay classes', () => {
  const things = ['ambulance', 'bullet_train', 'cab', 'dog', 'test_tube', 'zebra'];
  assert.deepEqual(layoutOf(tree(...things)).classes, things);
});

test('nested folders: the inner ones are classes where few outer ones hold the same, and the note tells', () => {
  const inner = ['bird', 'cat', 'dog'];
  const grid = layoutOf(tree(...product(['photos/a', 'photos/b'], inner)));
  assert.deepEqual(grid.classes, inner);
  assert.match(
    grid.notes.join(),
    /classes are the folders 'bird', 'cat', 'dog'; if they are 'a', 'b', give --classes level=2/,
  );
  const kinds = layoutOf(tree('cats/siamese', 'cats/manx', 'dogs/poodle', 'dogs/hound'));
  assert.deepEqual(kinds.classes, ['cats', 'dogs']);
  assert.match(kinds.notes.join(), /if they are 'hound', 'manx', 'poodle' and 1 more, give --classes level=2/);
});

test('the user decides classes and split', () => {
  const paths = tree('2023/cats/siamese', '2023/dogs/hound', '2024/cats/siamese', '2024/dogs/hound');
  const of = (choice: Parameters<typeof layoutOf>[2]) => counts(layoutOf(paths, undefined, choice, 'x'));
  assert.deepEqual(of({ classes: 'level=2' }), [['cats', 'dogs'], 8, undefined]);
  assert.deepEqual(of({ classes: 'level=-1' }), [['hound', 'siamese'], 8, undefined]);
  assert.deepEqual(of({ classes: '/(c|d)[^/]*/' }), [['c', 'd'], 8, undefined]);
  assert.deepEqual(of({ classes: 'none' }), [undefined, 8, undefined]);
  assert.deepEqual(of({ classes: 'level=2', test: '2024' }), [['cats', 'dogs'], 4, 4]);
  assert.deepEqual(of({ classes: 'level=2', train: '*/*/siamese/**', test: '2024/dogs' }), [['cats'], 4, undefined]);
  assert.throws(() => of({ classes: 'level=0' }), /1 is the outermost folder, -1 the innermost/);
  assert.throws(() => of({ classes: '(' }), /neither level=N, none nor a regular expression/);
  assert.throws(() => of({ classes: 'level=9' }), /names no class for 8 of 8 images, such as '2023/);
  assert.throws(() => of({ test: '2025' }), /x: --test '2025' fits no image; paths are like '2023/);
});

test('what files say of class and split is used where it is said of all', () => {
  const paths = ['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg'];
  const said = (label: string, split: string) => ({ label, split });
  const rows = [said('x', 'train'), said('y', 'train'), said('x', 'validation'), said('y', 'validation')];
  const layout = brief(layoutOf(paths, (path) => rows[paths.indexOf(path)]));
  assert.deepEqual(
    [layout.train, layout.queries],
    [
      ['a.jpg=0', 'b.jpg=1'],
      ['c.jpg=0', 'd.jpg=1'],
    ],
  );
  const some = layoutOf(paths, (path) => (path === 'a.jpg' ? { label: 'x' } : undefined));
  assert.match(some.notes.join(), /classes beside images are not used, as only 1 of 4 images have one/);
});

test('masks are told by their names where the image is there too', () => {
  const kept = ['a.jpg', 'b.jpg', 'only_mask.png', 'images/c.jpg', 'face mask/1.jpg'];
  const masks = ['a_mask.png', 'b-seg.png', 'b_mask_1.png', 'masks/c.png', 'masks/c_mask.png'];
  assert.deepEqual([...masksAmong([...kept, ...masks])], masks);
});
