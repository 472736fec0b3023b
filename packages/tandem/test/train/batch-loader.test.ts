import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { liveCount, scope, type Tensor, uploadAsync } from 'tandem-torch';
import { Batches, gather } from '../../src/images/index.js';
import { loadBatches } from '../../src/train/batch-loader.js';
import { residentImages } from '../../src/views/index.js';
// before libtorch is asked which devices there are
import { testDevice, uncounted } from '../device.js';
import { noise } from '../support.js';

const skip = testDevice === undefined && 'libtorch has CUDA: name a device in TANDEM_TEST_DEVICE';
const { device, isReal, reads, sends, sent, shared } = testDevice ?? { device: 'cpu', isReal: true, ...uncounted };

const set = noise(26, { channels: 3, side: 8 });
const each = 3 * 8 * 8;
// three in a pass, the rest of two images is left out
const batches = new Batches(set, { batch: 8, seed: 5 });

/** Where each batch stands in the run, and what it brought. */
async function loaded(
  where: string,
  repeats = 1,
  startStep = 0,
  resident?: Tensor,
): Promise<[number, number[], Uint8Array][]> {
  const found: [number, number[], Uint8Array][] = [];
  for await (const batch of loadBatches(batches, { passes: 2, repeats }, startStep, where, resident)) {
    const { pass, indices, bytes } = batch;
    found.push([pass, [...indices], bytes instanceof Uint8Array ? bytes : bytes.bytes()]);
  }
  return found;
}

test('a run is all batches of all its passes, each in an order of its own', async () => {
  const expected = [0, 1].flatMap((pass) =>
    [...batches.epoch(pass)].map(({ indices, bytes }) => [pass, [...indices], bytes]),
  );
  assert.deepEqual(await loaded('cpu'), expected);
  assert.notDeepEqual(expected[0], expected[3]);
});

test('goes on from any step, also between two steps with the same batch, and ends with the last', async () => {
  const all = await loaded('cpu');
  for (let step = 0; step <= 6; step++) assert.deepEqual(await loaded('cpu', 1, step), all.slice(step));
  for (const [step, batch] of [
    [1, 0],
    [3, 1],
    [11, 3],
    [17, 5],
    [18, 6],
  ] as const) {
    assert.deepEqual(await loaded('cpu', 3, step), all.slice(batch), `from step ${step}`);
  }
});

describe(`images for ${device}`, { skip }, () => {
  test('are those of the CPU, sent ahead or picked there, from any step', async () => {
    const before = liveCount();
    const resident = residentImages(set, device) as Tensor;
    for (const [repeats, step] of [
      [1, 0],
      [1, 2],
      [1, 5],
      [3, 4],
      [3, 17],
      [3, 18],
    ] as const) {
      const expected = await loaded('cpu', repeats, step);
      assert.deepEqual(await loaded(device, repeats, step), expected);
      assert.deepEqual(await loaded(device, repeats, step, resident), expected);
    }
    resident.dispose();
    assert.equal(liveCount(), before);
  });

  test('go over once for all steps of a batch, one batch ahead, and the host waits for nothing', {
    skip: isReal && 'nothing is counted',
  }, async () => {
    const [before, bytes, told] = [sends(), sent(), shared()];
    const waited = reads();
    let turn = 0;
    for await (const { bytes: images } of loadBatches(batches, { passes: 2, repeats: 3 }, 7, device, undefined)) {
      assert.deepEqual((images as Tensor).shape, [8, 3, 8, 8]);
      turn += 1;
      assert.equal(sends() - before, Math.min(turn + 1, 4));
      // The allocator knows of each that the work uses memory of the other stream.
      assert.equal(shared() - told, turn);
    }
    assert.equal(turn, 4);
    assert.equal(sent() - bytes, 4 * 8 * each);
    assert.equal(reads(), waited);
  });

  test('leave nothing behind where the run ends early', async () => {
    const before = liveCount();
    for await (const { bytes } of loadBatches(batches, { passes: 2, repeats: 1 }, 0, device, undefined)) {
      assert.ok(bytes);
      break;
    }
    assert.equal(liveCount(), before);
    let readable = 2;
    const failing = {
      ...set,
      get pixels() {
        if (readable-- === 0) throw new Error('unreadable');
        return set.pixels;
      },
    };
    const some = new Batches(failing, { batch: 8, seed: 5 });
    const all = async () => {
      for await (const batch of loadBatches(some, { passes: 1, repeats: 1 }, 0, device, undefined)) assert.ok(batch);
    };
    await assert.rejects(all(), /unreadable/);
    assert.equal(liveCount(), before);
  });

  test('are there for whoever takes them, whatever becomes of the array that was sent', () => {
    const array = gather(set, [3, 1]);
    const expected = Uint8Array.from(array);
    const first = uploadAsync(array, [2, 3, 8, 8], device);
    array.fill(0);
    const second = uploadAsync(array, [2, 3, 8, 8], device);
    scope(() => assert.deepEqual(first.take().bytes(), expected)); // no scope frees it
    const x = first.take();
    assert.deepEqual(x.bytes(), expected);
    x.dispose();
    second.dispose();
  });
});
