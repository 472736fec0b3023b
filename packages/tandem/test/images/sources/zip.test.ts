import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { UserError } from '../../../src/errors.js';
import { openImages } from '../../../src/images/index.js';
import { crc32 } from '../../../src/images/sources/crc32.js';
import { pixel, png, temporary, write, type ZipEntry, zipOf } from '../making.js';

async function refused(where: string, pattern: RegExp): Promise<void> {
  await assert.rejects(openImages(where), (error: Error) => {
    assert.ok(error instanceof UserError, error.stack);
    assert.match(error.message, pattern);
    assert.ok(!error.message.includes('\n'));
    return true;
  });
}

/** Two classes of four, of which number i has i as its red. */
async function pets(): Promise<ZipEntry[]> {
  const entries: ZipEntry[] = [{ name: 'pets/', mode: 0o040755, stored: true }];
  for (const i of [3, 0, 2, 1]) {
    entries.push({ name: `pets/dog/${i}.png`, body: await png([i, 100, 0]) });
    entries.push({ name: `pets/cat/${i}.png`, body: await png([i, 0, 100]), stored: true });
  }
  return entries;
}

test('a zip is read like the folder it holds, packed or stored, whatever its name says', async (t) => {
  const zip = zipOf(await pets());
  const root = temporary(t);
  for (const name of ['a.zip', 'a.tar']) {
    const { name: called, train, queries } = await openImages(write(root, name, zip));
    assert.deepEqual([called, train.count, train.classes, queries?.count], ['a', 8, ['cat', 'dog'], 2]);
    for (let i = 0; i < 8; i++) {
      const number = Number(train.files?.[i]?.match(/(\d)\.png$/)?.[1]);
      assert.deepEqual(pixel(train, i, 4, 4), train.labels?.[i] === 0 ? [number, 0, 100] : [number, 100, 0]);
    }
  }
});

test('links, unsafe names, locked and overgrown files are named and not used; of one name the last counts', async (t) => {
  const red = await png([250, 0, 0]);
  const blue = await png([0, 0, 250]);
  const zip = zipOf([
    ...[...Array(12).keys()].map((i) => ({ name: `good${i}.png`, body: red })),
    { name: 'a.png', body: red },
    { name: '../up.png', body: red },
    { name: '/root.png', body: red },
    { name: 'x/../../far.png', body: red },
    { name: '..\\back.png', body: red },
    { name: 'C:\\drive.png', body: red },
    { name: 'link.png', body: 'a.png', mode: 0o120777, stored: true },
    { name: 'locked.png', body: red, flags: 0x801 },
    { name: 'huge.png', body: red, claims: 2 ** 31 },
    { name: '__MACOSX/a.png', body: 'resource fork' },
    { name: 'a.png', body: blue },
    { name: 'größe – 猫.png', body: blue },
  ]);
  const { train, skipped } = await openImages(write(temporary(t), 'odd.zip', zip), { maxSkippedShare: 0.5 });
  assert.equal(train.count, 14);
  assert.deepEqual(pixel(train, train.files?.indexOf('a.png') as number, 0, 0), [0, 0, 250]);
  assert.ok(train.files?.includes('größe – 猫.png'));
  const reasons = Object.fromEntries(skipped.map(({ file, reason }) => [file, reason]));
  const leads = 'a name that leads out of the archive';
  assert.deepEqual(reasons, {
    '../up.png': leads,
    '/root.png': leads,
    'x/../../far.png': leads,
    '../back.png': leads,
    'C:/drive.png': leads,
    'link.png': 'no file but a link',
    'locked.png': 'encrypted; unpack the zip with its password and give the folder',
    'huge.png': 'larger than 256 MiB',
  });
});

