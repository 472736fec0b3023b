import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cat, randn, scope, type Tensor } from 'tandem-torch';
import { z } from 'zod';
import { bytesOf } from '../../src/images/index.js';
import { resolveConfig, use } from '../../src/pretrain/index.js';
import { runViews } from '../../src/pretrain/views.js';
import {
  defineView,
  evaluationView,
  type ImageRandom,
  makeView,
  stepsIn,
  type View,
  ViewStepError,
} from '../../src/views/index.js';
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
const shift = defineView({
  name: 'shift',
  summary: 'adds a number of its own to each image',
  options: z.strictObject({ most: z.number().positive().default(1), only: z.boolean().default(false) }),
  apply: (x, random, { most }) => x.add(random.uniform(0, most)),
});

type Apply = (x: Tensor, random: ImageRandom) => unknown;

const stepped = (apply: Apply) =>
  made({ ...plain, steps: [{ name: 'bad', after: 'blur', options: {}, apply: apply as (x: Tensor) => Tensor }] });

describe("steps of views of one's own", () => {
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
      assert.equal(seen.at(-1), -1.75); // 0.25, which solarizing leaves, less the mean
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

  test('draw as many numbers an image as they like, even and normal, and others when named twice', () =>
    scope(() => {
      let [even, normal] = [[0], [0]];
      stepped((x, random) => {
        [even, normal] = [random.uniform(2, 3, [40, 50]), random.normal(1, 2, [40, 50])].map((numbers) => {
          assert.deepEqual(numbers.shape.slice(1), [40, 50]);
          return Array.from(numbers.data(), Number);
        }) as [number[], number[]];
        return x;
      });
      const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
      const deviation = (values: readonly number[]) => Math.sqrt(mean(values.map((x) => (x - mean(values)) ** 2)));
      assert.equal(even.length, 12 * 40 * 50);
      assert.ok(Math.min(...even) >= 2 && Math.max(...even) < 3 && Math.abs(mean(even) - 2.5) < 0.01);
      // Five standard errors of 24,000 numbers.
      assert.ok(Math.abs(mean(normal) - 1) < 0.07 && Math.abs(deviation(normal) - 2) < 0.05);
      assert.ok(Math.abs(mean(normal.map((x) => Number(Math.abs(x - 1) < 2))) - 0.6827) < 0.015);
      const [once, twice] = [1, 2].map((times) => {
        const steps = new Array(times).fill(shift.configure({}, 'normalise'));
        return made({ ...plain, steps })
          .sub(made(plain))
          .flatten({ startDim: 1 })
          .mean(1);
      }) as [Tensor, Tensor];
      assert.ok(Number(twice.sub(once.mul(2)).abs().amax().item()) > 0.01);
    }));

  test('may give a view of what they got', () =>
    scope(() =>
      same(
        stepped((x) => x.transpose(2, 3)),
        made(plain).transpose(2, 3),
      ),
    ));

  test('that change the shape, give something else or fail are one clear line', () => {
    const alone = /^the step 'bad' of views gives an image otherwise alone, or a second time, than among others; draw/;
    const bad: [Apply, RegExp][] = [
      [(x) => x.log(), /^the step 'bad' of views gives NaN or infinity in \d+ of 12 images; look for a division/],
      [(x) => x.add(x.narrow(1, 0, 1).mul(0).div(0)), /gives NaN or infinity in 12 of 12 images/],
      [(x) => x.add(randn(x.shape)), alone],
      [(x) => x.add(x.flip([0])).div(2), alone],
      [
        (x) => x.narrow(2, 0, 4),
        /^the step 'bad' of views must give float32 \[12, 3, 8, 8\] as it got, not float32 \[12, 3, 4, 8\]$/,
      ],
      [(x) => x.to('float64'), /not float64 \[12, 3, 8, 8\]; end it with \.to\('float32'\)$/],
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
        (error) => error instanceof ViewStepError && message.test(error.message),
      );
    }
  });
});
