import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import sharp from 'sharp';
import { UserError } from '../../../src/errors.js';
import { bytesOf, type OpenOptions, openImages, TooManySkippedError } from '../../../src/images/index.js';
import { openFolder } from '../../../src/images/sources/folder.js';
import { apart, pixel, plain, png, tarOf, temporary, write, zipOf } from '../making.js';

type Colour = readonly [number, number, number];
const brickColour: Colour = [200, 100, 50];

async function refused(where: string, pattern: RegExp, options?: OpenOptions): Promise<void> {
  await assert.rejects(openImages(where, options), (error: Error) => {
    assert.ok(error instanceof UserError, error.stack);
    assert.match(error.message, pattern);
    assert.ok(!error.message.includes('\n'));
    return true;
  });
}

/** A folder of images, by path, of the given bytes. */
function folder(t: TestContext, files: Readonly<Record<string, Uint8Array | string>>): string {
  const root = temporary(t);
  for (const [path, bytes] of Object.entries(files)) write(root, path, bytes);
  return root;
}

/** `count` PNGs named 0.png ... below a path. */
async function several(below: string, count: number, colour: Colour = brickColour): Promise<Record<string, Buffer>> {
  const bytes = await png(colour);
  return Object.fromEntries([...Array(count).keys()].map((i) => [`${below}${i}.png`, bytes]));
}

test('every format and kind of colour comes out as 8-bit RGB', async (t) => {
  const brick = plain(8, 8, brickColour);
  const gray = [128, 128, 128];
  const clear = brick.clone().ensureAlpha(0);
  const half = brick.clone().ensureAlpha(0.5);
  const kinds: Record<string, [Buffer, readonly number[]]> = {
    'rgb.png': [await brick.clone().png().toBuffer(), brickColour],
    'rgb16.png': [await brick.clone().toColourspace('rgb16').png().toBuffer(), brickColour],
    'palette.png': [await brick.clone().png({ palette: true }).toBuffer(), brickColour],
    'gray.png': [await brick.clone().toColourspace('b-w').png().toBuffer(), gray],
    'gray16.png': [await brick.clone().toColourspace('grey16').png().toBuffer(), gray],
    'clear.png': [await clear.clone().png().toBuffer(), [255, 255, 255]],
    'clear16.png': [await clear.clone().toColourspace('rgb16').png().toBuffer(), [255, 255, 255]],
    'clear.webp': [await clear.clone().webp({ lossless: true }).toBuffer(), [255, 255, 255]],
    'half.png': [await half.clone().png().toBuffer(), [228, 178, 153]],
    'gray-half.png': [await half.clone().toColourspace('b-w').png().toBuffer(), [191, 191, 191]],
    'rgb.JPG': [await brick.clone().jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer(), brickColour],
    'gray.jpeg': [await brick.clone().grayscale().jpeg({ quality: 100 }).toBuffer(), gray],
    'cmyk.jpg': [await brick.clone().toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer(), [199, 94, 21]],
    'lossless.webp': [await brick.clone().webp({ lossless: true }).toBuffer(), brickColour],
    'rgb.gif': [await brick.clone().gif().toBuffer(), brickColour],
    'rgb.tif': [await brick.clone().tiff().toBuffer(), brickColour],
    'lab.tiff': [await brick.clone().toColourspace('lab').tiff().toBuffer(), brickColour],
    'rgb.avif': [await brick.clone().avif({ lossless: true }).toBuffer(), brickColour],
  };
  const root = folder(t, Object.fromEntries(Object.entries(kinds).map(([name, [bytes]]) => [name, bytes])));
  const { train, skipped } = await openImages(root);
  assert.deepEqual(skipped, []);
  assert.deepEqual([train.count, train.channels, train.height], [Object.keys(kinds).length, 3, 8]);
  for (const [i, name] of (train.files ?? []).entries()) {
    const wanted = kinds[name]?.[1] ?? [];
    for (const [y, x] of [
      [0, 0],
      [7, 7],
    ] as const) {
      const got = pixel(train, i, y, x);
      assert.ok(apart(got, wanted) <= 3, `${name}: ${got}, expected ${wanted}`);
    }
  }
});

