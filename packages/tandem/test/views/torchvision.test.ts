import assert from 'node:assert/strict';
import { test } from 'node:test';
import { empty, scope, type Tensor } from '@tandem/torch';
import { blurRadius, gaussianBlur } from '../../src/views/blur.js';
import { brightness, contrast, hue, luma, saturation, solarized } from '../../src/views/color.js';
import { operations, plainParameters, type ViewParameters } from '../../src/views/index.js';
import { jitter } from '../../src/views/jitter.js';
import { resample } from '../../src/views/resample.js';
import { resizeTaps } from '../../src/views/taps.js';
import { assertClose, type Case, fixture, pictures } from './support.js';

const [count, , height, width] = fixture.images.shape as [number, 3, number, number];
const plain = plainParameters({ channels: 3, height, width }, count);
const both = (value: number) => new Float32Array(count).fill(value);

const runs: Record<string, (x: Tensor, given: Case) => Tensor> = {
  resizedCrop: (x, { box, size }) => crop(x, boxed(plain, box), size),
  flip: (x) => crop(x, { ...plain, flip: Uint8Array.of(1, 1) }, [height, width]),
  brightness: (x, { factor }) => brightness(x, both(factor)),
  contrast: (x, { factor }) => contrast(x, both(factor)),
  saturation: (x, { factor }) => saturation(x, both(factor)),
  hue: (x, { shift }) => hue(x, both(shift)),
  grayscale: (x) => luma(x).expand(x.shape),
  solarize: (x) => solarized(x),
  gaussianBlur: (x, { sigma, kernelSize }) => gaussianBlur(x, both(sigma), (kernelSize - 1) / 2),
  jitter: (x, { steps }) => {
    const order = steps.map(([name]) => operations.indexOf(name));
    const amounts = Object.fromEntries(steps.map(([name, amount]) => [name, both(amount)]));
    jitter(x, { ...plain, ...amounts, order: Uint8Array.from([...order, ...order]) });
    return x;
  },
};

function crop(x: Tensor, parameters: ViewParameters, to: readonly [number, number]): Tensor {
  const { top, left, flip } = parameters;
  const rows = resizeTaps(top, parameters.height, null, height, to[0], 'bilinear');
  const out = empty([count, 3, ...to]);
  resample(x, rows, resizeTaps(left, parameters.width, flip, width, to[1], 'bilinear'), out);
  return out;
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

test("the blur's kernel is about a tenth of the side and odd", () => {
  const kernel = (size: number) => 2 * blurRadius(size) + 1;
  assert.deepEqual([28, 32, 64, 96, 224].map(kernel), [3, 3, 7, 9, 23]);
});
