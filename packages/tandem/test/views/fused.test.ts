import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBuffer, ones, rand, scope, setThreads, type Tensor, tensor, threads } from 'tandem-torch';
import {
  drawParameters,
  evaluationView,
  type ImageShape,
  plainParameters,
  render,
  smallView,
  type View,
  type ViewParameters,
} from '../../src/views/index.js';
import { bytes, indices, values } from './support.js';

const n = 12;
const strong = { p: 0.8, brightness: 0.8, contrast: 0.8, saturation: 0.8, hue: 0.5 };
const often = { jitter: strong, gray: 0.4, blur: { p: 0.5, sigma: [0.1, 2] }, solarize: 0.3 } as const;

/** With a step that does nothing, views are made by one operator after the other. */
const inSteps = (view: View): View => ({
  ...view,
  steps: [{ name: 'nothing', after: 'normalise', options: {}, apply: (images) => images }],
});

function both(view: View, shape: ImageShape, parameters: ViewParameters): [Float32Array, Float32Array] {
  const made = (own: View) =>
    values(() => render(fromBuffer(bytes(n, shape), [n, 3, shape.height, shape.width]), own, parameters));
  return [made(view), made(inSteps(view))];
}

for (const [size, height, width] of [
  [32, 32, 32],
  [20, 45, 31],
  [50, 23, 37],
  [128, 150, 171],
  [131, 131, 131],
  [160, 90, 400],
] as const) {
  for (const interpolation of ['bilinear', 'bicubic'] as const) {
    test(`one operator makes the views that many do, to the last bit: ${width} x ${height} to ${size}, ${interpolation}`, () => {
      const shape = { channels: 3, height, width };
      const view = smallView({ size, interpolation, ...often, data: 'imagenet' });
      for (const draw of [0, 1]) {
        const [own, wanted] = both(view, shape, drawParameters(view, shape, { seed: 3, draw, view: 0 }, indices(n)));
        assert.deepEqual(own, wanted);
      }
    });
  }
}

test('also where some images are taken as they are, or all', () => {
  for (const size of [32, 128]) {
    const shape = { channels: 3, height: size, width: size };
    const view = smallView({ size, ...often, data: 'imagenet' });
    const drawn = drawParameters(view, shape, { seed: 3, draw: 0, view: 0 }, indices(n));
    const plain = plainParameters(shape, n);
    const { brightness, contrast, saturation, hue, order, sigma } = drawn;
    const whole = { ...plain, brightness, contrast, saturation, hue, order, sigma, key: drawn.key };
    const flip = Uint8Array.from({ length: n }, (_, i) => i % 2);
    for (const parameters of [whole, { ...whole, flip }]) {
      const [own, wanted] = both(view, shape, parameters);
      assert.deepEqual(own, wanted);
    }
    const evaluated = evaluationView({ size, data: 'imagenet' });
    const [own, wanted] = both(evaluated, shape, plain);
    assert.deepEqual(own, wanted);
  }
});

test('with any number of threads', () => {
  const shape = { channels: 3, height: 150, width: 140 };
  const view = smallView({ size: 128, ...often });
  const parameters = drawParameters(view, shape, { seed: 3, draw: 0, view: 0 }, indices(n));
  const before = threads();
  const made = [1, 2, 3].map((count) => {
    setThreads(count);
    return both(view, shape, parameters)[0];
  });
  setThreads(before);
  assert.deepEqual(made[1], made[0]);
  assert.deepEqual(made[2], made[0]);
});

test('the operator refuses what it was not made for', () => {
  scope(() => {
    const uint8 = (shape: number[]) => ones(shape, { dtype: 'uint8' });
    const int32 = (shape: number[]) => ones(shape, { dtype: 'int32' }).sub(1);
    const good = {
      images: uint8([2, 3, 6, 5]),
      rows: int32([2, 4]),
      rowWeights: rand([2, 4, 3]),
      columns: int32([2, 4]),
      columnWeights: rand([2, 4, 2]),
      order: tensor([0, 1, 2, 3, 3, 2, 1, 0], { shape: [2, 4], dtype: 'uint8' }),
      amounts: rand([4, 2]),
      gray: uint8([2]),
      blurEach: tensor([0, 2], { dtype: 'int32' }),
      blur: int32([4]),
      blurWeights: rand([8]),
      solarize: uint8([2]),
      mean: [0, 0, 0],
    };
    const made = (changed: Partial<typeof good>): Tensor => {
      const all = { ...good, ...changed };
      const { images, rows, rowWeights, columns, columnWeights, order, amounts, gray } = all;
      const { blurEach, blur, blurWeights, solarize, mean } = all;
      const maps = [rows, rowWeights, columns, columnWeights] as const;
      const blurs = [blurEach, blur, blurWeights] as const;
      return images.renderViews(...maps, 255, order, amounts, gray, ...blurs, solarize, mean, [1, 1, 1]);
    };
    assert.deepEqual(made({}).shape, [2, 3, 4, 4]);
    const wrong: readonly [Partial<typeof good>, RegExp][] = [
      [{ images: uint8([2, 1, 6, 5]) }, /renderViews\(.*uint8 images \[n, 3, h, w\]/],
      [{ images: rand([2, 3, 6, 5]) }, /uint8 images/],
      [{ rows: int32([2, 4]).add(4) }, /'rows' leave the 6 pixels/],
      [{ columns: int32([2, 4]).sub(1) }, /'columns' leave the 5 pixels/],
      [{ columnWeights: rand([2, 3, 2]) }, /weights of 'columns' must be float32 \[2, 4, each\]/],
      [{ order: good.order.add(1) }, /no operation 4/],
      [{ amounts: rand([2, 4]) }, /'amounts' must be float32 \[4, 2\]/],
      [{ gray: uint8([3]) }, /'gray' and 'solarize' must be uint8 \[2\]/],
      [{ blurEach: int32([2]).add(2) }, /fewer maps than blurred images/],
      [{ blurWeights: rand([7]) }, /fewer maps than blurred images/],
      [{ blur: int32([4]).add(3) }, /'blur' leaves the 4 pixels/],
      [{ mean: [0, 0] }, /three means and slopes/],
    ];
    for (const [changed, message] of wrong) assert.throws(() => made(changed), message);
  });
});