test('planes are planes: a picture comes out pixel by pixel', async (t) => {
  const raw = Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => (i * 37) % 256);
  const bytes = await sharp(raw, { raw: { width: 8, height: 8, channels: 3 } })
    .png()
    .toBuffer();
  const { train } = await openImages(folder(t, { 'a.png': bytes }));
  for (let y = 0; y < 8; y++) {
    for (let x = 0; x < 8; x++)
      assert.deepEqual(pixel(train, 0, y, x), [...raw.subarray((y * 8 + x) * 3, (y * 8 + x) * 3 + 3)]);
  }
});

test('pictures are turned as their EXIF data say', async (t) => {
  const left = await plain(4, 8, [250, 0, 0]).png().toBuffer();
  const picture = await plain(8, 8, [0, 0, 250])
    .composite([{ input: left, left: 0, top: 0 }])
    .png()
    .toBuffer();
  const turned = (orientation: number) => sharp(picture).withMetadata({ orientation }).png().toBuffer();
  const { train } = await openImages(
    folder(t, { '1.png': await turned(1), '3.png': await turned(3), '6.png': await turned(6) }),
  );
  const isRed = (image: number, y: number, x: number) => (pixel(train, image, y, x)[0] as number) > 128;
  assert.deepEqual([isRed(0, 4, 0), isRed(0, 4, 7)], [true, false]);
  assert.deepEqual([isRed(1, 4, 0), isRed(1, 4, 7)], [false, true]);
  assert.deepEqual([isRed(2, 0, 4), isRed(2, 7, 4)], [true, false]);
});

test('of an animation the first frame counts', async (t) => {
  const frames = await Promise.all([png(brickColour), png([0, 250, 0]), png([0, 0, 250])]);
  const animated = () => sharp(frames, { join: { animated: true } });
  const files = {
    'a.gif': await animated().gif().toBuffer(),
    'b.webp': await animated().webp({ lossless: true }).toBuffer(),
  };
  assert.equal((await sharp(files['a.gif']).metadata()).pages, 3);
  const { train } = await openImages(folder(t, files));
  assert.deepEqual([train.count, train.height], [2, 8]);
  for (const i of [0, 1]) assert.ok(apart(pixel(train, i, 3, 3), brickColour) <= 3);
});

test('small squares of one size keep it; anything else becomes 96, or the size asked for', async (t) => {
  const side = async (files: Readonly<Record<string, Buffer>>, size?: number) => {
    const { train } = await openImages(folder(t, files), { size });
    assert.equal(bytesOf(train).length, train.count * 3 * train.height * train.width);
    return [train.count, train.height, train.width];
  };
  assert.deepEqual(
    await side({ 'a.png': await png(brickColour, 128), 'b.png': await png(brickColour, 128) }),
    [2, 128, 128],
  );
  assert.deepEqual(await side({ 'a.png': await png(brickColour, 129) }), [1, 96, 96]);
  assert.deepEqual(
    await side({ 'a.png': await png(brickColour, 32), 'b.png': await png(brickColour, 33) }),
    [2, 96, 96],
  );
  assert.deepEqual(await side({ 'a.png': await plain(32, 40, brickColour).png().toBuffer() }), [1, 96, 96]);
  assert.deepEqual(await side({ 'a.png': await png(brickColour, 32) }, 20), [1, 20, 20]);
});

test('with a margin images come out larger than asked for, but small squares are never enlarged', async (t) => {
  const margin = 8 / 7;
  const sides = async (files: Readonly<Record<string, Buffer>>, size?: number) => {
    const data = await openImages(folder(t, files), { size, margin });
    return [data.train.height, data.size];
  };
  const wide = await plain(300, 200, brickColour).png().toBuffer();
  assert.deepEqual(await sides({ 'a.png': wide }, 224), [256, 224]);
  assert.deepEqual(await sides({ 'a.png': wide }), [110, 96]);
  assert.deepEqual(await sides({ 'a.png': await png(brickColour, 32) }, 32), [32, 32]);
  assert.deepEqual(await sides({ 'a.png': await png(brickColour, 32) }, 64), [32, 64]);
  assert.deepEqual(await sides({ 'a.png': await png(brickColour, 64) }, 32), [37, 32]);
  assert.deepEqual(await sides({ 'a.png': await png(brickColour, 64) }), [64, 64]);
});

