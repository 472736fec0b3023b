import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { liveCount, manualSeed, noGrad, scope, type Tensor, tensor } from 'tandem-torch';
import { KeyQueue } from '../../src/step/index.js';
import { assertClose, elements, hash, normal } from '../support.js';

/** Keys that tell where they come from: row i of batch b holds b and i. */
function keys(batch: number, count: number): Tensor {
  return tensor(
    Float32Array.from({ length: 2 * count }, (_, k) => (k % 2 === 0 ? batch : k >> 1)),
    { shape: [count, 2] },
  );
}

const rows = (keys: Tensor | undefined) => (keys as Tensor).toArray() as number[][];

describe('KeyQueue', () => {
  test('at first: unit rows in all directions, each tensor its own, and the pointer at 0', () => {
    manualSeed(1);
    const queue = new KeyQueue(500, 3, { count: 2 });
    assert.equal(queue.tensors.length, 2);
    for (const x of queue.tensors) {
      assert.deepEqual([...x.shape], [500, 3]);
      assertClose(x.norm(2, [1]), new Array(500).fill(1), { atol: 1e-6 });
      // Of directions that are evenly spread, the coordinates have mean 0 and variance 1 / d.
      assertClose(x.mean([0]), [0, 0, 0], { atol: 4 / Math.sqrt(3 * 500) });
      assertClose(x.square().mean([0]), [1 / 3, 1 / 3, 1 / 3], { atol: 0.06 });
      assert.equal(x.requiresGrad, false);
    }
    assert.notEqual(hash([queue.tensors[0] as Tensor]), hash([queue.tensors[1] as Tensor]));
    assert.deepEqual(elements(queue.pointer), [0]);
    assert.equal(queue.pointer.dtype, 'int64');
  });

  test('the default generator decides on the rows', () => {
    const made = (seed: number) => {
      manualSeed(seed);
      return hash([...new KeyQueue(4, 3).tensors]);
    };
    assert.equal(made(1), made(1));
    assert.notEqual(made(1), made(2));
  });

  test('dtype is where the networks are', () => {
    const { tensors, pointer } = new KeyQueue(4, 3, { dtype: 'float64', device: 'cpu' });
    assert.equal(tensors[0]?.dtype, 'float64');
    assert.equal(pointer.dtype, 'int64');
  });

  test('first in, first out: the newest take the place of the oldest, in order, around the end', () => {
    const queue = new KeyQueue(6, 2);
    const first = rows(queue.tensors[0]);
    queue.enqueue(keys(1, 2));
    assert.deepEqual(rows(queue.tensors[0]), [[1, 0], [1, 1], ...first.slice(2)]);
    assert.equal(queue.pointer.item(), 2);
    queue.enqueue(keys(2, 2));
    queue.enqueue(keys(3, 2));
    assert.equal(queue.pointer.item(), 0);
    queue.enqueue(keys(4, 2));
    assert.deepEqual(rows(queue.tensors[0]), [
      [4, 0],
      [4, 1],
      [2, 0],
      [2, 1],
      [3, 0],
      [3, 1],
    ]);
    assert.equal(queue.pointer.item(), 2);
  });

  test('a whole queue at once', () => {
    const queue = new KeyQueue(3, 2);
    queue.enqueue(keys(7, 3));
    assert.deepEqual(rows(queue.tensors[0]), [
      [7, 0],
      [7, 1],
      [7, 2],
    ]);
    assert.equal(queue.pointer.item(), 0);
  });

  test('several tensors share the pointer, and each gets its own keys', () => {
    const queue = new KeyQueue(4, 2, { count: 2 });
    queue.enqueue(keys(1, 2), keys(10, 2));
    queue.enqueue(keys(2, 2), keys(20, 2));
    assert.deepEqual(rows(queue.tensors[0]), [
      [1, 0],
      [1, 1],
      [2, 0],
      [2, 1],
    ]);
    assert.deepEqual(rows(queue.tensors[1]), [
      [10, 0],
      [10, 1],
      [20, 0],
      [20, 1],
    ]);
    assert.equal(queue.pointer.item(), 0);
  });

  test('keys of half precision are widened, what comes in is copied, and no gradient is recorded', () =>
    scope(() => {
      const queue = new KeyQueue(4, 2);
      const given = keys(1, 2).to('bfloat16').clone();
      queue.enqueue(given);
      given.zero_();
      assert.deepEqual(rows(queue.tensors[0]).slice(0, 2), [
        [1, 0],
        [1, 1],
      ]);
      const learned = keys(2, 2).clone();
      learned.requiresGrad = true;
      queue.enqueue(learned.mul(1));
      assert.equal(queue.tensors[0]?.requiresGrad, false);
      assert.equal(queue.tensors[0]?.dtype, 'float32');
    }));

  test('the state holds all: another queue goes on from it in the same bits', () => {
    const [one, other] = [new KeyQueue(6, 3, { count: 2 }), new KeyQueue(6, 3, { count: 2 })];
    const feed = (queue: KeyQueue, seed: number) =>
      scope(() => queue.enqueue(normal([2, 3], seed, 'float32'), normal([2, 3], seed + 1, 'float32')));
    feed(one, 1);
    feed(one, 3);
    assert.deepEqual(Object.keys(one.state), ['bank1', 'bank2', 'pointer']);
    noGrad(() => {
      for (const [name, x] of Object.entries(other.state)) x.copy_(one.state[name] as Tensor);
    });
    for (const seed of [5, 7]) {
      feed(one, seed);
      feed(other, seed);
    }
    assert.equal(hash(Object.values(other.state)), hash(Object.values(one.state)));
  });

  test('steps make no tensor that stays', () => {
    const queue = new KeyQueue(6, 2);
    const before = liveCount();
    for (let i = 0; i < 5; i++) scope(() => queue.enqueue(keys(i, 3)));
    assert.equal(liveCount(), before);
  });
});
