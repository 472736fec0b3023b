import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { scope, type Tensor, tensor } from 'tandem-torch';
import {
  drawParameters,
  evaluationView,
  type ImageShape,
  plainParameters,
  render,
  type View,
  type ViewParameters,
  viewPresetNames,
  viewsPreset,
} from '../../src/views/index.js';
import { blurMatrices, resizeMatrices } from '../../src/views/matrices.js';
import { blurReach, blurTaps, interpolations, resizeTaps } from '../../src/views/taps.js';
// before libtorch is asked which devices there are
import { testDevice, uncounted } from '../device.js';
import { bytes, indices, matrices } from './support.js';

function assertSame(found: Tensor, expected: Tensor, label: string, atol = 1e-13): void {
  assert.deepEqual(found.shape, expected.shape, label);
  assert.equal(found.dtype, 'float32');
  const off = found.sub(expected).abs().max().item();
  assert.ok(off <= atol, `${label}: off by ${off}`);
}

test('matrices that operators make are those of the host, wherever the part lies and however it is resized', () => {
  for (const interpolation of interpolations) {
    for (const [length, size] of [
      [1, 1],
      [5, 8],
      [32, 32],
      [97, 24],
      [64, 63],
      [301, 49],
      [40, 224],
    ] as const) {
      const parts = [0, 1, 2, 3, 4, 5].map((i) => {
        const extent = Math.max(1, Math.round((length * (i + 1)) / 6));
        return { start: Math.floor(((length - extent) * (i % 4)) / 3), extent, flip: i % 2 };
      });
      const [start, extent] = [Int32Array.from(parts, (p) => p.start), Int32Array.from(parts, (p) => p.extent)];
      const flip = Uint8Array.from(parts, (p) => p.flip);
      scope(() => {
        const lines = tensor([[...start], [...extent], [...flip]], { dtype: 'float64' });
        const expected = matrices(resizeTaps(start, extent, flip, length, size, interpolation));
        assertSame(
          resizeMatrices(lines, length, size, interpolation),
          expected,
          `${interpolation} ${length} to ${size}`,
        );
        const narrow = resizeMatrices(lines.to('float32'), length, size, interpolation);
        assertSame(narrow, expected, `${interpolation} ${length} to ${size} in float32`, 1e-6);
        // As part of a longer line.
        const more = resizeMatrices(lines, length + 30, size, interpolation);
        assertSame(more.narrow(2, 0, length), expected, `${interpolation} ${length} to ${size} of more`);
        assert.equal(more.narrow(2, length, 30).abs().max().item(), 0);
      });
    }
  }
});

test('also those of a blur, mirrored at either end', () => {
  const sigmas = Float32Array.of(0.1, 0.7, 1.3, 2, 20);
  for (const [radius, length] of [
    [1, 2],
    [1, 32],
    [4, 9],
    [11, 12],
    [11, 224],
  ] as const) {
    for (const own of [sigmas, sigmas.subarray(0, 2)]) {
      scope(() => {
        const found = blurMatrices(tensor(own, { dtype: 'float64' }), blurReach(own, radius), length);
        // Mirrored weights are added in float32, one of them rounded before.
        assertSame(found, matrices(blurTaps(own, radius, length)), `${radius}, ${length}`, 2 ** -24);
      });
    }
  }
});

const skip = testDevice === undefined && 'libtorch has CUDA: name a device in TANDEM_TEST_DEVICE';
const { device, isReal, reads, sends } = testDevice ?? { device: 'cpu', isReal: true, ...uncounted };

describe(`views on ${device}`, { skip }, () => {
  const n = 12;

  /** Makes the same views on both. */
  function assertView(shape: ImageShape, view: View, parameters: ViewParameters, label: string): void {
    const data = bytes(parameters.count, shape);
    scope(() => {
      const images = tensor(data, { shape: [parameters.count, shape.channels, shape.height, shape.width] });
      const expected = render(images, view, parameters);
      const there = images.to(device);
      const [sent, waited] = [sends(), reads()];
      const found = render(there, view, parameters);
      if (!isReal) assert.deepEqual([sends() - sent, reads() - waited], [1, 0], `${label}: copies, and reads`);
      assert.deepEqual(found.shape, expected.shape, label);
      const off = found.to('cpu').sub(expected).abs().max().item() * Math.max(...view.std);
      assert.ok(off <= (isReal ? 1e-3 : 1e-5), `${label}: off by ${off}`);
    });
  }

  for (const name of viewPresetNames) {
    test(`${name}: the pixels of the CPU, for one copy each`, () => {
      for (const [channels, height, width, size] of [
        [3, 32, 32, 32],
        [3, 40, 50, 24],
        [3, 97, 90, 80],
        [1, 28, 28, 28],
      ] as const) {
        if (name === 'gray' && channels === 3) continue;
        const shape = { channels, height, width };
        for (const [number, view] of viewsPreset(name, { size, channels }).entries()) {
          const parameters = drawParameters(view, shape, { seed: 4, draw: 1, view: number }, indices(n));
          assertView(shape, view, parameters, `${name} ${number} ${channels}x${height}x${width}`);
        }
      }
    });
  }

  test('each operation by itself, of some images and of all', () => {
    const shape = { channels: 3, height: 36, width: 44 } as const;
    const plain = plainParameters(shape, n);
    const amounts = Float32Array.from({ length: n }, (_, i) => 0.3 + 0.1 * i);
    const some = (values: Float32Array, neutral: number) => values.map((value, i) => (i % 3 ? value : neutral));
    const flags = new Uint8Array(n).fill(1);
    const changes: Record<string, Partial<ViewParameters>[]> = {
      crop: [
        {
          top: new Int32Array(n).fill(3),
          height: new Int32Array(n).fill(7),
          left: new Int32Array(n).fill(20),
          width: new Int32Array(n).fill(24),
        },
      ],
      flip: [{ flip: flags }, { flip: flags.map((_, i) => i % 2) }],
      brightness: [{ brightness: amounts }, { brightness: some(amounts, 1) }],
      contrast: [{ contrast: amounts }, { contrast: some(amounts, 1) }],
      saturation: [{ saturation: amounts }, { saturation: some(amounts, 1) }],
      hue: [{ hue: amounts.map((x) => x - 0.5) }, { hue: some(amounts, 0).map((x) => x / 3) }],
      gray: [{ gray: flags }, { gray: flags.map((_, i) => i % 2) }],
      sigma: [{ sigma: amounts }, { sigma: some(amounts, 0) }],
      solarize: [{ solarize: flags }, { solarize: flags.map((_, i) => i % 2) }],
    };
    for (const interpolation of interpolations) {
      for (const [name, variants] of Object.entries(changes)) {
        for (const [i, change] of variants.entries()) {
          const view = { ...evaluationView({ size: 30 }), interpolation };
          assertView(shape, view, { ...plain, ...change }, `${name} ${i} ${interpolation}`);
        }
      }
      const alone = {
        ...plainParameters(shape, 1),
        ...Object.fromEntries(
          Object.entries({ top: 2, left: 9, height: 30, width: 21 }).map(([k, v]) => [k, Int32Array.of(v)]),
        ),
        flip: Uint8Array.of(1),
      };
      assertView(shape, { ...evaluationView({ size: 30 }), interpolation }, alone, 'a single image');
    }
  });
});
