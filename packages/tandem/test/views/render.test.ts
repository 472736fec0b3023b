import assert from 'node:assert/strict';
import { test } from 'node:test';
import { autocast, fromBuffer, liveCount, scope, type Tensor } from 'tandem-torch';
import {
  drawParameters,
  evaluationView,
  type ImageShape,
  makeView,
  makeViews,
  normalisationOf,
  plainParameters,
  render,
  smallView,
  type View,
  type ViewParameters,
} from '../../src/views/index.js';
import { bytes, device, indices, values } from './support.js';

const colour: ImageShape = { channels: 3, height: 32, width: 32 };
const gray: ImageShape = { channels: 1, height: 28, width: 28 };
const key = { seed: 11, draw: 0, view: 0 };
const n = 24;
const raw = { mean: [0, 0, 0], std: [1, 1, 1] };
const full = smallView({ size: 32, blur: { p: 0.5, sigma: [0.1, 2] }, solarize: 0.3, ...raw });

const upload = (data: Uint8Array, shape: ImageShape, count = n): Tensor =>
  fromBuffer(data, [count, shape.channels, shape.height, shape.width]).to(device);
const pixels = bytes(n, colour);
const units = Float32Array.from(pixels, (value) => Math.fround(value / 255));

function rendered(view: View, parameters: ViewParameters, data = pixels, shape = colour): Float32Array {
  return values(() => render(upload(data, shape, parameters.count), view, parameters));
}

/** The values of one image among those of a batch. */
function image(batch: Float32Array, i: number, count = n): Float32Array {
  const stride = batch.length / count;
  return batch.slice(i * stride, (i + 1) * stride);
}

test('plain parameters give the input exactly, whether or not it is resampled', () => {
  const plain = plainParameters(colour, n);
  assert.deepEqual(rendered(full, plain), units);
  const flip = Uint8Array.from({ length: n }, (_, i) => i % 2);
  const flipped = rendered(full, { ...plain, flip });
  for (let i = 0; i < n; i += 2) assert.deepEqual(image(flipped, i), image(units, i));
  for (let i = 1; i < n; i += 2) assert.deepEqual(image(flipped, i), mirror(image(units, i), 32));
});

test('the order of the bytes in memory makes no difference', () => {
  const cropped = drawParameters(full, colour, key, indices(n));
  const { top, left, height, width, flip } = plainParameters(colour, n);
  for (const parameters of [cropped, { ...cropped, top, left, height, width, flip }]) {
    scope(() => {
      const images = upload(pixels, colour);
      const last = images.contiguous({ memoryFormat: 'channelsLast' });
      assert.deepEqual(render(last, full, parameters).data(), render(images, full, parameters).data());
    });
  }
});

test('a flipped view is the mirror image of the one that is not', () => {
  const parameters = drawParameters({ ...full, flip: 0 }, colour, key, indices(n));
  const there = rendered(full, parameters);
  const back = rendered(full, { ...parameters, flip: new Uint8Array(n).fill(1) });
  mirror(back, 32).forEach((value, i) => {
    assert.ok(Math.abs(value - (there[i] as number)) < 1e-5);
  });
});

function mirror(plane: Float32Array, width: number): Float32Array {
  return plane.map((_, i) => plane[i - (i % width) + width - 1 - (i % width)] as number);
}

test('images that are not jittered, grayed, blurred or solarized stay exactly as the others change', () => {
  const drawn = drawParameters(full, colour, key, indices(n));
  const uncropped = { ...plainParameters(colour, n), order: drawn.order };
  const { brightness, contrast, saturation, hue, gray, sigma, solarize } = drawn;
  const out = rendered(full, { ...uncropped, brightness, contrast, saturation, hue, gray, sigma, solarize });
  let untouched = 0;
  for (let i = 0; i < n; i++) {
    if (brightness[i] !== 1 || gray[i] || sigma[i] || solarize[i]) {
      assert.notDeepEqual(image(out, i), image(units, i));
    } else {
      untouched++;
      assert.deepEqual(image(out, i), image(units, i));
    }
  }
  assert.ok(untouched > 0);
});

test('before it is normalised a view lies in [0, 1], for the blackest and whitest images too', () => {
  const strong = { p: 1, brightness: 0.8, contrast: 0.8, saturation: 0.8, hue: 0.5 };
  const view = { ...full, jitter: strong };
  for (const data of [pixels, new Uint8Array(pixels.length), new Uint8Array(pixels.length).fill(255)]) {
    const out = rendered(view, drawParameters(view, colour, key, indices(n)), data);
    assert.ok(out.every((value) => value >= 0 && value <= 1));
  }
});

