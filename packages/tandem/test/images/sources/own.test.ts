import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { UserError } from '../../../src/errors.js';
import {
  bytesOf,
  type ImageSource,
  type IndexedImages,
  type OwnImage,
  openImages,
  type RawPixels,
  samplesOf,
  streamImages,
} from '../../../src/images/index.js';
import { Spool } from '../../../src/images/sources/spool.js';
import { png, temporary, write } from '../making.js';

/** Pictures of two classes, ten of each. */
async function pictures(): Promise<OwnImage[]> {
  const colours = Array.from({ length: 20 }, (_, i) => [10 * i, i % 2 ? 200 : 20, 90] as const);
  return Promise.all(
    colours.map(async (colour, i) => ({
      name: `${String(i).padStart(2, '0')}.png`,
      label: i % 2 ? 'odd' : 'even',
      image: await png(colour, 12),
    })),
  );
}

async function* oneByOne(images: readonly OwnImage[]): AsyncGenerator<OwnImage> {
  yield* images;
}

const source = (images: ImageSource['images']): ImageSource => ({ name: 'mine', images });

/** Samples of an image that are all different: channel, row and column can be read from them. */
function counted(width: number, height: number, channels: number, depth: 8 | 16 = 8): RawPixels {
  const data = new (depth === 16 ? Uint16Array : Uint8Array)(width * height * channels);
  for (let i = 0; i < data.length; i++) data[i] = depth === 16 ? 251 * i : i;
  return { data, width, height, channels };
}

async function failsWith(images: ImageSource['images'], message: RegExp): Promise<void> {
  await assert.rejects(openImages(source(images)), (error) => {
    assert.ok(error instanceof UserError, String(error));
    assert.match(error.message, message);
    assert.ok(!error.message.includes('\n'));
    return true;
  });
}

