import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { UsageError } from '../../src/errors.js';
import { pretrain, resolveConfig, resume, runViews, use, type ViewSpec } from '../../src/pretrain/index.js';
import { defineView, viewsPreset } from '../../src/views/index.js';
import { pictures, tandem, temporary, writeJson } from '../cli/running.js';

const root = temporary({ after });
const images = join(root, 'pictures');
const train = { name: 'x', count: 0, channels: 3, height: 32, width: 32, pixels: new Uint8Array(0) };
const two = { least: 2, most: 2 };
const viewsOf = (views: unknown, count = two) =>
  runViews(resolveConfig({ images: 'x', views }).views, { name: 'x', train, size: 32 }, count);

const dim = defineView({
  name: 'dimmer',
  summary: 'makes images darker',
  options: z.strictObject({ most: z.number().min(0).max(1).default(0.5) }),
  apply: (x, random, { most }) => x.mul(random.uniform(1 - most, 1)),
});

before(async () => {
  await use(dim);
  await pictures(images, 20);
});

describe('a list of views', () => {
  const jitter = { p: 0.8, brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 };

  test('says each view in full: that of a preset is made again', () => {
    const small = { crop: {}, flip: 0.5, jitter, gray: 0.2 };
    const { views, settings } = viewsOf([small, { ...small, gray: 0 }]);
    const [preset] = viewsPreset('small', { size: 32 });
    assert.deepEqual(views, [preset, { ...preset, gray: 0 }]);
    // What is written down makes the same again.
    assert.deepEqual(viewsOf(JSON.parse(JSON.stringify(settings.views))), { views, settings });
    assert.deepEqual(viewsOf([{}, {}]).views, [
      viewsPreset('none', { size: 32 })[0],
      viewsPreset('none', { size: 32 })[0],
    ]);
  });

  test('of one view makes as many alike as the method takes, and each may have a size of its own', () => {
    const { views } = viewsOf([{ flip: 1, size: 24 }]);
    assert.deepEqual(
      views.map(({ flip, size }) => [flip, size]),
      [
        [1, 24],
        [1, 24],
      ],
    );
    assert.equal(viewsOf([{}, { size: 16 }, {}], { least: 2, most: 8 }).views.length, 3);
  });

  test('has steps of one\u2019s own anywhere: as a text, in parts, or configured', () => {
    const given = ['dimmer:most=0.3@crop', { name: 'dimmer', options: { most: 0.1 } }, dim.configure({}, 'normalise')];
    const { views } = viewsOf([{ steps: given }]);
    assert.deepEqual(
      views[0]?.steps?.map(({ name, after, options }) => [name, after, options]),
      [
        ['dimmer', 'crop', { most: 0.3 }],
        ['dimmer', 'solarize', { most: 0.1 }],
        ['dimmer', 'normalise', { most: 0.5 }],
      ],
    );
  });

  test('with what there is not, or out of range, is one clear line that says where', () => {
    const wrong: [unknown, RegExp][] = [
      [[{}, { rotat: 90 }], /^views\[1\]: unknown setting 'rotat'\. Did you mean 'rotate'\?$/],
      [[{ crop: { scales: [1, 1] } }], /^views\[0\]: unknown setting 'crop\.scales'\. Did you mean 'scale'\?$/],
      [[{ flip: 2 }], /^views\[0\]: flip must be at most 1, got 2$/],
      [[{ flip: 'often' }], /^views\[0\]: flip must be a number, got "often"$/],
      [[{ crop: { scale: 0.5 } }], /^views\[0\]: crop\.scale must be a list of two numbers, got 0\.5$/],
      [[{ crop: { scale: [1] } }], /^views\[0\]: crop\.scale must be a list of two numbers, got a list$/],
      [[{ crop: { scale: [0, 1] } }], /^views\[0\]: crop\.scale must be a range within \(0, 1\], not \[0,1\]$/],
      [[{ rotate: { degrees: [9, 400] } }], /^views\[0\]: rotate\.degrees must be a range within -360 to 360/],
      [[{ mean: [0, 0, 0] }], /^views\[0\]: mean is no setting of one view, but of the run: it stands beside views$/],
      [[{ steps: ['dimer'] }], /^views\[0\]: unknown step of views 'dimer'; .*Did you mean 'dimmer'\?$/],
      [[{ steps: [{ name: 'dimmer', options: { least: 1 } }] }], /^views\[0\]: the step dimmer has no option 'least'/],
      [[{ steps: [{ name: 'dimmer', after: 'blurr' }] }], /comes after crop, .*not "blurr"\. Did you mean 'blur'\?$/],
      [[{ steps: [7] }], /^views\[0\]: steps\.0 must be a name such as .*, got 7$/],
      [['small'], /^views\[0\]: must be an object such as \{"flip": 0\.5\}, got "small"$/],
      [[], /^views: the list is empty; give at least one view$/],
    ];
    for (const [views, message] of wrong) {
      assert.throws(
        () => resolveConfig({ images: 'x', views }),
        (error) => error instanceof UsageError && message.test(error.message) && !error.message.includes('\n'),
        String(message),
      );
    }
    assert.throws(
      () => resolveConfig({ images: 'x', views: [{}], flip: 0.1 }),
      /^UsageError: flip changes a preset of views; where views is a list, say it in each view of the list$/,
    );
    // A preset of the method may change views too; the list stands.
    assert.deepEqual(
      Object.keys(resolveConfig({ images: 'x', method: 'dino', preset: 'official', views: [{}] }).views),
      ['views'],
    );
  });

  test('for gray images without colours, in line with what they have', () => {
    const gray = { ...train, channels: 1 };
    const views = resolveConfig({ images: 'x', views: [{ gray: 0.5 }] }).views;
    assert.throws(
      () => runViews(views, { name: 'x', train: gray, size: 32 }, two),
      /one-channel images have no colours/,
    );
  });

  const small = { method: 'simclr', backbone: 'resnet8', width: 4, stem: 'strided', batch: 16, epochs: 2 };
  const own = { ...small, projHidden: 8, projDim: 8 };
  const list: readonly ViewSpec[] = [
    { crop: { scale: [0.3, 1] }, flip: 0.5, rotate: { degrees: [-20, 20] }, steps: ['dimmer:most=0.3@crop'] },
    { jitter, solarize: 0.2, quarterTurns: 0.5, steps: [{ name: 'dimmer', after: 'normalise', options: {} }] },
  ];
  const encoder = (run: string) => readFileSync(join(run, 'encoder', 'encoder.safetensors'));

  test('is what a run from code sees, also in a thread, and what it is resumed with', async () => {
    const [here, there] = ['here', 'there'].map((name) => join(root, name)) as [string, string];
    const views = list.map(({ steps: _, ...view }) => view);
    await pretrain({ data: images, ...own, views, out: here });
    await pretrain({ data: images, ...own, views, out: there, worker: true });
    assert.ok(encoder(here).equals(encoder(there)));
    const whole = join(root, 'whole');
    await pretrain({ data: images, ...own, views: list, use: [dim], out: whole });
    const before = encoder(whole);
    assert.ok(!before.equals(encoder(here)));
    rmSync(join(whole, 'checkpoint', 'state.safetensors'));
    for await (const event of resume(whole)) if (event.kind === 'warning') assert.match(event.text, /checkpoint/);
    assert.ok(encoder(whole).equals(before));
  });

  test('stands in a configuration file, and in config.json', async (t) => {
    const views = [
      { flip: 0.5, crop: null },
      { gray: 0.3, blur: { p: 0.5 } },
    ];
    const config = writeJson(join(root, 'views.json'), { images, ...own, epochs: 1, views });
    const out = join(root, 'from-file');
    const { code, stderr } = await tandem(t, 'pretrain', '--config', config, '--out', out);
    assert.equal(code, 0, stderr);
    assert.match(stderr.replace(/\s+/g, ' '), /views=\[\{"crop":null,/);
    const written = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'));
    assert.deepEqual(written.views[1].blur, { p: 0.5, sigma: [0.1, 2] });
    assert.ok(!('flip' in written));
    const drawn = await tandem(t, 'views', images, '--config', config, '--out', join(root, 'sheet.png'));
    assert.equal(drawn.code, 0, drawn.stderr);
    const many = writeJson(join(root, 'many.json'), { images, ...own, views: [{}, {}, {}] });
    const refused = await tandem(t, 'pretrain', '--config', many, '--out', join(root, 'many'));
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /the list of views has 3; simclr takes 2$/m);
  });
});
