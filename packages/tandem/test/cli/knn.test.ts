import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { metricsOf, pictures, tandem, temporary, tiny } from './running.js';

const root = temporary({ after });
const images = join(root, 'pictures');
const run = join(root, 'run');
const encoder = join(run, 'encoder', 'encoder.safetensors');

before(async () => {
  await pictures(images, 30);
});

test('a run and its encoder file are measured alike, as JSON and in words', async (t) => {
  assert.equal((await tandem(t, 'pretrain', images, ...tiny, '--batch', '20', '--epochs', '1', '--out', run)).code, 0);
  const { knnStudent, knnTeacher } = metricsOf(run)[0] ?? {};
  for (const which of [run, encoder]) {
    const { code, stdout, stderr } = await tandem(t, 'knn', which, images, '--json');
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), { encoder, images, k: 1, bank: 54, queries: 6, accuracy: knnTeacher });
    assert.match(stderr, /every tenth image of each class/);
  }
  const { stdout } = await tandem(t, 'knn', join(run, 'encoder', 'student.safetensors'), images);
  assert.equal(stdout, `k-NN (k=1): ${(Number(knnStudent) * 100).toFixed(2)} % of 6 queries, bank of 54\n`);
});

test('baselines stand beside the encoder', async (t) => {
  const { code, stdout } = await tandem(t, 'knn', run, images, '--baselines', '--json');
  assert.equal(code, 0);
  const { accuracy, scores } = JSON.parse(stdout);
  const names = scores.map(({ features }: { features: string }) => features);
  assert.deepEqual(names, ['raw pixels', 'untrained encoder', 'pretrained encoder']);
  assert.equal(scores[2].accuracy, accuracy);
  // The pictures of a class have one colour, so pixels alone tell them apart, with few labels too.
  assert.ok(scores[0].accuracy > 0.9 && scores[0].tenLabelsAClass > 0.9, stdout);
});

test('twenty neighbours vote', async (t) => {
  const { code, stdout } = await tandem(t, 'knn', run, images, '--k', '20', '--temperature', '.2', '--json');
  assert.equal(code, 0);
  const { accuracy, ...rest } = JSON.parse(stdout);
  assert.deepEqual(rest, { encoder, images, k: 20, temperature: 0.2, bank: 54, queries: 6 });
  assert.ok(accuracy >= 0.5, `no better than chance: ${accuracy}`);
});

test('a limit takes some of the images', async (t) => {
  const { stdout } = await tandem(t, 'knn', run, images, '--limit', '20', '--json');
  const { bank, queries } = JSON.parse(stdout);
  assert.deepEqual([bank, queries], [18, 2]);
});

test('more neighbours than images are wrong usage', async (t) => {
  const { code, stderr } = await tandem(t, 'knn', run, images, '--k', '55');
  assert.equal(code, 2);
  assert.match(stderr, /--k must be at most 54, the number of labelled images, got 55/);
});

test('images without labels cannot be asked', async (t) => {
  const flat = await pictures(join(temporary(t), 'flat'), 4, ['red']);
  const { code, stdout, stderr } = await tandem(t, 'knn', run, flat);
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(stderr, /flat: k-NN needs labels\. no class labels; .*into a folder of its own/);
});

test('skipped images are counted and named', async (t) => {
  const some = await pictures(join(temporary(t), 'some'), 20);
  writeFileSync(join(some, 'red', 'broken.png'), '');
  const { code, stderr } = await tandem(t, 'knn', run, some);
  assert.equal(code, 0);
  assert.match(stderr, /1 image could not be read, skipped: red\/broken\.png/);
});

const fashion = '/usr/share/datasets/fashion-mnist';

test('gray images do not suit an encoder of colours', {
  skip: !existsSync(fashion) && `${fashion} is not installed`,
}, async (t) => {
  const { code, stderr } = await tandem(t, 'knn', run, 'fashion-mnist', '--limit', '20');
  assert.equal(code, 1);
  assert.match(stderr, /has images of 1 channels, the encoder .* takes 3/);
});

const wrong: [what: string, make: (folder: string) => string, message: RegExp][] = [
  ['nothing', (folder) => join(folder, 'none'), /there is no such run folder or encoder file/],
  ['a folder that is no run', (folder) => folder, /no encoder\/encoder\.safetensors in it/],
  [
    'a file of another kind',
    (folder) => written(folder, 'a.png', 'no tensors at all'),
    /a\.png: not a safetensors file/,
  ],
  ['an empty file', (folder) => written(folder, 'e.safetensors', ''), /e\.safetensors: not a safetensors file/],
  ['a checkpoint', () => join(run, 'checkpoint', 'state.safetensors'), /only encoders saved by Tandem can be read/],
];

for (const [what, make, message] of wrong) {
  test(`no encoder: ${what}`, async (t) => {
    const { code, stdout, stderr } = await tandem(t, 'knn', make(temporary(t)), images);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, message);
    assert.match(stderr, /^tandem: .*\n$/);
  });
}

function written(folder: string, name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}