describe('images from code', () => {
  test('given one after another, they are what a folder of the same pictures is', async (t) => {
    const images = await pictures();
    const root = temporary(t);
    for (const { name = '', label, image } of images) write(root, `${label}/${name}`, image as Buffer);
    const folder = await openImages(root, { size: 8 });
    const sorted = images.toSorted((a, b) => (`${a.label}${a.name}` < `${b.label}${b.name}` ? -1 : 1));
    for (const given of [sorted, oneByOne(sorted), () => oneByOne(sorted)]) {
      const own = await openImages(source(given), { size: 8 });
      assert.deepEqual(own.train.classes, ['even', 'odd']);
      assert.deepEqual(own.train.labels, folder.train.labels);
      assert.deepEqual(own.queries?.labels, folder.queries?.labels);
      assert.ok(Buffer.from(bytesOf(own.train)).equals(bytesOf(folder.train)));
    }
  });

  test('what is given as test is asked, and not learned from', async () => {
    const images = (await pictures()).map((one, i) => ({ ...one, split: i < 14 ? 'train' : 'test' }) as const);
    const { train, reference, queries } = await openImages(source(images));
    assert.deepEqual([train.count, reference?.count, queries?.count], [14, 14, 6]);
    assert.equal(train, reference);
  });

  test('without names and labels they are numbered', async () => {
    const images = (await pictures()).map(({ image }) => ({ image }));
    const { train, queries } = await openImages(source(images));
    assert.deepEqual(train.files?.slice(0, 3), ['0', '1', '2']);
    assert.equal(queries, undefined);
  });

  test('pixels of five channels in 16 bits come out plane by plane, as they were given', async () => {
    const one = counted(4, 4, 5, 16);
    const { train } = await openImages(
      source([{ image: one }, { image: { ...one, data: one.data.slice().reverse() } }]),
    );
    assert.deepEqual([train.channels, train.depth, train.height, train.count], [5, 16, 4, 2]);
    const samples = samplesOf(bytesOf(train), train);
    const at = (c: number, i: number) => 251 * (5 * i + c);
    assert.deepEqual(
      Array.from(samples.subarray(0, 80)),
      Array.from({ length: 80 }, (_, i) => at(Math.floor(i / 16), i % 16)),
    );
    assert.equal(samples[80], at(4, 15));
  });

  test('pixels are brought to a side: halves are means by a triangle, the longer side is cut', async () => {
    const ramp = {
      data: Uint16Array.from({ length: 8 * 16 }, (_, i) => 1000 * (i % 16)),
      width: 16,
      height: 8,
      channels: 1,
    };
    const { train } = await openImages(source([{ image: ramp }]), { size: 4 });
    // The middle 8 of 16 columns; away from the borders a triangle keeps a ramp.
    const row = Array.from(samplesOf(bytesOf(train), train).subarray(0, 4));
    assert.deepEqual(row, [4500, 6500, 8500, 10500]);
  });

  test('a file, a URL of one, and one that is fetched are the same picture', async (t) => {
    const bytes = await png([1, 2, 3], 6);
    const file = write(temporary(t), 'a.png', bytes);
    const server = createServer((request, answer) => {
      answer.statusCode = request.url === '/a.png' ? 200 : 404;
      answer.end(bytes);
    });
    await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening));
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    const at = (name: string) => new URL(name, `http://127.0.0.1:${port}/`);
    const images = [
      bytes,
      new Uint8Array(bytes).buffer,
      file,
      pathToFileURL(file),
      at('a.png'),
      at('b.png'),
      at('a.png').href,
    ];
    const { train, skipped } = await openImages(source(images.map((image) => ({ image }))));
    assert.equal(train.count, 6);
    for (let i = 1; i < 6; i++) assert.ok(Buffer.from(bytesOf(train, 0, 1)).equals(bytesOf(train, i, i + 1)));
    assert.deepEqual(skipped, [{ file: '5', reason: `${at('b.png').href}: HTTP 404 Not Found` }]);
  });

  test('by number, with what is known of them told apart, none is read that is not used', async () => {
    const all = await pictures();
    const read: number[] = [];
    const images: IndexedImages = {
      count: all.length,
      about: (i) => ({ name: all[i]?.name, label: all[i]?.label }),
      at: async (i) => {
        read.push(i);
        return all[i] as OwnImage;
      },
    };
    const { train } = await openImages(source(images), { limit: 4, size: 8 });
    assert.equal(train.count, 4);
    assert.ok(new Set(read).size <= 4);
  });

  test('in a stream each comes as it would alone, also where formats change', async () => {
    const given = [counted(4, 4, 4), counted(4, 4, 4, 16), counted(4, 4, 1), counted(6, 3, 2)];
    const stream = await streamImages(source(given.map((image) => ({ image }))), { size: 16 });
    const seen: unknown[] = [];
    for await (const { set } of stream.chunks()) seen.push([...set.files, set.channels, set.depth, set.height]);
    assert.deepEqual(seen, [
      ['0', 4, undefined, 4],
      ['1', 4, 16, 4],
      ['2', 1, undefined, 4],
      ['3', 2, undefined, 19],
    ]);
  });
});