test('the shorter side is brought to size, then the centre cut out, after turning', async (t) => {
  const centre = await plain(100, 100, [0, 200, 0]).png().toBuffer();
  const wide = plain(300, 100, [200, 0, 0]).composite([{ input: centre, left: 100, top: 0 }]);
  const upright = await sharp(await wide.clone().png().toBuffer())
    .withMetadata({ orientation: 6 })
    .png()
    .toBuffer();
  const { train } = await openImages(folder(t, { 'a.png': await wide.png().toBuffer(), 'b.png': upright }), {
    size: 50,
  });
  for (const image of [0, 1]) {
    for (const [y, x] of [
      [0, 25],
      [49, 25],
      [25, 2],
      [25, 47],
    ] as const) {
      assert.ok(apart(pixel(train, image, y, x), [0, 200, 0]) < 40, `${image} ${y} ${x}: ${pixel(train, image, y, x)}`);
    }
  }
});

test('classes, held-out queries, and how they fit together', async (t) => {
  const files = { ...(await several('b/', 20, [0, 0, 200])), ...(await several('a/', 30, [200, 0, 0])) };
  const { train, reference, queries, note } = await openImages(folder(t, files));
  assert.deepEqual([train.count, reference?.count, queries?.count], [50, 45, 5]);
  assert.deepEqual(train.classes, ['a', 'b']);
  assert.match(note ?? '', /every tenth image of each class \(5 of 50\) is held out as k-NN queries/);
  assert.ok(reference && queries);
  assert.deepEqual([...(train.files ?? [])].sort(), Object.keys(files).sort());
  assert.equal(new Set([...(reference.files ?? []), ...(queries.files ?? [])]).size, 50);
  assert.equal(bytesOf(queries).buffer, bytesOf(train).buffer);
  for (const set of [train, reference, queries]) {
    for (let i = 0; i < set.count; i++) {
      const red = set.labels?.[i] === 0;
      assert.deepEqual(pixel(set, i, 0, 0), red ? [200, 0, 0] : [0, 0, 200]);
      assert.equal(set.files?.[i]?.startsWith('a/'), red);
    }
  }
  assert.deepEqual(
    [0, 1].map((label) => queries.labels?.filter((l) => l === label).length),
    [3, 2],
  );
});

test('a split is kept: learn and remember train, ask test', async (t) => {
  const files = {
    ...(await several('set/train/a/', 3)),
    ...(await several('set/train/b/', 3)),
    ...(await several('set/test/a/', 1, [1, 2, 3])),
    ...(await several('set/test/b/', 1, [4, 5, 6])),
  };
  const { train, reference, queries, note } = await openImages(folder(t, files));
  assert.deepEqual([train.count, reference === train, queries?.count, note], [6, true, 2, undefined]);
  assert.deepEqual(queries?.files, ['set/test/a/0.png', 'set/test/b/0.png']);
  assert.deepEqual(queries && pixel(queries, 1, 0, 0), [4, 5, 6]);
});

test('without labels there is no reference, and the note says how to give them', async (t) => {
  const root = folder(t, await several('', 3));
  const { name, train, reference, queries, note } = await openImages(root);
  assert.deepEqual(
    [name, train.count, reference, queries, train.labels],
    [basename(root), 3, undefined, undefined, undefined],
  );
  assert.match(note ?? '', /put the images of each class/);
});

test('a limit is even over the classes, given by the seed, and opens only what it needs', async (t) => {
  const root = folder(t, { ...(await several('a/', 40)), ...(await several('b/', 10)) });
  const opened: number[] = [];
  const onProgress = (_done: number, total: number | undefined, what: string) => {
    if (what === 'decoding') opened.push(total as number);
  };
  const { train, reference, queries } = await openImages(root, { limit: 20, onProgress });
  assert.deepEqual([...new Set(opened)], [20]);
  assert.deepEqual([train.count, reference?.count, queries?.count], [20, 18, 2]);
  assert.equal(train.labels?.filter((l) => l === 0).length, 10);
  const again = await openImages(root, { limit: 20 });
  assert.deepEqual([again.train.files, again.queries?.files], [train.files, queries?.files]);
  assert.notDeepEqual((await openImages(root, { limit: 20, seed: 1 })).train.files, train.files);
});

