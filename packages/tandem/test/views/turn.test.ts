import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cat, scope, type Tensor, tensor } from 'tandem-torch';
import { bytesOf } from '../../src/images/index.js';
import { resolveConfig } from '../../src/pretrain/index.js';
import { runViews } from '../../src/pretrain/views.js';
import {
  checkView,
  evaluationView,
  makeView,
  plainParameters,
  render,
  smallView,
  type View,
  type ViewParameters,
} from '../../src/views/index.js';
import { assertClose, fixture, noise } from '../support.js';

/** Made by scripts/fixtures/rotate.py, of values from 0 to 255. */
interface Fixture {
  readonly cases: readonly {
    readonly side: number;
    readonly pixels: readonly number[];
    readonly quarters: readonly (readonly number[])[];
    readonly angles: readonly { readonly degrees: number; readonly pixels: readonly number[] }[];
  }[];
}

const side = 8;
const set = noise(12, { channels: 3, side });
const plain: View = { ...evaluationView({ size: side }), mean: [0, 0, 0], std: [1, 1, 1] };
const all = Uint32Array.from({ length: set.count }, (_, i) => i);

function made(view: View, indices = all, draw = 0): Tensor {
  const bytes = Uint8Array.from(Array.from(indices).flatMap((i) => [...bytesOf(set, i, i + 1)]));
  return makeView({ indices, bytes }, set, view, { seed: 5, draw, view: 0 });
}

const same = (a: Tensor, b: Tensor) => assert.deepEqual(Array.from(a.data(), Number), Array.from(b.data(), Number));
describe('turns of views', () => {
  test('a vertical flip turns the rows round, and changes no other draw', () =>
    scope(() => {
      same(made({ ...plain, flipVertical: 1 }), made(plain).flip([2]));
      const small = smallView({ size: side });
      same(made({ ...small, flipVertical: 1, blur: null, jitter: null }), made({ ...small, jitter: null }).flip([2]));
    }));

  test('right angles are those of numpy, and any angle that of Pillow', () =>
    scope(() => {
      const { cases } = fixture<Fixture>('rotate');
      for (const { side, pixels, quarters, angles } of cases) {
        const shape = { channels: 1, height: side, width: side };
        const view = { ...evaluationView({ size: side, channels: 1 }), mean: [0], std: [1] };
        const image = tensor(pixels, { dtype: 'uint8', shape: [1, 1, side, side] });
        const turned = (how: Partial<ViewParameters>) =>
          render(image, view, { ...plainParameters(shape, 1), ...how }).mul(255);
        for (const [k, expected] of quarters.entries()) {
          assertClose(turned({ quarters: Uint8Array.of(k + 1) }), expected, { atol: 1e-4 });
        }
        for (const { degrees, pixels: expected } of angles) {
          assertClose(turned({ angle: Float32Array.of(degrees) }), expected, { atol: 2e-3 });
        }
      }
    }));

  test('of right angles each is taken by about as many images', () =>
    scope(() => {
      const x = made(plain);
      const turned = made({ ...plain, quarterTurns: 1 });
      const ways = [x.transpose(2, 3).flip([2]), x.flip([2, 3]), x.transpose(2, 3).flip([3])];
      const counts = ways.map((way) => Number(way.eq(turned).flatten({ startDim: 1 }).all(1).sum().item()));
      assert.equal(
        counts.reduce((sum, n) => sum + n),
        set.count,
      );
      assert.ok(
        counts.every((n) => n > 0),
        `${counts}`,
      );
    }));

  test('an image is turned as it would be alone, to the bit, and otherwise in another epoch', () =>
    scope(() => {
      const view: View = { ...plain, flipVertical: 0.5, quarterTurns: 0.5, rotate: { p: 0.7, degrees: [-40, 40] } };
      const whole = made(view);
      same(cat(Array.from(all, (i) => made(view, Uint32Array.of(i)))), whole);
      assert.notDeepEqual(Array.from(made(view, all, 1).data(), Number), Array.from(whole.data(), Number));
      same(made({ ...view, rotate: { p: 0, degrees: [9, 9] }, flipVertical: 0, quarterTurns: 0 }), made(plain));
    }));

  test('a run takes them as settings, and writes them down', () => {
    const config = resolveConfig({ images: 'x', flipVertical: '.5', quarterTurns: 0.25, rotate: 30 });
    const { views, settings } = runViews(config.views, { name: 'x', train: set, size: side }, { least: 2, most: 2 });
    for (const { flipVertical, quarterTurns, rotate } of views) {
      assert.deepEqual([flipVertical, quarterTurns, rotate], [0.5, 0.25, { p: 1, degrees: [-30, 30] }]);
    }
    assert.deepEqual([settings.flipVertical, settings.quarterTurns, settings.rotate], [0.5, 0.25, 30]);
    const without = runViews(
      resolveConfig({ images: 'x' }).views,
      { name: 'x', train: set, size: side },
      { least: 2, most: 2 },
    );
    assert.ok(!('rotate' in without.settings) && !('rotate' in (without.views[0] as View)));
  });

  test('settings that there are not, or out of range, are refused with the nearest', () => {
    const fails = (more: object, message: RegExp) =>
      assert.throws(() => checkView({ ...plain, ...more } as View, 3), message);
    fails({ rotat: 90 }, /view: unknown setting 'rotat'\. Did you mean 'rotate'\?/);
    fails({ rotate: 90 }, /view: rotate must be an object of p, degrees, or null, not 90/);
    fails({ rotate: { p: 1, degree: [1, 2] } }, /unknown setting 'rotate\.degree'\. Did you mean 'degrees'\?/);
    fails({ rotate: { p: 1, degrees: [10, -10] } }, /rotate\.degrees must be a range within -360 to 360/);
    fails({ quarterTurns: 2 }, /quarterTurns must be a probability/);
    assert.throws(() => resolveConfig({ images: 'x', rotat: 90 }), /unknown setting 'rotat'.*Did you mean 'rotate'\?/);
  });
});
