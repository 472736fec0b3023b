import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import sharp from 'sharp';
import { stream } from '../../src/random.js';
import { write } from '../images/making.js';
import { tandem, temporary, tiny } from './running.js';

// `tandem check` as people call it, on a folder with one of each that is suspicious.

const root = temporary({ after });
const images = join(root, 'images');
const random = stream(3, 0, 0, 0);

/** A picture that looks like no other. */
function scene() {
  const coarse = Uint8Array.from({ length: 6 * 6 * 3 }, () => random.below(256));
  return sharp(coarse, { raw: { width: 6, height: 6, channels: 3 } }).resize(96, 96, { kernel: 'cubic' });
}

before(async () => {
  for (let i = 0; i < 6; i++) {
    for (const part of ['train', 'test']) {
      write(images, `${part}/${i % 2 ? 'odd' : 'even'}/${i}.png`, await scene().png().toBuffer());
    }
  }
  const own = readFileSync(join(images, 'train/even/2.png'));
  write(images, 'train/even/copy.png', own);
  write(
    images,
    'train/odd/alike.jpg',
    await sharp(readFileSync(join(images, 'train/odd/3.png')))
      .jpeg()
      .toBuffer(),
  );
  write(images, 'test/even/seen.webp', await sharp(own).resize(80, 80).webp().toBuffer());
  write(
    images,
    'train/odd/flat.png',
    await sharp({ create: { width: 40, height: 40, channels: 3, background: '#123' } })
      .png()
      .toBuffer(),
  );
  const black = {
    input: { create: { width: 48, height: 48, channels: 3, background: '#000' } },
    top: 0,
    left: 0,
  } as const;
  write(images, 'train/odd/tile.png', await scene().composite([black]).png().toBuffer());
  write(images, 'train/odd/broken.png', 'This is no image.');
});

test('all that is suspicious stands in one JSON object and in lists, which training takes', async (t) => {
  const out = join(root, 'lists');
  const { code, stdout } = await tandem(t, 'check', images, '--json', '--out', out);
  assert.equal(code, 0);
  const check = JSON.parse(stdout);
  assert.deepEqual([check.images, check.split], [17, 'given']);
  assert.deepEqual(check.formats, { png: 15, jpeg: 1, webp: 1 });
  assert.deepEqual(check.duplicates, [['train/even/2.png', 'train/even/copy.png']]);
  assert.deepEqual(check.lookalikes, [
    ['test/even/seen.webp', 'train/even/2.png'],
    ['train/odd/3.png', 'train/odd/alike.jpg'],
  ]);
  assert.deepEqual(check.leaks, [{ test: 'test/even/seen.webp', train: 'train/even/2.png' }]);
  assert.deepEqual([check.constant, check.blank], [['train/odd/flat.png'], ['train/odd/tile.png']]);
  assert.deepEqual(
    check.skipped.map(({ file }: { file: string }) => file),
    ['train/odd/broken.png'],
  );
  assert.deepEqual(readdirSync(out).sort(), Object.keys(check.lists).sort());
  assert.equal(readFileSync(join(out, 'duplicates.txt'), 'utf8').trim(), 'train/even/copy.png');
  const dry = await tandem(
    t,
    'pretrain',
    images,
    `leaveOut=${join(out, 'duplicates.txt')}`,
    ...tiny,
    'size=16',
    'maxSkipped=0.2',
    '--dry-run',
    '--json',
    '--batch',
    '2',
  );
  assert.equal(dry.code, 0, dry.stderr);
  assert.equal(JSON.parse(dry.stdout).images.count, 9, 'ten to learn from, but for the copy');
});

test('in words, each kind is counted and its first pictures are named', async (t) => {
  const { code, stdout } = await tandem(t, 'check', images);
  assert.equal(code, 0);
  for (const line of [
    /17 pictures, and 1 file that cannot be read/,
    /2 classes: even 4 \+ 4, odd \d \+ 3/,
    /1 of one colour: train\/odd\/flat\.png/,
    /1 partly black or gray: train\/odd\/tile\.png/,
    /1 group of copies: train\/even\/2\.png = train\/even\/copy\.png/,
    /groups that look alike: .*train\/odd\/3\.png ~ train\/odd\/alike\.jpg/,
    /1 test picture that is among those learned from: test\/even\/seen\.webp ~ train\/even\/2\.png/,
    /cannot be read: train\/odd\/broken\.png \(not an image/,
  ]) {
    assert.match(stdout, line);
  }
});

test('exit codes: 1 where there is nothing to check or the lists have no place, 2 for wrong usage', async (t) => {
  const taken = join(root, 'taken');
  mkdirSync(taken);
  const empty = join(root, 'empty');
  mkdirSync(empty);
  for (const [argv, code, message] of [
    [['check', join(root, 'none')], 1, /none/],
    [['check', empty], 1, /no images/],
    [['check', images, '--out', taken], 1, /taken/],
    [['check'], 2, /images/],
    [['check', images, '--jsn'], 2, /--json/],
    [['check', images, '--channels', 'x'], 2, /--channels/],
  ] as const) {
    const outcome = await tandem(t, ...argv);
    assert.deepEqual([outcome.code, outcome.stdout], [code, ''], argv.join(' '));
    assert.match(outcome.stderr, message);
  }
  assert.ok(!existsSync(join(taken, 'duplicates.txt')));
});
