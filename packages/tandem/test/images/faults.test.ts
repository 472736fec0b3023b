import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { openImages } from '../../src/images/index.js';
import { crc32, pixel, plain, png, tarOf, temporary, write } from './making.js';

/** Files in all; 20,000 are tried before a release. */
const total = Number(process.env.TANDEM_TEST_FAULTS ?? 600);

/** A PNG of a few bytes whose header says what size it is. */
function claiming(width: number, height: number): Buffer {
  const chunk = (type: string, body: Buffer) => {
    const all = Buffer.concat([Buffer.from(type), body]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(body.length);
    sum.writeUInt32BE(crc32(all));
    return Buffer.concat([length, all, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  const parts = [chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.alloc(1000))), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...parts]);
}

/** A photograph-like JPEG. */
async function photo(i: number): Promise<Buffer> {
  const raw = Uint8Array.from({ length: 48 * 40 * 3 }, (_, k) => (k * (i + 3)) % 251);
  return sharp(raw, { raw: { width: 48, height: 40, channels: 3 } })
    .jpeg()
    .toBuffer();
}

test(`${total} files of every fault among good ones: every good one is used, every bad one named`, async (t) => {
  const root = temporary(t);
  const whole = await Promise.all([...Array(20).keys()].map(photo));
  const blue = await png([0, 0, 200], 40);
  const webp = await sharp(blue).webp().toBuffer();
  const names = [
    'äöü é',
    '猫の写真',
    '🐈‍⬛',
    'e\u0301',
    'a b\tc',
    'quote\'s "two"',
    '%20[1]{2}',
    'line\nbreak',
    'Ω'.repeat(60),
  ];
  const good = new Set<string>();
  const bad = new Set<string>();
  const jpeg = (i: number) => whole[i % whole.length] as Buffer;
  const bytes: Record<string, (i: number) => Uint8Array | string> = {
    empty: () => '',
    text: () => 'This is no image.',
    html: () => '<!DOCTYPE html><html><body>404</body></html>',
    'first bytes': (i) => jpeg(i).subarray(0, 4 + (i % 300)),
    'cut in the middle': (i) => jpeg(i).subarray(0, Math.floor(jpeg(i).length * (0.4 + (i % 40) / 100))),
    'cut png': (i) => blue.subarray(0, blue.length - 13 - (i % 40)),
    'cut webp': (i) => webp.subarray(0, 20 + (i % 20)),
    noise: (i) => Uint8Array.from({ length: 500 }, (_, k) => (k * 7919 * (i + 1)) % 256),
    zeros: () => Buffer.alloc(4000),
    huge: () => claiming(60_000, 60_000),
    'too wide': () => claiming(2 ** 31 - 1, 1),
    'without pixels': () => claiming(0, 0),
    'of a zip': () => Buffer.from('504b0304140000000800', 'hex'),
  };
  const makers = Object.values(bytes);
  for (let i = 0; i < total; i++) {
    const name = `${String(i % 7)}/${names[i % names.length]} ${i}`;
    const fault = i % (makers.length + 8);
    if (fault < makers.length) {
      bad.add(`${name}.${['jpg', 'PNG', 'webp', 'gif', 'tiff'][i % 5]}`);
      write(root, [...bad].at(-1) as string, (makers[fault] as (i: number) => Buffer)(i));
    } else if (fault === makers.length) {
      bad.add(`${name}.jpg`);
      mkdirSync(join(root, `${name}.jpg`), { recursive: true });
    } else if (fault === makers.length + 1) {
      bad.add(`${name}.jpg`);
      mkdirSync(join(root, String(i % 7)), { recursive: true });
      const targets = [`${name.slice(2)}.jpg`, '/nowhere/at all.jpg', '/proc/self/mem'];
      symlinkSync(targets[i % 3] as string, join(root, `${name}.jpg`));
    } else {
      // Good, though every other has another format's ending.
      good.add(`${name}.${fault % 2 ? 'jpg' : 'png'}`);
      write(root, [...good].at(-1) as string, fault % 3 ? blue : jpeg(i));
    }
  }
  symlinkSync('.', join(root, 'circle'));
  execFileSync('mkfifo', [join(root, 'pipe.jpg')]);
  bad.add('pipe.jpg');

  const { train, skipped } = await openImages(root, { size: 16, maxSkippedShare: 0.9 });
  assert.deepEqual([...(train.files ?? [])].sort(), [...good].sort());
  assert.deepEqual(skipped.map(({ file }) => file).sort(), [...bad].sort());
  for (const { file, reason } of skipped) assert.ok(reason !== '' && !reason.includes('\n'), `${file}: ${reason}`);
  const blues = [...(train.files ?? []).keys()].filter((i) => (pixel(train, i, 8, 8)[2] as number) > 190);
  assert.ok(blues.length > good.size / 3);
  await assert.rejects(openImages(root, { size: 16 }), /images could not be decoded: /);
});

test('each reason is that of its own file, however many fail side by side', async (t) => {
  const brick = plain(40, 40, [200, 100, 50]);
  const cut = (bytes: Buffer) => bytes.subarray(0, bytes.length / 2);
  const noise = sharp(
    Uint8Array.from({ length: 40 * 40 * 3 }, (_, k) => (k * 7919) % 251),
    {
      raw: { width: 40, height: 40, channels: 3 },
    },
  );
  const faults: Record<string, [Uint8Array, RegExp]> = {
    jpg: [cut(await noise.clone().jpeg().toBuffer()), /jpeg/i],
    png: [cut(await noise.clone().png().toBuffer()), /png/i],
    webp: [cut(await noise.clone().webp().toBuffer()), /webp/i],
    gif: [cut(await noise.clone().gif().toBuffer()), /gif/i],
    tif: [(await noise.clone().tiff().toBuffer()).subarray(0, -4), /tiff/i],
    avif: [cut(await noise.clone().avif().toBuffer()), /heif/i],
    txt: [Buffer.from('This is no image.'), /^not an image/],
    huge: [claiming(60_000, 60_000), /pixel limit/],
  };
  const root = temporary(t);
  const archived: { name: string; body: Uint8Array }[] = [];
  for (let i = 0; i < 15; i++) {
    for (const [kind, [body]] of Object.entries(faults)) archived.push({ name: `${i}.${kind}.png`, body });
    archived.push({ name: `good${i}.png`, body: await brick.clone().png().toBuffer() });
  }
  for (const { name, body } of archived) write(root, name, body);
  const tar = write(temporary(t), 'a.tar', await tarOf(archived));
  for (const where of [root, tar]) {
    const { train, skipped } = await openImages(where, { size: 16, maxSkippedShare: 0.95 });
    assert.deepEqual([train.count, skipped.length], [15, 120]);
    for (const { file, reason } of skipped) {
      const [, kind = ''] = file.split('.');
      assert.match(reason, faults[kind]?.[1] as RegExp, file);
    }
    for (const kind of Object.keys(faults)) {
      const reasons = skipped.filter(({ file }) => file.includes(`.${kind}.`)).map(({ reason }) => reason);
      assert.deepEqual([...new Set(reasons)], reasons.slice(0, 1), kind);
    }
  }
});

test('beyond a thousand failures the reason is left open, and said to be', async (t) => {
  const root = temporary(t);
  for (let i = 0; i < 1020; i++) write(root, `${i}.png`, 'This is no image.');
  for (let i = 0; i < 20; i++) write(root, `good${i}.png`, await png());
  const { train, skipped } = await openImages(root, { maxSkippedShare: 0.99 });
  assert.deepEqual([train.count, skipped.length], [20, 1020]);
  const open = skipped.filter(({ reason }) => /^could not be decoded; the reasons of the first 1,000/.test(reason));
  const told = skipped.filter(({ reason }) => /^not an image/.test(reason));
  // What was in hand when the thousandth failed is still told.
  assert.ok(told.length >= 1000 && told.length < 1010, `${told.length}`);
  assert.equal(open.length + told.length, 1020);
});

test('a file and a folder that may not be read are named, and the rest is used', async (t) => {
  const root = temporary(t);
  const image = await png();
  for (let i = 0; i < 20; i++) write(root, `${i}.png`, image);
  write(root, 'locked.png', image);
  write(root, 'shut/1.png', image);
  chmodSync(join(root, 'locked.png'), 0);
  chmodSync(join(root, 'shut'), 0);
  // The superuser may read everything: be somebody else for a moment.
  const isRoot = process.getuid?.() === 0;
  chmodSync(root, 0o755);
  if (isRoot) process.seteuid?.(65534);
  const opened = openImages(root).finally(() => {
    if (isRoot) process.seteuid?.(0);
    chmodSync(join(root, 'shut'), 0o700);
  });
  const { train, skipped } = await opened;
  assert.equal(train.count, 20);
  assert.deepEqual(skipped.map(({ file }) => file).sort(), ['locked.png', 'shut']);
  assert.match(skipped.find(({ file }) => file === 'shut')?.reason ?? '', /a folder that cannot be read \(EACCES\)/);
});

test('a bomb in an archive: gigabytes claimed by a few bytes are refused, and nothing is written', async (t) => {
  const image = await png();
  const good = [...Array(10).keys()].map((i) => ({ name: `${i}.png`, body: image }));
  const bombs = [
    { name: 'wide.png', body: claiming(100_000, 100_000) },
    { name: 'tall.gif', body: Buffer.from('47494638396100ffffff', 'hex') },
  ];
  const { train, skipped } = await openImages(write(temporary(t), 'a.tar', await tarOf([...good, ...bombs])));
  assert.equal(train.count, 10);
  assert.deepEqual(skipped.map(({ file }) => file).sort(), ['tall.gif', 'wide.png']);
  assert.match(skipped.find(({ file }) => file === 'wide.png')?.reason ?? '', /pixel limit/);
});
