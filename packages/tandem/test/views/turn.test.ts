import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cat, full, scope, type Tensor, tensor } from 'tandem-torch';
import { z } from 'zod';
import { UserError } from '../../src/errors.js';
import { bytesOf } from '../../src/images/index.js';
import { resolveConfig, use } from '../../src/pretrain/index.js';
import { runViews } from '../../src/pretrain/views.js';
import {
  checkView,
  defineView,
  evaluationView,
  makeView,
  smallView,
  stepsIn,
  type View,
} from '../../src/views/index.js';
import { rotated } from '../../src/views/turn.js';
import { assertClose, noise } from '../support.js';

const side = 8;
const set = noise(12, { channels: 3, side });
const plain: View = { ...evaluationView({ size: side }), mean: [0, 0, 0], std: [1, 1, 1] };
const all = Uint32Array.from({ length: set.count }, (_, i) => i);

function made(view: View, indices = all, draw = 0): Tensor {
  const bytes = Uint8Array.from(Array.from(indices).flatMap((i) => [...bytesOf(set, i, i + 1)]));
  return makeView({ indices, bytes }, set, view, { seed: 5, draw, view: 0 });
}

const same = (a: Tensor, b: Tensor) => assert.deepEqual(Array.from(a.data(), Number), Array.from(b.data(), Number));
const angle = (x: Tensor, degrees: number) => {
  const [cosine, sine] = [Math.cos, Math.sin].map((f) =>
    full([x.shape[0] as number, 1, 1], f((degrees * Math.PI) / 180)),
  );
  return rotated(x, cosine as Tensor, sine as Tensor);
};

