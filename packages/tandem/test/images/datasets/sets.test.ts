import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { UserError } from '../../../src/errors.js';
import { listed } from '../../../src/images/datasets/imagenet100/classes.js';
import { bytesOf, type ImageSet, type OpenOptions, openImages, PixelFile } from '../../../src/images/index.js';
import { resizeSet } from '../../../src/images/set/resize.js';
import { tarEntries } from '../../../src/images/sources/tar.js';
import { needs, pixel, png, sharedData, tarOf, temporary, write, zipOf } from '../making.js';

const unzipped = (name: string) => gunzipSync(readFileSync(join(sharedData, name)));

async function refused(name: string, dataRoot: string, pattern: RegExp): Promise<void> {
  await assert.rejects(openImages(name, { dataRoot, download: false }), (error: Error) => {
    assert.ok(error instanceof UserError, error.stack);
    assert.match(error.message, pattern);
    assert.ok(!error.message.includes('\n'));
    return true;
  });
}

/** Some files of a tar, by path. */
async function filesOf(tar: string, pattern: RegExp): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for await (const entry of tarEntries(join(sharedData, tar))) {
    if (pattern.test(entry.path)) files.set(entry.path, await entry.read());
  }
  return files;
}

const ten = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];
const cifar10Files = ['cifar-10-lossless-train-first4000.bin.gz', 'cifar-10-lossless-test-first1017.bin.gz'] as const;
const cifar100Files = [
  'cifar-100-lossless-train-first1117.bin.gz',
  'cifar-100-lossless-test-first916.bin.gz',
  'cifar-100-class-names.txt',
] as const;

test('CIFAR-10 from official pixels in its folder, each batch gzipped', needs(...cifar10Files), async (t) => {
  const root = temporary(t);
  const [train, test] = cifar10Files.map(unzipped) as [Buffer, Buffer];
  for (let i = 0; i < 5; i++) {
    const batch = train.subarray(i * 800 * 3073, (i + 1) * 800 * 3073);
    write(root, `cifar10/cifar-10-batches-bin/data_batch_${i + 1}.bin.gz`, gzipSync(batch, { level: 1 }));
  }
  write(root, 'cifar10/cifar-10-batches-bin/test_batch.bin', test);
  write(root, 'cifar10/cifar-10-batches-bin/batches.meta.txt', `${ten.join('\n')}\n`);
  const data = await openImages('cifar10', { dataRoot: root });
  assert.deepEqual([data.train.count, data.queries?.count, data.train.classes], [4000, 1017, ten]);
  // The first training image is known to be a frog, the first test image a cat.
  assert.deepEqual([...(data.train.labels ?? [])].slice(0, 5), [6, 9, 9, 4, 1]);
  assert.deepEqual([...(data.queries?.labels ?? [])].slice(0, 5), [3, 8, 8, 0, 6]);
  assert.deepEqual(pixel(data.train, 0, 0, 0), [59, 62, 63]);
  assert.deepEqual(pixel(data.train, 0, 31, 31), [123, 92, 72]);
  assert.match(data.note ?? '', /a part of CIFAR-10: 4000 of 50000 training images/);
});

test(
  'CIFAR-100 from official pixels: its tar.gz, tar and folder; fine labels count',
  needs(...cifar100Files),
  async (t) => {
    const [train, test] = cifar100Files.slice(0, 2).map(unzipped) as [Buffer, Buffer];
    const lines = readFileSync(join(sharedData, cifar100Files[2]), 'utf8').split('\n');
    const fine = lines.slice(1, 101).map((line) => line.split(' ')[1]);
    const entries = [
      { name: 'cifar-100-binary/train.bin', body: train },
      { name: 'cifar-100-binary/test.bin', body: test },
      { name: 'cifar-100-binary/fine_label_names.txt', body: `${fine.join('\n')}\n` },
      { name: 'cifar-100-binary/coarse_label_names.txt', body: 'fish\n' },
    ];
    const tar = await tarOf(entries);
    const roots = [temporary(t), temporary(t), temporary(t)] as const;
    write(roots[0], 'cifar-100-binary.tar.gz', gzipSync(tar, { level: 1 }));
    write(roots[1], 'cifar100/cifar-100-binary.tar', tar);
    for (const { name, body } of entries) write(roots[2], `cifar-100/${name}`, body);
    for (const dataRoot of roots) {
      const { name, train: set, queries } = await openImages('cifar100', { dataRoot });
      assert.deepEqual(
        [name, set.count, queries?.count, set.classes?.length, set.height],
        ['cifar100', 1117, 916, 100, 32],
      );
      assert.deepEqual([...(set.labels ?? [])].slice(0, 3), [19, 29, 0]); // cattle, dinosaur, apple
      for (const [i, y, x] of [
        [0, 0, 0],
        [500, 7, 30],
        [1116, 31, 31],
      ] as const) {
        assert.equal(set.labels?.[i], train[i * 3074 + 1]);
        const planes = [0, 1, 2].map((c) => train[i * 3074 + 2 + c * 1024 + y * 32 + x] as number);
        assert.deepEqual(pixel(set, i, y, x), planes);
      }
    }
  },
);