test('one bad file among good ones is skipped and named', async (t) => {
  const good = await several('', 10);
  const photo = await sharp(Buffer.alloc(60 * 60 * 3, 90), { raw: { width: 60, height: 60, channels: 3 } })
    .jpeg()
    .toBuffer();
  const bad: Record<string, Uint8Array | string> = {
    text: 'not an image',
    empty: '',
    'cut jpeg': photo.subarray(0, photo.length * 0.7),
    'cut png': (good['0.png'] as Buffer).subarray(0, 60),
  };
  for (const [what, bytes] of Object.entries(bad)) {
    const { train, skipped } = await openImages(folder(t, { ...good, '5x.png': bytes }));
    assert.deepEqual([train.count, train.height], [10, 8], what);
    assert.deepEqual(
      skipped.map((skip) => skip.file),
      ['5x.png'],
      what,
    );
    assert.ok(skipped[0]?.reason && !skipped[0].reason.includes('\n'));
    assert.deepEqual(train.files, Object.keys(good).sort());
    for (let i = 0; i < 10; i++) assert.deepEqual(pixel(train, i, 7, 7), brickColour);
  }
});

test('a bad file first in line does not decide the size', async (t) => {
  const { train, skipped } = await openImages(folder(t, { ...(await several('', 3)), '!.jpg': 'x' }));
  assert.deepEqual([train.count, train.height, skipped.length], [3, 8, 1]);
});

test('a file cut short behind a whole header decides nothing: in memory, from caches, in either order', async (t) => {
  const large = await sharp(
    Buffer.from(Array.from({ length: 3 * 200 * 150 }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 24)),
    {
      raw: { width: 200, height: 150, channels: 3 },
    },
  )
    .png()
    .toBuffer();
  const cut = large.subarray(0, large.length >> 1);
  for (const bad of ['train/c0/!.png', 'train/c1/z.png', 'test/c0/!.png']) {
    const files: Record<string, Uint8Array> = { [bad]: cut };
    for (const half of ['train', 'test'])
      for (const c of ['c0', 'c1']) Object.assign(files, await several(`${half}/${c}/`, 4));
    const root = folder(t, files);
    const cache = temporary(t);
    for (const options of [{}, { memory: 1, cache }, { memory: 1, cache }]) {
      const { train, queries, size, skipped } = await openImages(root, { margin: 8 / 7, ...options });
      assert.deepEqual([train.height, queries?.height, size, skipped.length], [8, 8, 8, 1], bad);
    }
    // What is cached for small squares is not taken for images that are to be of the side that
    // others come to.
    const { train } = await openImages(root, { memory: 1, cache, size: 110 });
    assert.equal(train.height, 110);
  }
});

test('bad files among held-out ones leave labels and images together', async (t) => {
  const files: Record<string, Uint8Array | string> = {
    ...(await several('a/', 10, [10, 0, 0])),
    ...(await several('b/', 10, [20, 0, 0])),
  };
  for (const name of ['a/0.png', 'a/7.png', 'b/3.png']) files[name] = 'broken';
  const { train, reference, queries, skipped } = await openImages(folder(t, files));
  assert.equal(skipped.length, 3);
  assert.equal(train.count, 17);
  assert.equal((reference?.count ?? 0) + (queries?.count ?? 0), 17);
  for (let i = 0; i < 17; i++) assert.equal(pixel(train, i, 0, 0)[0], 10 * ((train.labels?.[i] as number) + 1));
});

test('many bad files are refused, with the count and the first of them', async (t) => {
  const good = await several('', 40);
  const bad = Object.fromEntries([...Array(6).keys()].map((i) => [`bad${i}.png`, 'no']));
  await refused(
    folder(t, { ...good, ...bad }),
    /6 of 46 images could not be decoded: bad0.png \(.*\), bad1.png .*, \.\.\.\. Repair or remove them, or allow more than maxSkipped=0\.05$/,
  );
  const few = folder(t, { ...good, 'bad.png': 'no' });
  assert.equal((await openImages(few)).skipped.length, 1);
  await assert.rejects(openImages(folder(t, { ...good, ...bad })), (error: Error) => {
    assert.ok(error instanceof TooManySkippedError);
    assert.deepEqual(error.skipped.map(({ file }) => file).sort(), Object.keys(bad).sort());
    return error.skipped.every(({ reason }) => reason !== '');
  });
  await refused(few, /1 of 41 images could not be decoded/, { maxSkippedShare: 0 });
  assert.equal((await openImages(folder(t, { ...good, ...bad }), { maxSkippedShare: 0.2 })).skipped.length, 6);
  await refused(folder(t, bad), /6 of 6 images could not be decoded/, { maxSkippedShare: 1 });
  await refused(folder(t, { 'a.png': 'no' }), /1 of 1 images could not be decoded/);
});