describe('images from code that are too many for the memory', () => {
  const open = (given: ImageSource, cache: string) => openImages(given, { memory: 0, cache });

  test('go to the cache, and are taken from it as long as they are the same', async (t) => {
    const cache = join(temporary(t), 'cache');
    const images = await pictures();
    const whole = await openImages(source(images));
    const once = await open(
      source(() => oneByOne(images)),
      cache,
    );
    assert.ok(Buffer.from(bytesOf(once.train)).equals(bytesOf(whole.train)));
    assert.match(once.note ?? '', /are kept in/);
    const pathOf = ({ train }: typeof once) => (train.pixels as { path?: string }).path;
    const again = await open(
      source(() => oneByOne(images)),
      cache,
    );
    assert.equal(pathOf(again), pathOf(once));
    const changed = [...images.slice(0, -1), { ...(images.at(-1) as OwnImage), image: await png([0, 0, 0], 12) }];
    const other = await open(source(changed), cache);
    assert.notEqual(pathOf(other), pathOf(once));
    assert.ok(!Buffer.from(bytesOf(other.train)).equals(bytesOf(once.train)));
  });

  test('by number they are taken from it as long as their version says so', async (t) => {
    const cache = join(temporary(t), 'cache');
    const all = await pictures();
    let reads = 0;
    const of = (version: string | undefined) =>
      source({
        count: all.length,
        version,
        about: (i) => ({ label: all[i]?.label }),
        at: (i) => {
          reads += 1;
          return all[i] as OwnImage;
        },
      });
    const readsOf = async (version: string | undefined) => {
      reads = 0;
      await open(of(version), cache);
      return reads;
    };
    assert.ok((await readsOf('1')) > 20);
    assert.equal(await readsOf('1'), 1); // the first one, for the side
    assert.ok((await readsOf('2')) > 20);
    assert.ok((await readsOf(undefined)) > 20);
    assert.ok((await readsOf(undefined)) > 20);
  });

  test('in 16 bits they come back from it as they were', async (t) => {
    const image = counted(4, 4, 3, 16);
    const given = source([{ image }, { image: { ...image, data: image.data.slice().reverse() } }]);
    const stored = await open(given, join(temporary(t), 'cache'));
    const held = await openImages(given);
    assert.equal(stored.train.depth, 16);
    assert.ok(Buffer.from(bytesOf(stored.train)).equals(bytesOf(held.train)));
  });

  test('what comes once is kept in a file beyond a limit', () => {
    const spool = new Spool(10);
    const given = [
      { input: Uint8Array.of(1, 2, 3) },
      { pixels: counted(2, 2, 2, 16) },
      { input: 'a/path' },
      { input: new Uint8Array(40).fill(7) },
      { reason: 'gone' },
      { pixels: counted(3, 1, 1) },
    ];
    for (const one of given) spool.add(one);
    given.forEach((one, i) => void assert.deepEqual(spool.read(i), one));
  });
});

describe('images from code that are not what they should be', () => {
  const good = () => pictures();

  test('a source that fails in the middle says after how many', async () => {
    const images = await good();
    await failsWith(
      (async function* () {
        yield* images.slice(0, 3);
        throw new Error('connection lost\nat some place');
      })(),
      /^the images 'mine' from code failed after 3: connection lost$/,
    );
  });

  test('a count that is too high, or is none', async () => {
    const images = await good();
    const at = (i: number) => images[i] as OwnImage;
    await failsWith({ count: 21, at }, /'mine' from code: number 20 must be \{ image.*got nothing$/);
    await failsWith({ count: -1, at }, /count must be a whole number, not -1$/);
    const failing = (i: number) => {
      if (i === 2) throw new Error('no such row');
      return at(i);
    };
    await failsWith({ count: 20, at: failing }, /number 2 failed: no such row$/);
  });

  test('two of one name, another split, and what is no image', async () => {
    const [one] = (await good()) as [OwnImage];
    await failsWith([one, one], /two images are called "00.png"$/);
    await failsWith([{ ...one, split: 'val' as 'test' }], /the split of "00.png" must be train or test, not "val"$/);
    await failsWith([{ image: 5 as unknown as string }], /number 0 must be \{ image/);
    await failsWith([], /no images/);
  });

  test('a picture that is broken, and pixels that do not agree with their size, are skipped with the reason', async () => {
    const images = await good();
    const bad: OwnImage[] = [
      { name: 'torn', image: (await png([1, 2, 3], 12)).subarray(0, 60) },
      { name: 'short', image: { ...counted(4, 4, 3), width: 5 } },
      { name: 'wide', image: counted(2, 2, 17) },
      { name: 'other', image: counted(12, 12, 4) },
    ];
    const { train, skipped } = await openImages(
      source([...images.map(({ image, name }) => ({ image, name })), ...bad]),
    );
    assert.equal(train.count, 20);
    const reasons = Object.fromEntries(skipped.map(({ file, reason }) => [file, reason]));
    assert.equal(reasons.short, '48 samples where 5 x 4 x 3 are told');
    assert.equal(reasons.wide, 'pixels of 17 channels, not 1 to 16');
    assert.equal(reasons.other, '4 channels of 8 bits, where the first image has 3 channels of 8 bits');
    assert.ok(reasons.torn);
  });
});
