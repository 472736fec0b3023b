import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBuffer, full, scope, type Tensor, tensor } from 'tandem-torch';
import { blurRadius, gaussianBlur } from '../../src/views/blur.js';
import { brightness, contrast, hue, luma, saturation, solarized } from '../../src/views/color.js';
import { type Interpolation, operations, plainParameters, type ViewParameters } from '../../src/views/index.js';
import { jitter } from '../../src/views/jitter.js';
import { resizeMatrices } from '../../src/views/matrices.js';
import { cropAndResize, resample } from '../../src/views/resample.js';
import { resizeTaps } from '../../src/views/taps.js';
import { applied, assertClose, type Case, device, fixture, type LargeCase, pictures, ramps } from './support.js';

const [count, , height, width] = fixture.images.shape as [number, 3, number, number];
const plain = plainParameters({ channels: 3, height, width }, count);
const both = (value: number) => new Float32Array(count).fill(value);
const factors = (n: number, value: number) => full([n, 1, 1, 1], value, { device });

const runs: Record<string, (x: Tensor, given: Case) => Tensor> = {
  resizedCrop: (x, { box, size, interpolation }) =>
    crop(x, boxed(plain, box), size, interpolation).clamp({ min: 0, max: 1 }),
  flip: (x) => crop(x, { ...plain, flip: Uint8Array.of(1, 1) }, [height, width]),
  brightness: (x, { factor }) => brightness(x, factors(count, factor)),
  contrast: (x, { factor }) => contrast(x, factors(count, factor)),
  saturation: (x, { factor }) => saturation(x, factors(count, factor)),
  hue: (x, { shift }) => hue(x, factors(count, shift)),
  grayscale: (x) => luma(x).expand(x.shape),
  solarize: (x) => solarized(x),
  gaussianBlur: (x, { sigma, kernelSize }) => blurred(x, both(sigma), kernelSize),
  jitter: (x, { steps }) => {
    const order = steps.map(([name]) => operations.indexOf(name));
    const amounts = Object.fromEntries(steps.map(([name, amount]) => [name, both(amount)]));
    const parameters = { ...plain, ...amounts, order: Uint8Array.from([...order, ...order]) };
    applied(device, (staging) => jitter(parameters, 3, staging))(x);
    return x;
  },
};

function crop(
  x: Tensor,
  parameters: ViewParameters,
  to: readonly [number, number],
  interpolation: Interpolation = 'bilinear',
): Tensor {
  const { top, left, flip } = parameters;
  const map = (start: Int32Array, extent: Int32Array, flip: Uint8Array, length: number, size: number) => {
    if (device === 'cpu') return resizeTaps(start, extent, flip, length, size, interpolation);
    const lines = tensor([[...start], [...extent], [...flip]], { device }).to('float64');
    return resizeMatrices(lines, length, size, interpolation);
  };
  const rows = map(top, parameters.height, new Uint8Array(count), height, to[0]);
  return resample(x, rows, map(left, parameters.width, flip, width, to[1]));
}

function blurred(x: Tensor, sigmas: Float32Array, kernelSize: number): Tensor {
  return applied(device, (staging) => gaussianBlur(sigmas, (kernelSize - 1) / 2, staging))(x);
}

function boxed(parameters: ViewParameters, box: Case['box']): ViewParameters {
  const same = (value: number) => new Int32Array(count).fill(value);
  const { top, left, height, width } = box;
  return { ...parameters, top: same(top), left: same(left), height: same(height), width: same(width) };
}

for (const [i, given] of fixture.cases.entries()) {
  test(`${given.op} is torchvision's (${given.name ?? i})`, () => {
    const run = runs[given.op];
    assert.ok(run, `no way to run ${given.op}`);
    scope(() => assertClose(run(pictures(), given), given.output, given.op));
  });
}

/** The same on one image of bytes, as views are made of it. */
const onBytes: Record<string, (bytes: Tensor, given: LargeCase) => Tensor> = {
  resizedCrop: (bytes, { image: [channels, height, width], box, size, interpolation }) => {
    const single = plainParameters({ channels, height, width }, 1);
    const same = Object.fromEntries(Object.entries(box).map(([name, value]) => [name, Int32Array.of(value)]));
    const parameters = { ...single, ...same };
    return applied(device, (staging) => cropAndResize(bytes, size, interpolation, parameters, staging))();
  },
  brightness: (bytes, { factor }) => brightness(unit(bytes), factors(1, factor)),
  contrast: (bytes, { factor }) => contrast(unit(bytes), factors(1, factor)),
  saturation: (bytes, { factor }) => saturation(unit(bytes), factors(1, factor)),
  grayscale: (bytes) => luma(unit(bytes)).expand(bytes.shape).contiguous(),
  solarize: (bytes) => solarized(unit(bytes)),
  gaussianBlur: (bytes, { sigma, kernelSize }) => blurred(unit(bytes), Float32Array.of(sigma), kernelSize),
};

const unit = (bytes: Tensor) => bytes.to('float32').div_(255);

for (const given of fixture.large) {
  const { op, image, shape, places, exact, eight, ...rest } = given;
  test(`${op} of ${image.join('x')} is torchvision's, and its 8-bit one within 2/255 (${JSON.stringify(rest)})`, () => {
    const run = onBytes[op];
    assert.ok(run, `no way to run ${op}`);
    scope(() => {
      const out = run(fromBuffer(ramps(image), [1, ...image]).to(device), given);
      assert.deepEqual([...out.shape], [1, ...shape]);
      const found = out.data() as Float32Array;
      places.forEach((place, i) => {
        const value = found[place] as number;
        assert.ok(Math.abs(value - (exact[i] as number)) < 2e-6, `pixel ${place} is ${value}, expected ${exact[i]}`);
        const off = Math.abs(value * 255 - (eight[i] as number));
        assert.ok(off <= 2, `pixel ${place} is ${value * 255} of 255, in 8 bits ${eight[i]}`);
      });
    });
  });
}

test("the blur's kernel is about a tenth of the side and odd", () => {
  const kernel = (size: number) => 2 * blurRadius(size) + 1;
  assert.deepEqual([28, 32, 64, 96, 224].map(kernel), [3, 3, 7, 9, 23]);
});
