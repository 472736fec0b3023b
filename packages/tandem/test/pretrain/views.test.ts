import assert from 'node:assert/strict';
import test from 'node:test';
import { resolveConfig, runViews as viewsOf } from '../../src/pretrain/index.js';
import { viewPresetNames } from '../../src/views/index.js';

const data = (size: number, channels: 1 | 3 = 3) => ({
  name: 'pictures',
  train: { name: 'pictures', count: 0, channels, height: size, width: size, pixels: new Uint8Array(0) },
});
const config = (given: object = {}) => resolveConfig({ images: 'pictures', ...given }).views;
const two = { least: 2, most: 2 };
const runViews = (settings: object, of: ReturnType<typeof data>) => viewsOf(settings, of, two);

test('without settings the views are those that suit the images, and the settings say so', () => {
  assert.deepEqual(runViews(config(), data(32)).settings, {
    views: 'small',
    cropMin: 0.08,
    flip: 0.5,
    jitter: 0.4,
    jitterP: 0.8,
    saturation: 0.4,
    hue: 0.1,
    gray: 0.2,
    blur: 0,
    solarize: 0,
  });
  const { views, settings } = runViews(config(), data(96));
  assert.deepEqual([settings.views, settings.cropMin, settings.blur], ['large', 0.2, 0.5]);
  assert.deepEqual(
    views.map(({ size, blur }) => [size, blur]),
    [
      [96, { p: 0.5, sigma: [0.1, 2] }],
      [96, { p: 0.5, sigma: [0.1, 2] }],
    ],
  );
});

test('a setting changes its part of the preset and nothing else', () => {
  const one = (given: object, size = 32) => runViews(config(given), data(size)).views;
  const [before] = one({});
  assert.deepEqual(one({ cropMin: 0.5 })[0], { ...before, crop: { scale: [0.5, 1], ratio: [3 / 4, 4 / 3] } });
  assert.deepEqual(one({ flip: 0 })[0], { ...before, flip: 0 });
  assert.deepEqual(one({ gray: 0 })[1], { ...before, gray: 0 });
  assert.deepEqual(one({ blur: 0.3 })[1], { ...before, blur: { p: 0.3, sigma: [0.1, 2] } });
  assert.deepEqual(one({ solarize: 0.3 }), [before, { ...before, solarize: 0.3 }]);
  const jitter = { p: 0.8, brightness: 0.6, contrast: 0.6, saturation: 0.6, hue: 0.15 };
  assert.deepEqual(one({ jitter: 0.6 })[0], { ...before, jitter });
  assert.deepEqual(one({ jitter: 0.6, hue: 0, jitterP: 1 })[0]?.jitter, { ...jitter, p: 1, hue: 0 });
  assert.equal(one({ jitter: 0.8, views: 'asymmetric' })[0]?.jitter?.saturation, 0.4);
  assert.equal(one({ jitter: 2, views: 'simclr' })[0]?.jitter?.hue, 0.5);
});

test('small crops of a multi-crop keep their area', () => {
  const { views } = runViews(config({ views: 'multi-crop', cropMin: 0.5 }), data(224));
  assert.deepEqual(
    views.map(({ crop }) => crop?.scale),
    [[0.5, 1], [0.5, 1], ...new Array(8).fill([0.05, 0.4])],
  );
});

test('a preset of one view makes two alike, and can be built upon', () => {
  const { views } = runViews(config({ views: 'none', cropMin: 0.2, jitter: 0.4 }), data(32));
  assert.equal(views.length, 2);
  assert.deepEqual(views[0]?.crop?.scale, [0.2, 1]);
  assert.deepEqual(views[0]?.jitter, { p: 0.8, brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 });
});

test('a method of one view takes the first of a preset; one of several gets all there are', () => {
  const made = (views: string, least: number, most: number) =>
    viewsOf(config({ views }), data(32), { least, most }).views;
  const both = made('asymmetric-small', 2, 2);
  assert.deepEqual(made('asymmetric-small', 1, 1), both.slice(0, 1));
  assert.equal(both[1]?.solarize, 0.2);
  assert.equal(made('weak', 1, 1).length, 1);
  assert.equal(made('weak', 2, Number.POSITIVE_INFINITY).length, 2);
  assert.equal(made('multi-crop', 2, Number.POSITIVE_INFINITY).length, 6);
});

test('one-channel images have no colour, whatever is asked for', () => {
  const { views, settings } = runViews(config({ gray: 1, hue: 0.2, saturation: 1 }), data(28, 1));
  assert.deepEqual([views[0]?.gray, views[0]?.jitter?.hue, views[0]?.jitter?.saturation], [0, 0, 0]);
  assert.deepEqual([settings.views, settings.gray], ['gray', 0]);
});

test('the settings that a run saves make the same views again', () => {
  const still = { p: 0, brightness: 0, contrast: 0, saturation: 0, hue: 0 };
  for (const views of viewPresetNames) {
    for (const size of [32, 224]) {
      for (const given of [{ views }, { views, jitter: 0.7, cropMin: 0.31, solarize: 0.1 }]) {
        const first = runViews(config(given), data(size));
        const again = runViews(config(JSON.parse(JSON.stringify(first.settings))), data(size));
        assert.deepEqual(again.settings, first.settings, views);
        // No jitter and none at all, no blur and none ever, are the same.
        const plain = ({ views: all }: typeof first) =>
          all.map((view) => ({ ...view, jitter: view.jitter?.p ? view.jitter : still, blur: view.blur?.p ?? 0 }));
        assert.deepEqual(plain(again), plain(first), views);
      }
    }
  }
});

test('an unknown preset is wrong usage, with the nearest known', () => {
  assert.throws(() => config({ views: 'larg' }), {
    name: 'UsageError',
    message: /^unknown views 'larg'; .*'large'\?$/,
  });
  assert.throws(() => config({ hue: 0.7 }), { name: 'UsageError', message: 'hue must be at most 0.5, got 0.7' });
});

test('locals: so many small crops, of multi-crop alone, and the settings say how many', () => {
  for (const [given, count] of [
    [{}, 4],
    [{ locals: 0 }, 0],
    [{ locals: 3 }, 3],
  ] as const) {
    const { views, settings } = runViews(config({ views: 'multi-crop', ...given }), data(32));
    assert.deepEqual(
      views.map(({ size }) => size),
      [32, 32, ...new Array(count).fill(16)],
    );
    assert.equal(settings.locals, count);
    assert.deepEqual(runViews(config(settings), data(32)).views, views);
  }
  assert.equal(runViews(config(), data(32)).settings.locals, undefined);
  assert.throws(
    () => runViews(config({ locals: 2 }), data(32)),
    /^UserError: locals acts with views=multi-crop alone, not with small$/,
  );
});
