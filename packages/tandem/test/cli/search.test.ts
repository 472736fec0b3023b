import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import sharp from 'sharp';
import { nn, noGrad, scope } from 'tandem-torch';
import { openGallery } from '../../src/gallery/index.js';
import { loadEncoder, saveEncoder } from '../../src/weights/index.js';
import { encoderFile, pictures, start, tandem, temporary } from './running.js';

const root = temporary({ after });
const images = join(root, 'pictures');
const encoder = encoderFile(join(root, 'encoder.safetensors'));
const place = join(root, 'place');

before(() => pictures(images, 20).then(() => {}));

const indexed = async (t: Parameters<typeof tandem>[0], ...argv: string[]) => {
  const { code, stdout, stderr } = await tandem(t, 'index', ...argv, '--json');
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout).result;
};

test('index once, and again only what is new, changed or gone', async (t) => {
  const argv = [encoder, images, '--to', place];
  const counts = { images: 40, added: 40, changed: 0, removed: 0, skipped: 0 };
  assert.deepEqual(await indexed(t, ...argv), counts);
  assert.deepEqual(await indexed(t, ...argv), { ...counts, added: 0 });
  copyFileSync(join(images, 'red', '0001.png'), join(images, 'red', 'new.png'));
  rmSync(join(images, 'blue', '0003.png'));
  utimesSync(join(images, 'blue', '0004.png'), 1, 1);
  writeFileSync(join(images, 'red', 'broken.png'), 'no picture');
  const again = await tandem(t, 'index', ...argv, '--json');
  assert.deepEqual(JSON.parse(again.stdout).result, { images: 40, added: 1, changed: 1, removed: 1, skipped: 1 });
  assert.match(again.stderr, /38 of 41 images are indexed already/);
  assert.match(again.stderr, /broken\.png/);
  for (const list of readdirSync('.').filter((name) => /^skipped(-\d+)?\.jsonl$/.test(name))) rmSync(list);
  rmSync(join(images, 'red', 'broken.png'));
});

test('search: a picture finds itself and its copy first; by class, path and number; as words, JSON and page', async (t) => {
  const picture = join(images, 'red', '0001.png');
  const { code, stdout, stderr } = await tandem(t, 'search', place, picture, '--k', '3', '--json');
  assert.equal(code, 0, stderr);
  const { result } = JSON.parse(stdout);
  assert.equal(result.among, 40);
  assert.deepEqual(
    result.matches
      .slice(0, 2)
      .map(({ file }: { file: string }) => file)
      .sort(),
    ['red/0001.png', 'red/new.png'],
  );
  assert.ok(
    result.matches.every(({ similarity }: { similarity: number }, i: number) => i > 1 || similarity > 1 - 1e-6),
  );
  const words = await tandem(t, 'search', place, picture, '--class', 'blue', '--path', '000', '--k', '2');
  assert.match(words.stdout, /^[\d.]+ blue\/000\d\.png {2}blue\n[\d.]+ blue\/000\d\.png {2}blue\n$/);
  const page = join(root, 'found.html');
  const made = await tandem(t, 'search', place, picture, '--k', '4', '--html', page);
  assert.equal(made.code, 0, made.stderr);
  const html = readFileSync(page, 'utf8');
  assert.equal(html.match(/<img /g)?.length, 5);
  assert.match(html, /The 4 nearest of 40 images/);
  const over = await tandem(t, 'search', place, picture, '--html', page);
  assert.match(over.stderr, /found\.html exists already and is never overwritten/);

  const gallery = await openGallery(place);
  const found = await gallery.search(readFileSync(picture), { k: 1 });
  assert.ok(Math.abs((found.matches[0]?.similarity ?? 0) - 1) < 1e-6);
  await assert.rejects(gallery.near(new Float32Array(16)), /all zero/);
  await gallery.close();
});

test('images whose features are all zero are refused with the reason', async (t) => {
  const { encoder: network, card } = loadEncoder(encoder);
  scope(() =>
    noGrad(() => {
      for (const x of network.parameters()) x.zero_();
    }),
  );
  assert.ok(network instanceof nn.Module);
  const file = join(root, 'zero.safetensors');
  saveEncoder(file, network, card);
  network.dispose();
  const { code, stderr } = await tandem(t, 'index', file, images, '--to', join(root, 'zero-place'));
  assert.equal(code, 1);
  assert.match(stderr, /features are all zero.*; all 40 are listed in .*zero-place\.skipped\.jsonl$/m);
  const asked = await tandem(t, 'search', join(root, 'zero-place'), join(images, 'red', '0001.png'));
  assert.equal(asked.code, 1);
});

