import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noGrad, ones, rand, scope, setThreads, tensor, threads } from 'tandem-torch';
import { drawParameters, smallView, type ViewParameters } from '../../src/views/index.js';
import { jitter, jitterByTurns } from '../../src/views/jitter.js';
import { applied, indices } from './support.js';

const n = 60;

/** Strong ones: all 24 orders, and some images that are not jittered. */
function drawn(size: number): ViewParameters {
  const strong = { p: 0.9, brightness: 0.8, contrast: 0.8, saturation: 0.8, hue: 0.5 };
  const shape = { channels: 3, height: size, width: size } as const;
  return drawParameters(smallView({ size, jitter: strong }), shape, { seed: 5, draw: 0, view: 0 }, indices(n));
}

test("the kernel does what libtorch's operators do one by one, in every order", () => {
  for (const size of [1, 7, 23, 32, 57]) {
    const parameters = drawn(size);
    const orders = new Set(Array.from({ length: n }, (_, i) => parameters.order.slice(4 * i, 4 * i + 4).join()));
    assert.ok(orders.size > 20, `${orders.size} orders`);
    scope(() => {
      for (const x of [rand([n, 3, size, size]), rand([n, 3, size, size]).round(), ones([n, 3, size, size])]) {
        const expected = x.clone();
        applied('cpu', (staging) => jitterByTurns(parameters, 3, staging))(expected);
        applied('cpu', (staging) => jitter(parameters, 3, staging))(x);
        const off = x.sub(expected).abs().max().item() as number;
        assert.ok(off < 4e-6, `${size}: off by ${off}`);
      }
    });
  }
});

test('is the same to the last bit with any number of threads', () => {
  const parameters = drawn(57);
  const before = threads();
  scope(() => {
    const x = rand([n, 3, 57, 57]);
    const results = [1, 2, 3].map((count) => {
      setThreads(count);
      const own = x.clone();
      applied('cpu', (staging) => jitter(parameters, 3, staging))(own);
      return own.data();
    });
    setThreads(before);
    assert.deepEqual(results[1], results[0]);
    assert.deepEqual(results[2], results[0]);
  });
});

test('the operator refuses what it was not made for', () => {
  scope(() => {
    const amounts = ones([4, 2]);
    const order = tensor(
      [
        [0, 1, 2, 3],
        [3, 2, 1, 0],
      ],
      { dtype: 'uint8' },
    );
    const x = rand([2, 3, 4, 4]);
    const leaf = x.clone();
    leaf.requiresGrad = true;
    assert.throws(() => rand([2, 1, 4, 4]).jitter_(order, amounts), /jitter_\(.*float32 images \[n, 3, h, w\]/);
    assert.throws(() => x.to('float64').jitter_(order, amounts), /float32 images/);
    assert.throws(() => x.transpose(2, 3).jitter_(order, amounts), /contiguous/);
    assert.throws(() => x.jitter_(order.add(1), amounts), /no operation 4/);
    assert.throws(() => x.jitter_(order, ones([2, 4])), /'amounts' must be float32 \[4, 2\]/);
    assert.throws(() => x.jitter_(order.to('int64'), amounts), /'order' must be uint8 \[2, 4\]/);
    assert.throws(() => leaf.jitter_(order, amounts), /no gradient/);
    noGrad(() => leaf.jitter_(order, amounts));
  });
});
