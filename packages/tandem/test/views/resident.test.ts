import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { scope, type Tensor, upload } from 'tandem-torch';
import { makeViews, residentImages, smallView } from '../../src/views/index.js';
// before libtorch is asked which devices there are
import { testDevice, uncounted } from '../device.js';
import { noise } from '../support.js';

const skip = testDevice === undefined && 'libtorch has CUDA: name a device in TANDEM_TEST_DEVICE';
const { device, isReal, sent } = testDevice ?? { device: 'cpu', isReal: true, ...uncounted };
const set = noise(40, { channels: 3, side: 16 });
const stride = 3 * 16 * 16;

test('nothing is resident on the CPU', () => {
  assert.equal(residentImages(set, 'cpu'), undefined);
});

describe('images in the memory of the device', { skip }, () => {
  const indices = Uint32Array.of(39, 0, 7, 7, 12);
  const gathered = Uint8Array.from(
    [...indices].flatMap((i) => [...(set.pixels as Uint8Array).subarray(i * stride, (i + 1) * stride)]),
  );
  const views = (bytes: Uint8Array | Tensor) =>
    scope(() =>
      makeViews(
        { indices, bytes },
        set,
        [smallView({ size: 16 }), smallView({ size: 8 })],
        { seed: 1, draw: 2 },
        device,
      ).map((view) => view.data()),
    );

  test('give the same views to the last bit, for an index instead of the pixels', {
    skip: isReal && 'bytes are not counted',
  }, () => {
    const all = residentImages(set, device) as Tensor;
    try {
      const start = sent();
      const expected = views(gathered);
      const between = sent();
      const picked = scope(() => views(all.indexSelect(0, upload(Int32Array.from(indices), [indices.length], device))));
      assert.deepEqual(picked, expected);
      assert.equal(between - start - (sent() - between), gathered.length - 4 * indices.length);
    } finally {
      all.dispose();
    }
  });

  test('are all of the set, also where it goes over in parts', () => {
    const pixels = Buffer.alloc(400 * 3 * 256 * 256, 'of no length that divides theirs');
    const large = { ...set, count: 400, height: 256, width: 256, pixels };
    const all = residentImages(large, device) as Tensor;
    try {
      assert.deepEqual(all.shape, [400, 3, 256, 256]);
      assert.ok(Buffer.from(all.bytes()).equals(pixels));
    } finally {
      all.dispose();
    }
  });

  test('may take a third of what is free', () => {
    const bytes = 40 * stride;
    assert.equal(residentImages(set, device, 3 * bytes - 3), undefined);
    residentImages(set, device, 3 * bytes)?.dispose();
  });
});