test('normalising takes the mean away and divides by the standard deviation', () => {
  const { mean, std } = normalisationOf('cifar10', 3);
  const out = rendered({ ...full, mean, std }, plainParameters(colour, n));
  out.forEach((value, i) => {
    const channel = Math.floor(i / 1024) % 3;
    const expected = ((units[i] as number) - (mean[channel] as number)) / (std[channel] as number);
    assert.ok(Math.abs(value - expected) < 1e-5);
  });
});

test('one image many times in a batch gets as many different views, and two views of it differ', () => {
  const one = pixels.slice(0, pixels.length / n);
  const repeated = Uint8Array.from({ length: pixels.length }, (_, i) => one[i % one.length] as number);
  const [first, second] = scope(() =>
    makeViews({ indices: indices(n), bytes: repeated }, colour, [full, full], { seed: 1, draw: 0 }, device).map(
      (view) => view.data() as Float32Array,
    ),
  ) as [Float32Array, Float32Array];
  const seen = new Set(Array.from({ length: n }, (_, i) => image(first, i).join()));
  assert.equal(seen.size, n);
  for (let i = 0; i < n; i++) assert.notDeepEqual(image(first, i), image(second, i));
});

test('a view is the same to the last bit in any batch, and view 0 of several is the view by itself', {
  skip: device !== 'cpu' && 'matrix products of a GPU may depend on the size of the batch',
}, () => {
  const stride = pixels.length / n;
  const make = (rows: number[]) =>
    values(() => {
      const chosen = rows.flatMap((row) => [...pixels.subarray(row * stride, (row + 1) * stride)]);
      const batch = { indices: Uint32Array.from(rows), bytes: Uint8Array.from(chosen) };
      return makeView(batch, colour, full, key);
    });
  const all = make([...indices(n)]);
  const reversed = make([...indices(n)].reverse());
  for (let i = 0; i < n; i++) {
    assert.deepEqual(make([i]), image(all, i));
    assert.deepEqual(image(reversed, n - 1 - i), image(all, i));
  }
  assert.deepEqual(image(make([3, 20, 7]), 1, 3), image(all, 20));
  const several = values(
    () => makeViews({ indices: indices(n), bytes: pixels }, colour, [full, full], key)[0] as Tensor,
  );
  assert.deepEqual(several, all);
});

test('a large view, too, is the same to the last bit in any batch, and contiguous', {
  skip: device !== 'cpu' && 'matrix products of a GPU may depend on the size of the batch',
}, () => {
  const shape = { channels: 3, height: 170, width: 150 } as const;
  const data = bytes(3, shape);
  const stride = data.length / 3;
  const view = { ...full, size: 144, interpolation: 'bicubic', blur: { p: 1, sigma: [0.1, 2] } } as const;
  const make = (rows: number[]) =>
    values(() => {
      const chosen = rows.map((row) => data.subarray(row * stride, (row + 1) * stride));
      const made = makeView({ indices: Uint32Array.from(rows), bytes: Buffer.concat(chosen) }, shape, view, key);
      assert.ok(made.isContiguous());
      return made;
    });
  const all = make([0, 1, 2]);
  for (let i = 0; i < 3; i++) assert.deepEqual(make([i]), image(all, i, 3));
});

test('an image that is gray stays gray under saturation, hue and graying', () => {
  const plane = bytes(n, { ...colour, channels: 1 });
  const grays = Uint8Array.from({ length: pixels.length }, (_, i) => {
    const at = Math.floor(i / 3072) * 1024 + (i % 1024);
    return plane[at] as number;
  });
  const change = new Float32Array(n).fill(0.3);
  const plain = plainParameters(colour, n);
  const out = rendered(full, { ...plain, saturation: change, hue: change, gray: new Uint8Array(n).fill(1) }, grays);
  out.forEach((value, i) => {
    assert.ok(Math.abs(value - (grays[i] as number) / 255) < 1e-6);
  });
});