test('hidden files, other files and resource forks are passed over', async (t) => {
  const image = await png();
  const files = { 'a.png': image, '.b.png': image, '.git/c.png': image, '__MACOSX/a.png': image, 'notes.txt': 'x' };
  const { train, note } = await openImages(folder(t, { ...files, 'old.bmp': 'BM', 'older.BMP': 'BM' }));
  assert.deepEqual(train.files, ['a.png']);
  assert.match(note ?? '', /2 .bmp left out, as only jpg png webp gif tiff avif npy npz are read/);
});

test("a NAS's thumbnails and bins are no pictures and no classes, in folders and archives", async (t) => {
  const image = await png();
  const thumbnails = ['@eaDir/0.png/SYNOPHOTO_THUMB_M.jpg', '@eaDir/SYNOINDEX_MEDIA_INFO.png', '#recycle/0.png'];
  const files = ['cat', 'dog'].flatMap((name) => [
    ...[...Array(6).keys()].map((i) => `${name}/${i}.png`),
    ...thumbnails.map((path) => `${name}/${path}`),
  ]);
  const all = [...files, ...thumbnails];
  const entries = all.map((name) => ({ name, body: image }));
  const root = folder(t, Object.fromEntries(all.map((name) => [name, image])));
  const archives = temporary(t);
  const places = [root, write(archives, 'nas.tar', await tarOf(entries)), write(archives, 'nas.zip', zipOf(entries))];
  for (const place of places) {
    const { train, skipped } = await openImages(place);
    assert.deepEqual([train.count, train.classes, skipped], [12, ['cat', 'dog'], []], place);
    assert.ok(train.files?.every((file) => /^(cat|dog)\/\d\.png$/.test(file)));
  }
});

test('links are followed, though not in circles; one to nowhere is skipped', async (t) => {
  const root = folder(t, await several('here/', 6));
  const elsewhere = folder(t, await several('x/', 2));
  symlinkSync(join(elsewhere, 'x'), join(root, 'there'));
  symlinkSync(root, join(root, 'here', 'circle'));
  symlinkSync(join(root, 'nowhere'), join(root, 'here', 'lost.png'));
  const { train, skipped } = await openImages(root);
  assert.deepEqual([train.count, train.classes], [8, ['here', 'there']]);
  assert.deepEqual(
    skipped.map((skip) => skip.file),
    ['here/lost.png'],
  );
});

test('a folder that is linked twice counts twice, and links around each other end', async (t) => {
  const root = folder(t, { ...(await several('train/a/', 3)), ...(await several('train/b/', 3)) });
  symlinkSync('train', join(root, 'val'));
  const { train, queries } = await openImages(root);
  assert.deepEqual([train.count, queries?.count], [6, 6]);
  assert.deepEqual(queries?.files?.slice(0, 2), ['val/a/0.png', 'val/a/1.png']);
  const pair = folder(t, { ...(await several('a/', 1)), ...(await several('b/', 1)) });
  symlinkSync('../b', join(pair, 'a', 'other'));
  symlinkSync('../a', join(pair, 'b', 'other'));
  const { files } = (await openImages(pair)).train;
  assert.deepEqual([...(files ?? [])].sort(), ['a/0.png', 'a/other/0.png', 'b/0.png', 'b/other/0.png']);
});

