import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { openingOf } from '../../src/cli/shared/encoder-flags.js';
import { openingFor } from '../../src/evaluate/open.js';
import { ownImages, ownOpening } from '../../src/runs/index.js';
import { pictures, tandem, temporary, tiny } from './running.js';

// A run learned from images of which every fifth is bad, with maxSkipped=0.5 and a cache of its
// own.
const root = temporary({ after });
const images = join(root, 'pictures');
const run = join(root, 'run');
const cache = join(root, 'cache');
const bad = Array.from({ length: 15 }, (_, i) => `${i % 2 ? 'red' : 'blue'}/bad${i}.png`).sort();

before(async () => {
  await pictures(images, 30);
  for (const file of bad) writeFileSync(join(images, file), 'no picture');
});

const listed = (file: string) =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).file)
    .sort();

test('a run of many bad files is measured by every command as it learned', async (t) => {
  const settings = ['maxSkipped=0.5', `cache=${cache}`, '--batch', '20', '--epochs', '1'];
  const learned = await tandem(t, 'pretrain', images, ...tiny, ...settings, '--out', run);
  assert.equal(learned.code, 0, learned.stderr);
  const tuned = join(root, 'tuned');
  const lines = [
    ['knn', run, images],
    ['linear', run, images, '--protocol', 'features', '--epochs', '1'],
    ['finetune', run, images, '--labels', '50%', '--epochs', '1', '--batch', '8', '--out', tuned],
    ['tsne', run, images, '--iterations', '10', '--out', join(root, 'tsne.svg')],
    ['report', run],
    ['embed', run, images, '--out', join(root, 'a.npy')],
  ];
  for (const line of lines) {
    const { code, stderr } = await tandem(t, ...line);
    assert.equal(code, 0, `${line[0]}: ${stderr}`);
  }
  const { maxSkipped, cache: kept } = JSON.parse(readFileSync(join(tuned, 'config.json'), 'utf8'));
  assert.deepEqual([maxSkipped, kept], [0.5, cache]);
  assert.deepEqual(listed(join(root, 'a.npy.skipped.jsonl')), bad);
});

test('flags come over the run, and of an encoder file nothing is known', async (t) => {
  const refusal =
    /15 of 75 images could not be decoded: .*maxSkipped=([\d.]+) \(--max-skipped\); all 15 are listed in /;
  const encoder = join(run, 'encoder', 'encoder.safetensors');
  for (const [which, flags, share] of [
    [run, ['--max-skipped', '0.1'], '0.1'],
    [encoder, [], '0.05'],
  ] as const) {
    for (const line of [
      ['tsne', which, images, ...flags, '--out', join(root, 'none.svg')],
      ['embed', which, images, ...flags, '--out', join(root, `${share}.npy`)],
    ]) {
      const { code, stderr } = await tandem(t, ...line);
      assert.equal(code, 1);
      assert.equal(refusal.exec(stderr)?.[1], share, stderr);
      assert.deepEqual(listed(stderr.trimEnd().replace(/^.* are listed in /s, '')), bad);
      assert.equal(existsSync(line.at(-1) as string), false);
    }
  }
  const refused = await tandem(t, 'report', run, '--max-skipped', '0', '--images', images);
  assert.match(refused.stderr, /maxSkipped=0 \(--max-skipped\); /);
  const here = refused.stderr.trimEnd().replace(/^.* are listed in /s, '');
  assert.match(here, /^skipped(-\d+)?\.jsonl$/);
  assert.deepEqual(listed(here), bad);
  rmSync(here);
  // What was computed before it was refused stays.
  const { code, stderr } = await tandem(
    t,
    'embed',
    encoder,
    images,
    '--max-skipped',
    '0.3',
    '--out',
    join(root, '0.05.npy'),
  );
  assert.equal(code, 0, stderr);
  assert.match(stderr, /resuming after 75 of 75 images/);
  assert.equal((await tandem(t, 'knn', encoder, images, '--max-skipped', '0.3')).code, 0);
});

test("a run's settings are for its own images, however these are named", async (t) => {
  const own = { maxSkippedShare: 0.5, cache, stream: 'auto' };
  const link = join(temporary(t), 'link');
  symlinkSync(images, link);
  for (const where of [images, `${images}/`, join(images, '..', 'pictures'), link]) {
    assert.deepEqual(ownOpening(run, where), own);
  }
  assert.equal(ownOpening(run, root), undefined);
  assert.equal(ownOpening(run, 'cifar10'), undefined);
  assert.equal(ownOpening(join(run, 'encoder', 'encoder.safetensors'), images), undefined);
  assert.deepEqual(ownImages(run), { images, opening: own });
  const flags = openingOf({ cache: 'elsewhere', limit: 3 });
  assert.deepEqual(openingFor({ encoder: run, images, ...flags }), { ...own, cache: 'elsewhere', limit: 3 });
  assert.deepEqual(openingOf({ maxSkipped: 0.1 }), { maxSkippedShare: 0.1 });
  assert.ok(readdirSync(root).includes('pictures'));
});

for (const share of ['2', '-1', 'x', '']) {
  test(`--max-skipped ${share || 'of nothing'} is wrong usage`, async (t) => {
    const { code, stderr } = await tandem(t, 'knn', 'run', 'images', '--max-skipped', share);
    assert.deepEqual(
      [code, stderr],
      [2, `tandem: --max-skipped must be a share from 0 to 1, got ${share || 'nothing'}\n`],
    );
  });
}