test('one-channel images: brightness and contrast about the mean, nothing of colour', () => {
  const view = smallView({ size: 28, channels: 1, data: 'mnist', gray: 1 });
  assert.deepEqual(view.mean, [0.1307]);
  assert.deepEqual({ ...view.jitter }, { p: 0.8, brightness: 0.4, contrast: 0.4, saturation: 0, hue: 0 });
  assert.equal(view.gray, 0);
  const data = bytes(n, gray);
  const parameters = { ...plainParameters(gray, n), contrast: new Float32Array(n).fill(0.7) };
  const out = rendered({ ...view, mean: [0], std: [1] }, parameters, data, gray);
  for (let i = 0; i < n; i++) {
    const own = data.subarray(i * 784, (i + 1) * 784);
    const mean = own.reduce((sum, value) => sum + value, 0) / 784;
    own.forEach((value, at) => {
      assert.ok(Math.abs((out[i * 784 + at] as number) - (0.7 * value + 0.3 * mean) / 255) < 1e-5);
    });
  }
  const drawn = values(() => makeView({ indices: indices(n), bytes: data }, gray, view, key, device));
  assert.equal(drawn.length, n * 784);
  assert.ok(drawn.every(Number.isFinite));
});

test('evaluation leaves nothing to chance, and resizes the whole image where it must', () => {
  const batch = { indices: indices(n), bytes: pixels };
  const same = values(() => makeView(batch, colour, evaluationView({ size: 32, ...raw }), null, device));
  assert.deepEqual(same, units);
  const flat = { indices: indices(2), bytes: new Uint8Array(2 * 3 * 20 * 30).fill(51) };
  const oblong = { channels: 3, height: 20, width: 30 } as const;
  scope(() => {
    const out = makeView(flat, oblong, evaluationView({ size: 16, ...raw }), null, device);
    assert.deepEqual([...out.shape], [2, 3, 16, 16]);
    assert.ok((out.data() as Float32Array).every((value) => Math.abs(value - 0.2) < 1e-6));
  });
  const { jitter, crop } = evaluationView({ size: 32 });
  assert.deepEqual([jitter, crop], [null, null]);
});

test('constants fit the channels, and unknown data gets those of ImageNet', () => {
  assert.deepEqual(normalisationOf('mnist', 3).std, [0.3081, 0.3081, 0.3081]);
  assert.deepEqual(normalisationOf(undefined, 3), normalisationOf('toString', 3));
  assert.ok(Math.abs((normalisationOf(undefined, 1).mean[0] as number) - 0.449) < 1e-9);
  assert.deepEqual(evaluationView({ size: 32, data: 'cifar100' }).mean, [0.5071, 0.4865, 0.4409]);
});

test('a view is float32 without gradient whatever the autocast, and the same', () => {
  const parameters = drawParameters(full, colour, key, indices(n));
  const before = rendered(full, parameters);
  scope(() => {
    const view = autocast({ device }, () => render(upload(pixels, colour), full, parameters));
    assert.equal(view.dtype, 'float32');
    assert.equal(view.requiresGrad, false);
    assert.ok(view.isContiguous());
    assert.deepEqual(view.data(), before);
  });
});

test('nothing but the view outlives the making of it', () => {
  const batch = { indices: indices(n), bytes: pixels };
  scope(() => {
    const before = liveCount();
    makeView(batch, colour, full, key, device);
    assert.equal(liveCount(), before + 1);
    makeViews(batch, colour, [full, full, full], key, device);
    assert.equal(liveCount(), before + 4);
  });
  const flat = liveCount();
  for (let draw = 0; draw < 3; draw++) {
    scope(() => void makeViews(batch, colour, [full, full], { seed: 1, draw }, device));
    assert.equal(liveCount(), flat);
  }
});

test('images and parameters that do not belong together are refused', () => {
  const plain = plainParameters(colour, n);
  scope(() => {
    const images = upload(pixels, colour);
    assert.throws(() => render(images.to('float32'), full, plain), /must be uint8/);
    assert.throws(() => render(images.select(0, 0), full, plain), /must be uint8 \[n, c, h, w\]/);
    assert.throws(() => render(images, full, plainParameters(colour, 3)), /parameters for 3/);
    assert.throws(() => render(images, { ...full, mean: [0] }, plain), /3 channels/);
    assert.throws(() => render(images, full, { ...plain, left: plain.left.map(() => 1) }), /leaves the 32 x 32/);
  });
  const batch = { indices: indices(n), bytes: pixels.subarray(1) };
  assert.throws(() => makeView(batch, colour, full, key, device), /bytes, not/);
});