describe('turns of views', () => {
  test('a vertical flip turns the rows round, and changes no other draw', () =>
    scope(() => {
      same(made({ ...plain, flipVertical: 1 }), made(plain).flip([2]));
      const small = smallView({ size: side });
      same(made({ ...small, flipVertical: 1, blur: null, jitter: null }), made({ ...small, jitter: null }).flip([2]));
    }));

  test('right angles are counter-clockwise: each of three, by about as many images', () =>
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
      const small = tensor(
        [
          [
            [
              [1, 2],
              [3, 4],
            ],
          ],
        ],
        { dtype: 'float32' },
      );
      assertClose(angle(small, 90), [2, 4, 1, 3], { atol: 1e-5 });
    }));

  test('by an angle: right angles are those above, and a slope is turned as its formula says', () =>
    scope(() => {
      const x = made(plain);
      assertClose(angle(x, 90), x.transpose(2, 3).flip([2]), { atol: 2e-5 });
      assertClose(angle(x, 180), x.flip([2, 3]), { atol: 2e-5 });
      const [a, b, degrees] = [0.3, -0.7, 33];
      const middle = (side - 1) / 2;
      const at = (i: number) => [(i % side) - middle, Math.floor(i / side) - middle] as [number, number];
      const slope = (x: number, y: number) => a * x + b * y;
      const values = Array.from({ length: side * side }, (_, i) => slope(...at(i)));
      const turned = Array.from(
        angle(tensor(values, { dtype: 'float32' }).view([1, 1, side, side]), degrees).data(),
        Number,
      );
      const [c, s] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
      for (const [i, value] of turned.entries()) {
        const [x, y] = at(i);
        if (Math.hypot(x, y) > middle - 0.5) continue; // beyond that corners come in
        assert.ok(Math.abs(value - slope(c * x - s * y, s * x + c * y)) < 1e-5, `${i}: ${value}`);
      }
      assert.equal(turned.at(0), 0); // black
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

const shift = defineView({
  name: 'shift',
  summary: 'adds a number of its own to each image',
  options: z.strictObject({ most: z.number().positive().default(1), only: z.boolean().default(false) }),
  apply: (x, random, { most }) => x.add(random.uniform(0, most)),
});

const stepped = (apply: (x: Tensor) => unknown) =>
  made({ ...plain, steps: [{ name: 'bad', after: 'blur', options: {}, apply: apply as (x: Tensor) => Tensor }] });

describe('steps of views of one\u2019s own', () => {
  test('change each image by numbers of its own, the same alone, in each epoch others', () =>
    scope(() => {
      const view = { ...plain, steps: [shift.configure({ most: 0.5 }, 'normalise')] };
      const whole = made(view);
      const added = whole.sub(made(plain)).flatten({ startDim: 1 });
      const each = Array.from(added.mean(1).data(), Number);
      assert.ok(each.every((value) => value >= 0 && value < 0.5) && new Set(each).size === set.count);
      assertClose(added.amax({ dim: 1 }), each, { atol: 1e-6 });
      same(cat(Array.from(all, (i) => made(view, Uint32Array.of(i)))), whole);
      assert.notDeepEqual(Array.from(made(view, all, 1).data(), Number), Array.from(whole.data(), Number));
    }));

  test('stand where they are asked for', () =>
    scope(() => {
      const seen: number[] = [];
      const look = (after: 'crop' | 'normalise') => ({
        ...{ name: after, after, options: {} },
        apply: (x: Tensor) => {
          seen.push(Number(x.amax().item()));
          return x.mul(0).add(0.25);
        },
      });
      const view = { ...plain, solarize: 1, mean: [2, 2, 2], steps: [look('normalise'), look('crop')] };
      assertClose(made(view), new Array<number>(set.count * 3 * side * side).fill(0.25), {});
      assert.ok((seen[0] as number) > 0.9); // in [0, 1], after the crop
      assert.equal(seen[1], -1.75); // 0.25, which solarizing leaves, less the mean
    }));

  test('are named by runs with options and places; what is wrong is told with the nearest', async () => {
    await use(shift);
    const [first, second] = stepsIn('shift:most=0.25:only=true@jitter, shift');
    assert.deepEqual([first?.after, first?.options], ['jitter', { most: 0.25, only: true }]);
    assert.deepEqual([second?.after, second?.options], ['solarize', { most: 1, only: false }]);
    const wrong: [string, RegExp][] = [
      ['shifd', /unknown step of views 'shifd'; there is shift\. Did you mean 'shift'\?/],
      ['shift@blurr', /comes after crop, .* not "blurr"\. Did you mean 'blur'\?/],
      ['shift:mots=1', /the step shift has no option 'mots'\. Did you mean 'most'\?/],
      ['shift:most=-1', /the step shift: most: /],
    ];
    for (const [text, message] of wrong) assert.throws(() => stepsIn(text), message);
    const config = resolveConfig({ images: 'x', steps: 'shift:most=0.1' });
    const { settings, views } = runViews(config.views, { name: 'x', train: set, size: side }, { least: 2, most: 2 });
    assert.equal(settings.steps, 'shift:most=0.1');
    assert.deepEqual(JSON.parse(JSON.stringify(views[1]?.steps)), [
      { name: 'shift', after: 'solarize', options: { most: 0.1, only: false } },
    ]);
  });

  test('that change the shape, give something else or fail are one clear line', () => {
    const bad: [(x: Tensor) => unknown, RegExp][] = [
      [
        (x) => x.narrow(2, 0, 4),
        /^the step 'bad' of views must give float32 \[12, 3, 8, 8\] as it got, not float32 \[12, 3, 4, 8\]$/,
      ],
      [(x) => x.to('float64'), /not float64 \[12, 3, 8, 8\]$/],
      [() => 5, /^the step 'bad' of views gives no tensor, but 5$/],
      [
        () => {
          throw new Error('no\nway');
        },
        /^the step 'bad' of views failed: no$/,
      ],
    ];
    for (const [apply, message] of bad) {
      assert.throws(
        () => scope(() => stepped(apply)),
        (error) => error instanceof UserError && message.test(error.message),
      );
    }
  });
});