test('CIFAR-100 with records of the wrong length is refused', async (t) => {
  const root = temporary(t);
  write(root, 'cifar100/train.bin', Buffer.alloc(3073));
  write(root, 'cifar100/test.bin', Buffer.alloc(3074));
  const names = Array.from({ length: 100 }, (_, i) => `c${i}`).join('\n');
  write(root, 'cifar100/fine_label_names.txt', names);
  await refused('cifar100', root, /train.bin: 3073 bytes, expected a whole number of 3074-byte records/);
});

const images10 = 'cifar-10-images.tar.gz';
test('CIFAR-10 as images in class folders is met under its name, with a warning', needs(images10), async (t) => {
  const { name, train, queries, note, size } = await openImages('cifar10', { dataRoot: sharedData, limit: 50 });
  assert.deepEqual([name, train.name, train.count, queries?.count], ['cifar10', 'cifar10', 50, 50]);
  assert.deepEqual([train.height, size, train.classes], [32, 32, ten]);
  assert.match(note ?? '', /CIFAR-10 from the images in .*not those of the official pixels/);
  const root = temporary(t);
  for (const split of ['train', 'test']) {
    for (const label of ten) write(root, `cifar10/${split}/${label}/0001.png`, await png([9, 8, 7], 32));
  }
  const folder = await openImages('cifar10', { dataRoot: root });
  assert.deepEqual([folder.name, folder.train.count, folder.queries?.count], ['cifar10', 10, 10]);
});

const stlPart = 'stl-10-part.tar';

/**
 * STL-10's official files, from the part at hand: test as it is, 20 of unlabeled, and of these 10
 * as train.
 */
async function stl(): Promise<Record<string, Buffer>> {
  const files = await filesOf(stlPart, /\.bin$|class_names|unlabeled\/.*\.png$/);
  const named = (end: string) => [...files].find(([path]) => path.endsWith(end))?.[1] as Buffer;
  const pngs = [...files].filter(([path]) => path.endsWith('.png')).slice(0, 20);
  const columns = await Promise.all(
    pngs.map(async ([, body]) => {
      const raw = await sharp(body).removeAlpha().raw().toBuffer();
      const planes = Buffer.alloc(raw.length);
      for (let c = 0; c < 3; c++) {
        for (let y = 0; y < 96; y++) {
          for (let x = 0; x < 96; x++) planes[c * 9216 + x * 96 + y] = raw[(y * 96 + x) * 3 + c] as number;
        }
      }
      return planes;
    }),
  );
  return {
    'test_X.bin': named('test_X.bin'),
    'test_y.bin': named('test_y.bin'),
    'class_names.txt': named('class_names.txt'),
    'unlabeled_X.bin': Buffer.concat(columns),
    'train_X.bin': Buffer.concat(columns.slice(0, 10)),
    'train_y.bin': Buffer.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
  };
}

