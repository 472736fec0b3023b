import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withCifar } from '../../harness/cifar.js';
import { takeTurns } from '../../harness/interleave.js';
import { phases, Stopwatch } from '../../harness/stopwatch.js';
import { openTrainer, operationsOfStep } from '../../harness/trainer.js';
import { compared } from './method.js';

const size = { batch: 16, width: 8 };
const short = { short: true, settings: { ...size, rounds: 1 } };

test('blocks take turns, and who begins changes', async () => {
  const order: string[] = [];
  const block = (name: string) => () => order.push(name);
  const samples = await takeTurns([block('a'), block('b')], { least: 3, most: 3, seconds: 0 });
  assert.equal(order.join(''), 'abbaab');
  assert.deepEqual(samples, [
    [1, 4, 5],
    [2, 3, 6],
  ]);
});

test('time within a phase within another counts for the inner one', () => {
  let now = 0;
  const watch = new Stopwatch(() => now);
  watch.during('loss', () => {
    now += 1000;
    watch.during('forward', () => {
      now += 2000;
    });
    now += 4000;
  });
  now += 8000;
  const { loss, forward, 'the rest': rest } = watch.take();
  assert.deepEqual([loss, forward, rest], [5, 2, 8]);
});

test('useful operations are those of the layers in every pass, counted by hand', async () => {
  const [w, batch] = [size.width, size.batch];
  const stage = (inputs: number, side: number, stride: number) => {
    const outputs = inputs * stride;
    const inner = 9 * outputs * outputs * side ** 2;
    const shortcut = stride === 1 ? 0 : inputs * outputs * side ** 2;
    return 9 * inputs * outputs * side ** 2 + 3 * inner + shortcut;
  };
  const encoder = 27 * w * 32 ** 2 + stage(w, 32, 1) + stage(w, 16, 2) + stage(2 * w, 8, 2) + stage(4 * w, 4, 2);
  const layer = 512 * 512;
  const two = encoder + 8 * w * 512 + layer;
  const three = two + layer;
  const forwards = {
    simclr: { trained: 2 * two, still: 0 },
    moco: { trained: two, still: two }, // one view is a query, the other a key
    byol: { trained: 2 * (two + 2 * layer), still: 2 * two },
    simsiam: { trained: 2 * (two + 2 * 512 * 128), still: 0 },
    moby: { trained: 2 * (two + 2 * layer), still: 2 * two },
    'barlow-twins': { trained: 2 * three, still: 0 },
    vicreg: { trained: 2 * three, still: 0 },
    clbo: { trained: 2 * two, still: 2 * two },
  };
  assert.deepEqual(Object.keys(forwards), compared);
  await withCifar(short, async ({ root }) => {
    for (const [method, { trained, still }] of Object.entries(forwards)) {
      const counted = await operationsOfStep({ ...size, method }, root);
      assert.equal(counted, 2 * batch * (3 * trained + still), method);
    }
  });
});

test('each part of a step is seen', async () => {
  await withCifar(short, async ({ images }) => {
    const trainer = openTrainer({ ...size, method: 'byol' }, images);
    const step = await trainer.step();
    await trainer.end();
    for (const phase of phases) assert.ok(step.phases[phase] > 0, phase);
    assert.ok(Number.isFinite(step.loss));
  });
});
