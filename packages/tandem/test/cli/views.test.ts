import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import sharp from 'sharp';
import { pictures, tandem, temporary, tiny } from './running.js';

const root = temporary({ after });
const images = join(root, 'pictures');

before(async () => {
  await pictures(images, 10);
});

async function pixelsOf(file: string) {
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  assert.equal(info.channels, 3);
  /** The mean colour of a square. */
  const colour = (left: number, top: number, side: number) =>
    [0, 1, 2].map((c) => {
      let sum = 0;
      for (let y = top; y < top + side; y++) {
        for (let x = left; x < left + side; x++) sum += data[3 * (y * info.width + x) + c] as number;
      }
      return sum / side ** 2;
    });
  return { ...info, data, colour };
}

test('a picture of images beside their views, as large as it must be', async (t) => {
  const out = join(temporary(t), 'views.png');
  const { code, stdout, stderr } = await tandem(t, 'views', images, '--out', out, '--count', '3', '--json');
  assert.equal(code, 0, stderr);
  assert.match(stderr, /3 images of .*, each beside 3 draws of its 2 views/);
  const said = JSON.parse(stdout);
  assert.deepEqual([said.out, said.draws, said.images.length, said.settings.views], [out, 3, 3, 'small']);
  const { width, height } = await pixelsOf(out);
  // Seven columns and three rows of 32 pixels, four times enlarged; three gaps of 12 before the
  // draws.
  assert.deepEqual([width, height], [4 + 7 * 132 + 3 * 12, 4 + 3 * 132]);
  assert.deepEqual([said.width, said.height], [width, height]);
});

test('without changes the view is the image, so the normalisation is undone', async (t) => {
  const out = join(temporary(t), 'views.png');
  const words = ['--views', 'none', '--count', '4', '--draws', '1'];
  const { code, stderr } = await tandem(t, 'views', images, '--out', out, ...words);
  assert.equal(code, 0, stderr);
  const { colour, data, width } = await pixelsOf(out);
  for (let row = 0; row < 4; row++) {
    const top = 4 + 132 * row;
    assert.notDeepEqual(colour(4, top, 128), [255, 255, 255]);
    for (let y = top; y < top + 128; y++) {
      const line = (left: number) => data.subarray(3 * (y * width + left), 3 * (y * width + left + 128));
      assert.deepEqual(line(4 + 132 + 12), line(4));
    }
  }
});

test('the seed decides the picture, and settings change it', async (t) => {
  const folder = temporary(t);
  const make = async (name: string, ...words: string[]) => {
    const out = join(folder, name);
    assert.equal((await tandem(t, 'views', images, '--out', out, ...words)).code, 0);
    return readFileSync(out);
  };
  const first = await make('a.png');
  assert.deepEqual(await make('b.png'), first);
  assert.notDeepEqual(await make('c.png', '--seed', '1'), first);
  assert.notDeepEqual(await make('d.png', 'jitter=0'), first);
});

test("a run's config shows what that run saw, with its values in full", async (t) => {
  const folder = temporary(t);
  const run = join(folder, 'run');
  const words = [...tiny, '--batch', '20', '--epochs', '1', '--out', run, 'views=asymmetric-small', 'cropMin=0.4'];
  assert.equal((await tandem(t, 'pretrain', images, ...words)).code, 0);
  const file = join(run, 'config.json');
  const config = JSON.parse(readFileSync(file, 'utf8'));
  const { views, cropMin, saturation, solarize, blur } = config;
  assert.deepEqual([views, cropMin, saturation, solarize, blur], ['asymmetric-small', 0.4, 0.2, 0.2, 0]);
  assert.deepEqual(
    config.tandem.views.map((view: { solarize: number }) => view.solarize),
    [0, 0.2],
  );
  const out = join(folder, 'views.png');
  const { code, stdout, stderr } = await tandem(t, 'views', images, '--out', out, '--config', file, '--json');
  assert.equal(code, 0, stderr);
  assert.deepEqual(JSON.parse(stdout).views, config.tandem.views);
});

test('nothing is overwritten', async (t) => {
  const out = join(temporary(t), 'views.png');
  writeFileSync(out, 'precious');
  const { code, stdout, stderr } = await tandem(t, 'views', images, '--out', out, '--json');
  assert.deepEqual([code, stdout], [1, '']);
  assert.equal(stderr, `tandem: ${out} exists already and is never overwritten; give another --out\n`);
  assert.equal(readFileSync(out, 'utf8'), 'precious');
});

const wrong: [words: string[], message: RegExp][] = [
  [[], /where to\? Give --out views\.png/],
  [['--out', 'views.jpg'], /--out must name a \.png file, got views\.jpg/],
  [['--out', 'x.png', '--views', 'larg'], /unknown views 'larg'; .*Did you mean 'large'\?/],
  [['--out', 'x.png', '--count', '0'], /--count must be a whole number of at least 1, got 0/],
  [['--out', 'x.png', '--viws', 'small'], /unknown option '--viws'\. Did you mean '--views'\?/],
  [['--out', 'x.png', 'epochs=3'], /epochs changes no view; the settings that do are views, locals, cropMin, /],
  [['--out', 'x.png', 'cropMn=1'], /unknown setting 'cropMn' for clbo\. Did you mean 'cropMin'\?/],
];

for (const [words, message] of wrong) {
  test(`wrong usage: views pictures ${words.join(' ')}`, async (t) => {
    const { code, stdout, stderr } = await tandem(t, 'views', images, ...words);
    assert.match(stderr, message);
    assert.deepEqual([code, stdout, existsSync('x.png')], [2, '', false]);
  });
}

test('a place that is not there is named', async (t) => {
  const { code, stderr } = await tandem(t, 'views', images, '--out', join(root, 'none', 'x.png'));
  assert.equal(code, 1);
  assert.equal(stderr, `tandem: ${join(root, 'none')}: there is no such folder for the picture\n`);
});

test('a preset of more views than a method takes is refused before anything is written', async (t) => {
  const run = join(temporary(t), 'run');
  const words = [...tiny, '--batch', '10', '--epochs', '1', '--out', run, 'views=multi-crop'];
  const { code, stderr } = await tandem(t, 'pretrain', images, ...words);
  assert.equal(code, 2);
  assert.match(stderr, /views=multi-crop makes 6 views of an image; clbo takes 2\n/);
  assert.ok(!existsSync(run));
});