test(
  'STL-10: folder and archive, in memory and from the cache; columns come out as rows',
  needs(stlPart),
  async (t) => {
    const files = await stl();
    const [folder, archive, bare] = [temporary(t), temporary(t), temporary(t)] as const;
    for (const [name, body] of Object.entries(files)) write(folder, `stl10/stl10_binary/${name}`, body);
    const entries = Object.entries(files).map(([name, body]) => ({ name: `stl10_binary/${name}`, body }));
    write(archive, 'stl10_binary.tar.gz', gzipSync(await tarOf(entries), { level: 1 }));
    for (const [name, body] of Object.entries(files)) if (!name.startsWith('unlabeled')) write(bare, name, body);

    const original = [...(await filesOf(stlPart, /unlabeled\/.*\.png$/)).values()][7] as Buffer;
    const raw = await sharp(original).raw().toBuffer({ resolveWithObject: true });
    const inPng = (y: number, x: number) => [...raw.data.subarray((y * 96 + x) * raw.info.channels).subarray(0, 3)];
    const cases: [string, OpenOptions, number][] = [
      [folder, {}, 30],
      [archive, {}, 30],
      [folder, { memory: 1e6, cache: temporary(t) }, 30],
      [archive, { memory: 1e6, cache: temporary(t) }, 30],
      [bare, {}, 10],
    ];
    for (const [dataRoot, options, learned] of cases) {
      const { name, train, reference, queries, note } = await openImages('stl10', { dataRoot, ...options });
      assert.deepEqual(
        [name, train.count, reference?.count, queries?.count, train.height, train.labels],
        ['stl10', learned, 10, 95, 96, undefined],
      );
      assert.deepEqual([...(reference?.labels ?? [])], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      assert.deepEqual(
        [...(queries?.labels ?? [])],
        [...(files['test_y.bin'] as Buffer)].map((label) => label - 1),
      );
      assert.equal(queries?.classes?.[0], 'airplane');
      for (const [y, x] of [
        [0, 0],
        [3, 90],
        [95, 10],
      ] as const) {
        assert.deepEqual(reference && pixel(reference, 7, y, x), inPng(y, x));
        assert.deepEqual(pixel(train, 7, y, x), inPng(y, x));
      }
      assert.match(
        note ?? '',
        new RegExp(`a part of STL-10: ${learned - 10} of 100000 unlabeled images, 10 of 5000 .*95 of 8000`),
      );
      assert.equal(/unlabeled_X.bin is missing/.test(note ?? ''), dataRoot === bare);
      assert.equal(/are kept in/.test(note ?? ''), options.memory !== undefined);
    }
  },
);

test('STL-10 at another size stays in the cache, and the reference is cut out of train', needs(stlPart), async (t) => {
  const dataRoot = temporary(t);
  const cache = temporary(t);
  for (const [name, body] of Object.entries(await stl())) write(dataRoot, `stl10/stl10_binary/${name}`, body);
  const own = await openImages('stl10', { dataRoot });
  for (const [options, side] of [
    [{ size: 64, margin: 8 / 7 }, 74],
    [{ size: 48 }, 48],
    [{ size: 112 }, 112],
    [{ size: 96, margin: 8 / 7 }, 96],
  ] as const) {
    const few = await openImages('stl10', { dataRoot, ...options });
    const many = await openImages('stl10', { dataRoot, memory: 1e5, cache, ...options });
    for (const data of [few, many]) {
      for (const part of ['train', 'reference', 'queries'] as const) {
        const set = data[part] as ImageSet;
        assert.deepEqual([set.height, set.width], [side, side]);
        assert.equal(set.pixels instanceof PixelFile, data !== few);
        assert.deepEqual(bytesOf(set), bytesOf(resizeSet(own[part] as ImageSet, side)));
      }
      const [train, reference] = [data.train.pixels, data.reference?.pixels];
      if (train instanceof Uint8Array) assert.equal(train.buffer, (reference as Uint8Array).buffer);
      else assert.equal(train.path, (reference as PixelFile).path);
      assert.equal(data.size, options.size);
    }
  }
  assert.equal(readdirSync(cache).length, 4);
  const limited = await openImages('stl10', { dataRoot, memory: 1e5, cache, size: 48, limit: 5 });
  assert.deepEqual([limited.train.count, limited.train.height, limited.reference?.count], [5, 48, 5]);
  assert.ok(limited.train.pixels instanceof PixelFile);
});

test('STL-10 with missing files, odd lengths or stray labels is refused', async (t) => {
  const image = Buffer.alloc(3 * 96 * 96);
  const good: Record<string, Buffer | string | undefined> = {
    'train_X.bin': image,
    'train_y.bin': Buffer.of(1),
    'test_X.bin': image,
    'test_y.bin': Buffer.of(2),
    'class_names.txt': ten.join('\n'),
  };
  const with_ = (changed: Record<string, Buffer | undefined>) => {
    const root = temporary(t);
    for (const [name, body] of Object.entries({ ...good, ...changed })) if (body) write(root, `stl10/${name}`, body);
    return root;
  };
  await refused('stl10', with_({ 'test_X.bin': undefined }), /test_X.bin: missing/);
  await refused('stl10', with_({ 'train_y.bin': undefined }), /train_y.bin: missing/);
  await refused('stl10', with_({ 'train_X.bin': image.subarray(1) }), /train_X.bin: 27647 bytes, .*27648-byte images/);
  await refused('stl10', with_({ 'test_y.bin': Buffer.of(0) }), /label 0 at place 0, expected 1 to 10/);
  await refused('stl10', with_({ 'test_y.bin': Buffer.of(1, 2) }), /2 labels, but test_X.bin has 1 images/);
  await refused(
    'stl10',
    with_({ 'class_names.txt': Buffer.alloc(2 ** 20 + 1, '\n') }),
    /class_names.txt: larger than 1.0 MiB/,
  );
  await refused('stl10', temporary(t), /stl10: not found: expected stl10_binary.tar.gz.*cs.stanford.edu/);
});

const tinyImageNet = 'tiny-imagenet-20.tar';
const classNames = ['n01443537', 'n01774384'];

/**
 * Two classes of Tiny ImageNet, ten training images each, all their val images, and a test image
 * without a class.
 */
async function tiny(): Promise<Map<string, Buffer>> {
  const all = await filesOf(tinyImageNet, /\/(n\d+_[0-9]\.JPEG|val_\d+\.JPEG|val_annotations\.txt|wnids\.txt)$/);
  const names = [...all.keys()].flatMap((path) => /train\/(n\d+)\//.exec(path)?.[1] ?? []);
  const [first, second] = [...new Set(names)].sort() as [string, string];
  classNames.splice(0, 2, first, second);
  const chosen = [first, second];
  const annotations = [...all.keys()].find((path) => path.endsWith('val_annotations.txt')) as string;
  const lines = (all.get(annotations) as Buffer).toString().split('\n');
  const kept = lines.filter((line) => chosen.includes(line.split('\t')[1] as string));
  const vals = new Set(kept.map((line) => line.split('\t')[0] as string));
  const files = new Map<string, Buffer>();
  for (const [path, body] of all) {
    const inside = path.replace(/^.*?tiny-imagenet-20\//, 'tiny-imagenet-200/');
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (chosen.some((wnid) => path.includes(`train/${wnid}/`)) || vals.has(name)) files.set(inside, body);
  }
  files.set('tiny-imagenet-200/val/val_annotations.txt', Buffer.from(`${kept.join('\n')}\n`));
  files.set('tiny-imagenet-200/test/images/test_0.JPEG', [...files.values()][0] as Buffer);
  return files;
}

test('Tiny ImageNet as zip, tar and folder: val has the classes of its annotations', needs(tinyImageNet), async (t) => {
  const files = await tiny();
  const entries = [...files].map(([name, body]) => ({ name, body }));
  const roots = [temporary(t), temporary(t), temporary(t), temporary(t)] as const;
  write(roots[0], 'tiny-imagenet-200.zip', zipOf(entries));
  write(roots[1], 'tiny-imagenet-200.tar', await tarOf(entries));
  write(roots[2], 'tiny-imagenet/tiny-imagenet-200.tar.gz', gzipSync(await tarOf(entries), { level: 1 }));
  for (const { name, body } of entries) write(roots[3], name, body);
  const annotated = new Map(
    (files.get('tiny-imagenet-200/val/val_annotations.txt') as Buffer)
      .toString()
      .trim()
      .split('\n')
      .map((line) => line.split('\t') as [string, string]),
  );
  let first: Uint8Array | undefined;
  for (const dataRoot of roots) {
    const { name, train, queries, skipped, note } = await openImages('tiny-imagenet', { dataRoot });
    assert.equal(note, 'a part of Tiny ImageNet: 20 of 100000 training images, 100 of 10000 images of val');
    assert.deepEqual(
      [name, train.count, queries?.count, train.height, train.classes, skipped],
      ['tiny-imagenet', 20, 100, 64, [...classNames].sort(), []],
    );
    for (const [i, file] of (queries?.files ?? []).entries()) {
      const wnid = annotated.get(file.slice(file.lastIndexOf('/') + 1));
      assert.equal(queries?.classes?.[queries.labels?.[i] as number], wnid);
    }
    for (const [i, file] of (train.files ?? []).entries()) {
      assert.ok(file.includes(train.classes?.[train.labels?.[i] as number] as string));
    }
    first ??= bytesOf(train);
    assert.deepEqual(bytesOf(train), first);
  }
});

/** A Tiny ImageNet of two classes, of which train has two images each, val three and test one. */
async function madeTiny(t: TestContext, annotations: string | undefined): Promise<string> {
  const root = temporary(t);
  const image = await png();
  const write_ = (path: string) => write(root, `tiny-imagenet-200/${path}`, image);
  for (const wnid of classNames) for (const i of [0, 1]) write_(`train/${wnid}/images/${wnid}_${i}.JPEG`);
  for (const i of [0, 1, 2]) write_(`val/images/val_${i}.JPEG`);
  write_('test/images/test_0.JPEG');
  if (annotations !== undefined) write(root, 'tiny-imagenet-200/val/val_annotations.txt', annotations);
  return root;
}

test('Tiny ImageNet whose val_annotations.txt is missing, empty or cut short is refused, naming it', async (t) => {
  const [a, b] = classNames as [string, string];
  const lines = [a, b, a].map((wnid, i) => `val_${i}.JPEG\t${wnid}\t0\t0\t62\t62\r\n`);
  const { queries } = await openImages('tiny-imagenet', { dataRoot: await madeTiny(t, lines.join('')) });
  assert.deepEqual([...(queries?.labels ?? [])], [0, 1, 0]);
  const cases: [string | undefined, RegExp][] = [
    [undefined, /tiny-imagenet-200: val\/val_annotations.txt is missing/],
    ['', /val\/val_annotations.txt names no image: 3 of the 3 images of val have no line in it/],
    [lines.slice(0, 2).join(''), /val\/val_annotations.txt is cut short .*: 1 of the 3 images of val have no line/],
    [lines.join('').slice(0, -20), /it has 'n\d*', which 'train' lacks\): .*or val_annotations.txt is damaged/],
  ];
  for (const [annotations, pattern] of cases) {
    const root = await madeTiny(t, annotations);
    await refused('tiny-imagenet', root, pattern);
    await assert.rejects(
      openImages('tiny-imagenet', { dataRoot: root }),
      (error: Error) => !/'test'/.test(error.message),
    );
  }
  const root = await madeTiny(t, lines[0]);
  await assert.rejects(openImages(join(root, 'tiny-imagenet-200')), /2 of the 3 images of val have no line/);
});

test('Tiny ImageNet without val says what there is, and what is asked', async (t) => {
  const root = await madeTiny(t, undefined);
  rmSync(join(root, 'tiny-imagenet-200/val'), { recursive: true });
  const { train, queries, note } = await openImages('tiny-imagenet', { dataRoot: root });
  assert.deepEqual([train.count, queries?.count], [4, 2]);
  assert.match(note ?? '', /every tenth image of each class \(2 of 4\) is held out as k-NN queries/);
  assert.match(note ?? '', /a part of Tiny ImageNet: 4 of 100000 training images, 0 of 10000 images of val/);
  assert.doesNotMatch(note ?? '', /'test'/);
});

test('the whole part of Tiny ImageNet: 20 classes, 500 and 50 images each', needs(tinyImageNet), async () => {
  const { train, queries, skipped } = await openImages('tiny-imagenet', { dataRoot: sharedData });
  assert.deepEqual([train.count, queries?.count, train.height, skipped.length], [10000, 1000, 64, 0]);
  for (let label = 0; label < 20; label++) {
    assert.equal(train.labels?.filter((l) => l === label).length, 500);
    assert.equal(queries?.labels?.filter((l) => l === label).length, 50);
  }
});

/** An ImageNet tree of the given classes, two images in train and one in val each. */
async function tree(t: TestContext, below: string, classes: readonly string[]): Promise<string> {
  const root = temporary(t);
  const image = await png();
  for (const wnid of classes) {
    for (const path of [`train/${wnid}/${wnid}_1.JPEG`, `train/${wnid}/${wnid}_2.JPEG`, `val/${wnid}/v.JPEG`]) {
      write(root, `${below}/${path}`, image);
    }
  }
  return root;
}

test('ImageNet-100: the classes of the list, of an ImageNet tree', async (t) => {
  const classes = ['n00000001', 'n00000002', 'n00000003', 'n00000004'];
  const root = await tree(t, 'imagenet', classes);
  write(root, 'imagenet/train/n00000004/broken.JPEG', 'not looked at');
  write(root, 'imagenet100.txt', 'n00000003 goldfish\n\nn00000001\n');
  const { name, train, queries, skipped } = await openImages('imagenet100', { dataRoot: root });
  assert.deepEqual(
    [name, train.classes, train.count, queries?.count, skipped],
    ['imagenet100', ['n00000001', 'n00000003'], 4, 2, []],
  );
  write(root, 'imagenet/imagenet100.txt', 'n00000002\nn00000009\n');
  await refused('imagenet100', root, /1 of the 2 classes of .*imagenet100.txt have no images: n00000009/);
});

test('a list of ImageNet-100 that is a folder, no text, or of fewer than two classes is refused', async (t) => {
  const root = await tree(t, 'imagenet', ['n00000001', 'n00000002']);
  const list = join(root, 'imagenet/imagenet100.txt');
  const cases: [Uint8Array | string, RegExp][] = [
    ['', /imagenet100.txt: names no class; expected two or more, one a line$/],
    ['\n  \n', /names no class/],
    ['n00000001\nn00000001\n', /names one class only; expected two or more, one a line$/],
    ['n1\0\nn2\n', /no UTF-8 text/],
    ['n1\x1b[31m\nn2\n', /imagenet100.txt: no UTF-8 text; expected one class a line$/],
    [Buffer.from([0x89, 0x50, 0x4e, 0x47, 10]), /no UTF-8 text/],
  ];
  for (const [bytes, pattern] of cases) {
    write(root, 'imagenet/imagenet100.txt', bytes);
    await refused('imagenet100', root, pattern);
  }
  rmSync(list);
  mkdirSync(list);
  await refused('imagenet100', root, /imagenet\/imagenet100.txt: no file; expected a list of classes, one a line$/);
  rmSync(list, { recursive: true });
  write(root, 'imagenet100.txt', '\ufeffn00000001\r\nn00000002\r\n');
  assert.equal((await openImages('imagenet100', { dataRoot: root })).train.count, 4);
});

test('ImageNet-100 without a list takes the usual 100 classes; without a tree says where it comes from', async (t) => {
  const root = await tree(t, 'imagenet100', ['n01558993', 'n00000001']);
  await refused('imagenet100', root, /99 of the 100 classes of ImageNet-100 have no images: n0\d+, /);
  await refused('imagenet100', temporary(t), /imagenet100: not found: expected an ImageNet tree.*on request at/);
});

test('ImageNet-100 with a val that is missing, flat or partial says what was found and what is asked', async (t) => {
  const root = await tree(t, 'imagenet', listed);
  const image = await png();
  write(root, 'imagenet/test/ILSVRC2012_test_00000001.JPEG', image);
  const val = join(root, 'imagenet/val');
  const noted = async (asked: number) => {
    const { train, queries, note = '' } = await openImages('imagenet100', { dataRoot: root });
    assert.deepEqual([train.count, queries?.count], [200, asked]);
    assert.doesNotMatch(note, /'test'/);
    return note;
  };
  const held = /every tenth image of each class \(100 of 200\) is held out as k-NN queries/;
  const part = (n: number) => `a part of ImageNet-100: 200 of 126689 training images, ${n} of 5000 images of val`;
  assert.equal(await noted(100), part(100));
  for (const wnid of listed.slice(60)) rmSync(join(val, wnid), { recursive: true });
  assert.equal(await noted(60), `val holds only 60 of the 100 classes; ${part(60)}`);
  rmSync(val, { recursive: true });
  const missing = await noted(100);
  for (const pattern of [held, /no images of these classes in .*imagenet\/val/]) assert.match(missing, pattern);
  assert.ok(missing.includes(part(0)));
  write(val, 'ILSVRC2012_val_00000001.JPEG', image);
  const flat = await noted(100);
  assert.match(flat, held);
  assert.match(flat, /'val' is not sorted into the classes of 'train' \(val\/ILSVRC2012_val_00000001.JPEG lies in no/);
});
