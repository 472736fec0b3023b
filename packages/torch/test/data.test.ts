import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arange, data, liveCount, manualSeed, scope, type Tensor } from '../src/index.js';

const numbers = (x: Tensor) => Array.from(x.data() as BigInt64Array, Number);

function counting(n: number) {
  const [rows, doubled] = scope(() => {
    const x = arange(n, { dtype: 'int64' });
    return [x, x.mul(2)] as const;
  });
  return { tensors: [rows, doubled], dataset: new data.TensorDataset(rows, doubled) };
}

test('batches hold every example once, side by side, and are freed after their turn', async () => {
  const before = liveCount();
  const { tensors, dataset } = counting(10);
  const own = liveCount();
  for (const shuffle of [false, true]) {
    for (const dropLast of [false, true]) {
      manualSeed(5);
      const loader = new data.DataLoader(dataset, { batch: 4, shuffle, dropLast });
      const passes: number[][] = [];
      for (let pass = 0; pass < 2; pass++) {
        const seen: number[] = [];
        const sizes: number[] = [];
        for await (const [x, y] of loader) {
          assert.deepEqual(
            numbers(y),
            numbers(x).map((value) => 2 * value),
          );
          sizes.push(x.numel);
          seen.push(...numbers(x));
          assert.ok(liveCount() - own <= 4, 'this batch and the next');
        }
        assert.deepEqual(sizes, dropLast ? [4, 4] : [4, 4, 2]);
        assert.equal(loader.length, sizes.length);
        assert.equal(liveCount(), own);
        if (!dropLast)
          assert.deepEqual(
            [...seen].sort((a, b) => a - b),
            [...Array(10).keys()],
          );
        passes.push(seen);
      }
      if (shuffle) assert.notDeepEqual(passes[0], passes[1]);
      else assert.deepEqual(passes[0], passes[1]);
    }
  }
  for (const x of tensors) x.dispose();
  assert.equal(liveCount(), before);
});

test('the order of a shuffled pass comes from the default generator', async () => {
  const { tensors, dataset } = counting(20);
  const pass = async () => {
    manualSeed(7);
    const seen: number[] = [];
    for await (const [x] of new data.DataLoader(dataset, { batch: 3, shuffle: true })) seen.push(...numbers(x));
    return seen;
  };
  assert.deepEqual(await pass(), await pass());
  for (const x of tensors) x.dispose();
});

test('a loop that ends early, by break or by an error, leaves nothing behind', async () => {
  const { tensors, dataset } = counting(10);
  const own = liveCount();
  for await (const [x] of new data.DataLoader(dataset, { batch: 2 })) if (numbers(x)[0] === 2) break;
  assert.equal(liveCount(), own);
  await assert.rejects(async () => {
    for await (const _ of new data.DataLoader(dataset, { batch: 2 })) throw new Error('of the loop');
  }, /of the loop/);
  assert.equal(liveCount(), own);
  for (const x of tensors) x.dispose();
});

test('a data set that reads while the loop works, and one that fails in its turn', async () => {
  const asked: number[][] = [];
  const slow: data.Dataset<{ indices: readonly number[] }> = {
    length: 7,
    async batch(indices) {
      asked.push([...indices]);
      await new Promise((done) => setTimeout(done, 1));
      if (indices.includes(6)) throw new Error('example 6 is unreadable');
      return { indices };
    },
  };
  const seen: number[] = [];
  await assert.rejects(async () => {
    for await (const { indices } of new data.DataLoader(slow, { batch: 3 })) {
      seen.push(...indices);
      assert.equal(asked.length, Math.min(3, seen.length / 3 + 1), 'one ahead');
    }
  }, /example 6 is unreadable/);
  assert.deepEqual(seen, [0, 1, 2, 3, 4, 5]);
});

test('what makes no sense is refused', () =>
  scope(() => {
    const [a, b] = [arange(3), arange(4)];
    assert.throws(() => new data.TensorDataset(a, b), /same number of rows, got 3, 4/);
    assert.throws(() => new data.TensorDataset(), /got none/);
    const dataset = new data.TensorDataset(a);
    assert.throws(() => new data.DataLoader(dataset, { batch: 0 }), /batch must be 1 or more, got 0/);
    const misspelt = { bacth: 3 } as data.LoaderOptions;
    assert.throws(() => new data.DataLoader(dataset, misspelt), /unknown option 'bacth'; it takes batch, shuffle/);
    assert.equal(new data.DataLoader(new data.TensorDataset(arange(0))).length, 0);
  }));
