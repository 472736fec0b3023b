import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scope } from 'tandem-torch';
import { UserError } from '../../src/errors.js';
import { defaultPreset, makeViews, type View, viewPresetNames, viewsPreset } from '../../src/views/index.js';
import { bytes, device, indices } from './support.js';

/**
 * What the papers and their code say of a view: [crop, flip, [p, brightness, contrast, saturation,
 * hue], gray, blur, solarize].
 */
const said = ({ crop, flip, jitter: j, gray, blur, solarize }: View) => [
  crop?.scale,
  flip,
  j && [j.p, j.brightness, j.contrast, j.saturation, j.hue],
  gray,
  blur?.p ?? 0,
  solarize,
];
const even = [0.8, 0.4, 0.4, 0.4, 0.1];
const byol = [0.8, 0.4, 0.4, 0.2, 0.1];
const whole = [0.08, 1];

const tables: [name: string, size: number, rows: unknown[][]][] = [
  ['small', 32, [[whole, 0.5, even, 0.2, 0, 0]]],
  ['large', 96, [[[0.2, 1], 0.5, even, 0.2, 0.5, 0]]],
  [
    'asymmetric',
    224,
    [
      [whole, 0.5, byol, 0.2, 1, 0],
      [whole, 0.5, byol, 0.2, 0.1, 0.2],
    ],
  ],
  [
    'asymmetric-small',
    32,
    [
      [whole, 0.5, byol, 0.2, 0, 0],
      [whole, 0.5, byol, 0.2, 0, 0.2],
    ],
  ],
  ['simclr', 224, [[whole, 0.5, [0.8, 0.8, 0.8, 0.8, 0.2], 0.2, 0.5, 0]]],
  ['simclr', 32, [[whole, 0.5, even, 0.2, 0, 0]]],
  ['lite', 32, [[[0.2, 1], 0.5, [0.6, 0.4, 0.4, 0.4, 0.1], 0.2, 0, 0]]],
  ['lite', 224, [[[0.2, 1], 0.5, [0.6, 0.4, 0.4, 0.4, 0.1], 0.2, 0.2, 0]]],
];

for (const [name, size, rows] of tables) {
  test(`${name} at ${size} pixels is as its authors have it`, () => {
    const views = viewsPreset(name, { size });
    assert.deepEqual(views.map(said), rows.length === 1 ? [rows[0], rows[0]] : rows);
    const interpolation = name === 'asymmetric' ? 'bicubic' : 'bilinear';
    for (const view of views) {
      assert.deepEqual([view.size, view.interpolation], [size, interpolation]);
      if (view.blur) assert.deepEqual(view.blur.sigma, [0.1, 2]);
      assert.deepEqual(view.crop?.ratio, [3 / 4, 4 / 3]);
    }
  });
}

test('multi-crop: two global and eight local views of 96 for 224 pixels, four of 16 for 32', () => {
  const large = viewsPreset('multi-crop', { size: 224 });
  const local = [[0.05, 0.4], 0.5, byol, 0.2, 0.5, 0];
  assert.deepEqual(large.map(said), [
    [[0.4, 1], 0.5, byol, 0.2, 1, 0],
    [[0.4, 1], 0.5, byol, 0.2, 0.1, 0.2],
    ...new Array(8).fill(local),
  ]);
  assert.deepEqual(
    large.map(({ size }) => size),
    [224, 224, ...new Array(8).fill(96)],
  );
  const small = viewsPreset('multi-crop', { size: 32 });
  assert.deepEqual(
    small.map(({ size, crop, blur }) => [size, crop?.scale, blur]),
    [...new Array(2).fill([32, [0.3, 1], null]), ...new Array(4).fill([16, [0.08, 0.3], null])],
  );
  assert.equal(viewsPreset('multi-crop', { size: 32, locals: 0 }).length, 2);
});

test("simclr's strength multiplies its jitter", () => {
  const [view] = viewsPreset('simclr', { size: 32, strength: 1 });
  assert.deepEqual(view?.jitter, { p: 0.8, brightness: 0.8, contrast: 0.8, saturation: 0.8, hue: 0.2 });
});

test('weak only crops and flips; none leaves the image alone', () => {
  assert.deepEqual(viewsPreset('weak', { size: 32 }).map(said), [[[0.2, 1], 0.5, null, 0, 0, 0]]);
  assert.deepEqual(viewsPreset('none', { size: 32 }).map(said), [[undefined, 0, null, 0, 0, 0]]);
});

test('what suits the images: small below 64 pixels, large from there on, gray with one channel', () => {
  assert.deepEqual(
    [28, 32, 63, 64, 224].map((size) => defaultPreset({ size })),
    ['small', 'small', 'small', 'large', 'large'],
  );
  assert.equal(defaultPreset({ size: 28, channels: 1 }), 'gray');
  const gray = [whole, 0.5, [0.8, 0.4, 0.4, 0, 0], 0, 0, 0];
  assert.deepEqual(viewsPreset('gray', { size: 28, channels: 1 }).map(said), [gray, gray]);
  assert.equal(viewsPreset('gray', { size: 96, channels: 1 })[0]?.blur?.p, 0.5);
});

test('every preset makes its views, in their sizes, of one channel or three', () => {
  for (const name of viewPresetNames) {
    for (const channels of [1, 3] as const) {
      const images = { channels, height: 40, width: 40 } as const;
      const views = viewsPreset(name, { size: 40, channels });
      const batch = { indices: indices(5), bytes: bytes(5, images) };
      scope(() => {
        const made = makeViews(batch, images, views, { seed: 3, draw: 0 }, device);
        assert.deepEqual(
          made.map(({ shape }) => [...shape]),
          views.map(({ size }) => [5, channels, size, size]),
        );
        for (const x of made) assert.ok(x.isfinite().all().item(), name);
      });
    }
  }
});

test('mean and std default to those of the data', () => {
  const [view] = viewsPreset('small', { size: 32, data: 'cifar10' });
  assert.deepEqual(view?.std, [0.2023, 0.1994, 0.201]);
  assert.deepEqual(viewsPreset('large', { size: 64, std: [1, 1, 1] })[0]?.std, [1, 1, 1]);
});

test('what is no preset, or no number of crops, is refused', () => {
  const refused = (name: string, options: object, message: RegExp) =>
    assert.throws(
      () => viewsPreset(name, { size: 32, ...options }),
      (error) => error instanceof UserError && message.test(error.message),
    );
  refused('asymetric', {}, /unknown views 'asymetric'; there is small, .*Did you mean 'asymmetric'\?/);
  refused('toString', {}, /unknown views 'toString'/);
  refused('multi-crop', { locals: 1.5 }, /locals/);
  refused('simclr', { strength: 3 }, /jitter\.hue/);
  refused('large', { size: 0 }, /size/);
});