test('what unpacks to more than it said is cut off and named', async (t) => {
  const image = await png();
  const bomb = { name: 'bomb.png', body: Buffer.concat([image, Buffer.alloc(2_000_000)]), claims: image.length };
  const good = [...Array(10).keys()].map((i) => ({ name: `${i}.png`, body: image }));
  const { train, skipped } = await openImages(write(temporary(t), 'bomb.zip', zipOf([...good, bomb])));
  assert.equal(train.count, 10);
  assert.deepEqual([skipped.length, skipped[0]?.file], [1, 'bomb.png']);
  assert.match(skipped[0]?.reason ?? '', /cannot be unpacked \(too many bytes/);
});

test('an entry with one flipped byte is named and not used, stored or packed, though it decodes', async (t) => {
  const raw = Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => (i * 7919) % 251);
  const photo = await sharp(raw, { raw: { width: 32, height: 32, channels: 3 } })
    .jpeg()
    .toBuffer();
  const flipped = Buffer.from(photo);
  flipped[photo.length - 200] = (photo[photo.length - 200] as number) ^ 1;
  await sharp(flipped, { failOn: 'error' }).raw().toBuffer();
  const image = await png();
  const good = [...Array(10).keys()].map((i) => ({ name: `${i}.png`, body: image }));
  const zip = zipOf([...good, { name: 'photo.jpg', body: photo, stored: true }]);
  flipped.copy(zip, zip.indexOf(photo));
  const packed = zipOf([...good, { name: 'photo.jpg', body: photo }]);
  packed.writeUInt32LE(crc32(flipped), packed.lastIndexOf('PK\x01\x02') + 16);
  for (const bytes of [zip, packed]) {
    const { train, skipped } = await openImages(write(temporary(t), 'flipped.zip', bytes));
    assert.equal(train.count, 10);
    const reason = 'damaged: its CRC-32 is not the one that the zip says';
    assert.deepEqual(skipped, [{ file: 'photo.jpg', reason }]);
  }
});

test('an entry whose name is damaged, in the list or before its bytes, is named and not used', async (t) => {
  const image = await png();
  const entries = [...Array(20).keys()].map((i) => ({ name: `${i % 2 ? 'cat' : 'dog'}/${i}.png`, body: image }));
  for (const from of ['indexOf', 'lastIndexOf'] as const) {
    const zip = zipOf(entries);
    zip.write('bog', zip[from]('dog/8.png'));
    const { train, skipped } = await openImages(write(temporary(t), 'names.zip', zip));
    assert.equal(train.count, 19);
    const file = from === 'indexOf' ? 'dog/8.png' : 'bog/8.png';
    assert.deepEqual(skipped, [{ file, reason: 'damaged: the zip has another name before its bytes' }]);
  }
});

test('CRC-32 of the text whose sum is published', () => {
  assert.equal(crc32(Buffer.from('123456789')), 0xcbf4_3926);
  assert.equal(crc32(Buffer.alloc(0)), 0);
});

test('a zip that is cut short, damaged or empty is refused', async (t) => {
  const root = temporary(t);
  const zip = zipOf(await pets());
  for (const share of [0.2, 0.8, 0.99]) {
    await refused(write(root, 'cut.zip', zip.subarray(0, Math.floor(zip.length * share))), /cut.zip: cut short/);
  }
  const damaged = Buffer.from(zip);
  damaged.fill(0x55, damaged.indexOf('PK\x01\x02'), damaged.indexOf('PK\x01\x02') + 30);
  await refused(write(root, 'damaged.zip', damaged), /damaged.zip: damaged \(/);
  await refused(write(root, 'none.zip', zipOf([{ name: 'a.txt', body: 'a' }])), /no images: its 1 files are/);
  await refused(write(root, 'no.zip', zipOf([])), /no.zip: no images: it is empty/);
  const program = Buffer.concat([Buffer.from('MZ'), Buffer.alloc(2000, 7), zip]);
  await refused(
    write(root, 'self.zip', program),
    /self.zip: a program; where it is an archive that unpacks itself, give/,
  );
});

test('opening a zip can be stopped', async (t) => {
  const where = write(temporary(t), 'a.zip', zipOf(await pets()));
  const stop = new AbortController();
  const onProgress = (_done: number, _total: number | undefined, what: string) => {
    if (what === 'decoding') stop.abort();
  };
  await assert.rejects(openImages(where, { onProgress, signal: stop.signal }), { name: 'AbortError' });
});