test('two encoders in one place: one has to be named; one that changed or is gone is told', async (t) => {
  const second = join(root, 'second.safetensors');
  const { encoder: network, card } = loadEncoder(encoder);
  scope(() => noGrad(() => network.parameters()[0]?.mul_(-1)));
  saveEncoder(second, network, card);
  const picture = join(images, 'red', '0001.png');
  const not = await tandem(t, 'search', place, picture, '--encoder', second);
  assert.match(not.stderr, /has no vectors of .*second\.safetensors as it is now, only of .*encoder\.safetensors/);
  await indexed(t, second, images, '--to', place);
  const both = await tandem(t, 'search', place, picture);
  assert.deepEqual([both.code, both.stdout], [2, '']);
  assert.match(both.stderr, /has vectors of 2 encoders; give --encoder, one of .*second\.safetensors/);
  assert.equal((await tandem(t, 'search', place, picture, '--encoder', second)).code, 0);

  const lone = join(root, 'lone');
  await indexed(t, second, images, '--to', lone);
  scope(() => noGrad(() => network.parameters()[0]?.mul_(2)));
  saveEncoder(second, network, card);
  network.dispose();
  const changed = await tandem(t, 'search', lone, picture);
  assert.match(changed.stderr, /its vectors are of .*second\.safetensors as it was before/);
  rmSync(second);
  const gone = await tandem(t, 'search', lone, picture);
  assert.match(gone.stderr, /its encoder is not where it was \(.*\); give it with --encoder/);
});

test('an indexer that is killed leaves what it did, and the next one goes on', async (t) => {
  const many = join(root, 'many');
  const count = 3000; // more than are done between the first word of them and the kill
  mkdirSync(many);
  const small = await sharp({ create: { width: 16, height: 16, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  for (let i = 0; i < count; i++) writeFileSync(join(many, `${i}.png`), small);
  const to = join(root, 'killed');
  const child = start(['index', encoder, many, '--to', to]);
  while (!existsSync(to) || !readdirSync(to).some((name) => size(join(to, name, 'files.jsonl')) > 0)) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  child.process.kill('SIGKILL');
  await child.ended;
  const { images: all, added } = await indexed(t, encoder, many, '--to', to);
  assert.equal(all, count);
  assert.ok(added < count, `${added} were still to be done`);
});

test('pictures that are left out are listed beside the index', async (t) => {
  const mixed = await pictures(join(root, 'mixed'), 20);
  writeFileSync(join(mixed, 'red', 'broken.png'), 'no picture');
  const to = join(root, 'mixed-place');
  const { code, stderr } = await tandem(t, 'index', encoder, mixed, '--to', to);
  assert.equal(code, 0, stderr);
  assert.ok(stderr.includes(`it is listed in ${to}.skipped.jsonl`), stderr);
  assert.match(readFileSync(`${to}.skipped.jsonl`, 'utf8'), /^\{"file":"red\/broken\.png","reason":.*\}\n$/);
});

test('what is no picture is named', async (t) => {
  const fresh = join(root, 'fresh');
  await indexed(t, encoder, images, '--to', fresh);
  const { code, stderr } = await tandem(t, 'search', fresh, encoder);
  assert.equal(code, 1);
  assert.match(stderr, /encoder\.safetensors cannot be read: /);
});

const size = (file: string) => (existsSync(file) ? readFileSync(file).length : 0);

for (const [what, argv, message] of [
  ['no such index', ['search', join(root, 'none'), encoder], /there is no such index; make it with tandem index/],
  ['no picture', ['search', place, join(root, 'none.png')], /none\.png: there is no such picture/],
  ['no k', ['search', place, encoder, '--k', '0'], /--k must be a whole number of at least 1/],
  ['nowhere to', ['index', encoder, images], /required option '--to <place>' not specified/],
  [
    'another server',
    ['index', encoder, images, '--to', 'redis://x'],
    /a folder, or postgres:\/\/\.\.\., can hold an index/,
  ],
] as const) {
  test(`wrong: ${what}`, async (t) => {
    const { code, stdout, stderr } = await tandem(t, ...argv);
    assert.deepEqual([code === 0, stdout], [false, '']);
    assert.match(stderr, message);
  });
}