test('names that are not UTF-8 lose no image, are shown with escapes, and come in one order', async (t) => {
  const root = folder(t, {
    ...(await several('a/', 3, [10, 0, 0])),
    'a/\\xE9.png': await png([50, 0, 0]),
    'a/ä\ufffd.png': await png([60, 0, 0]),
  });
  const bytes = (...parts: (string | number)[]) =>
    Buffer.concat(
      [`${root}/`, ...parts].map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part))),
    );
  const image = async (red: number, ...parts: (string | number)[]) =>
    writeFileSync(bytes(...parts), await png([red, 0, 0]));
  try {
    mkdirSync(bytes('caf', 0xe9));
  } catch {
    return t.skip('this file system takes UTF-8 names only');
  }
  await image(20, 'a/r', 0xe9, '.png');
  await image(30, 'a/r', 0xe8, '.png');
  await image(40, 'a/', 0xe9, '.png');
  await image(70, 'caf', 0xe9, '/0.png');
  await image(80, 'caf', 0xe9, '/ü.png');
  writeFileSync(bytes('caf', 0xe9, '/', 0xff, '.png'), 'This is no image.');
  symlinkSync(bytes('caf', 0xe9), join(root, 'linked'));
  for (const options of [{}, { memory: 1000, cache: temporary(t) }]) {
    const { train, skipped } = await openImages(root, options);
    const reds = [...(train.files ?? []).entries()].map(([i, file]) => [file, pixel(train, i, 0, 0)[0]]);
    assert.deepEqual(train.classes, ['a', 'caf\\xE9', 'linked']);
    assert.deepEqual(Object.fromEntries(reds), {
      'a/0.png': 10,
      'a/1.png': 10,
      'a/2.png': 10,
      'a/\\xE9.png': 50,
      'a/\\\\xE9.png': 40,
      'a/r\\xE8.png': 30,
      'a/r\\xE9.png': 20,
      'a/ä\ufffd.png': 60,
      'caf\\xE9/0.png': 70,
      'caf\\xE9/ü.png': 80,
      'linked/0.png': 70,
      'linked/ü.png': 80,
    });
    assert.deepEqual(skipped.map(({ file }) => file).sort(), ['caf\\xE9/\\xFF.png', 'linked/\\xFF.png']);
    assert.deepEqual((await openImages(root, options)).train.files, train.files);
  }
});

test('a missing folder, an empty one and one without images are told apart', async (t) => {
  const root = folder(t, await several('flowers/', 2));
  mkdirSync(join(root, 'empty'));
  write(root, 'texts/a.txt', 'a');
  write(root, 'maps/a.bmp', 'a');
  await refused(join(root, 'flower'), /flower: no such folder or archive. Did you mean 'flowers'\?/);
  await refused(join(root, 'no', 'where'), /There is no .*no either/);
  await refused(join(root, 'empty'), /empty: no images: it is empty. Expected files of these formats/);
  await refused(join(root, 'texts'), /texts: no images: its 1 files are of other kinds/);
  await refused(join(root, 'maps'), /1 .bmp left out, as only jpg/);
  await refused('fasion-mnist', /neither a data set \(cifar10, cifar100, stl10, .* Did you mean 'fashion-mnist'\?/);
});

test('options out of range are refused', async (t) => {
  const root = folder(t, await several('', 1));
  await refused(root, /size must be/, { size: 0 });
  await refused(root, /size must be/, { size: 1.5 });
  await refused(root, /limit must be/, { limit: 0 });
  await refused(root, /maxSkippedShare must be/, { maxSkippedShare: 2 });
});

test('opening can be stopped', async (t) => {
  const root = folder(t, await several('', 60));
  const stop = new AbortController();
  const onProgress = (done: number, _: number | undefined, what: string) => {
    if (what === 'decoding' && done === 5) stop.abort();
  };
  await assert.rejects(openImages(root, { onProgress, signal: stop.signal }), { name: 'AbortError' });
  await assert.rejects(openImages(root, { signal: AbortSignal.abort() }), { name: 'AbortError' });
  // A signal's reason has a code too, which is none of the disk's.
  const below = folder(t, { ...(await several('a/', 1)), ...(await several('b/', 1)) });
  await assert.rejects(openFolder(below, { signal: AbortSignal.abort() }), { name: 'AbortError' });
  const found = new AbortController();
  const whileListing = openFolder(below, { onFound: () => found.abort(), signal: found.signal });
  await assert.rejects(whileListing, { name: 'AbortError' });
});
