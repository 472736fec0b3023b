import assert from 'node:assert/strict';
import test from 'node:test';
import { cat, liveCount, tensor } from 'tandem-torch';
import { chained, led } from '../../src/curate/alike.js';
import { cosinesOf, unitRows } from './making.js';

test('groups are the connected parts of all pairs above the threshold, as a plain walk finds them', async () => {
  // Wider than a block of cosines, with copies far from what they are copies of.
  const few = unitRows(200, 4, 1);
  const x = cat([few, unitRows(950, 4, 2), few.narrow(0, 3, 2)]);
  const cosines = cosinesOf(x);
  for (const threshold of [0.9, 0.9999, 1 - 1e-6]) {
    const before = liveCount();
    const found = await chained(x, threshold, {});
    assert.equal(liveCount(), before);
    assert.deepEqual(found, walked(cosines, threshold));
  }
  assert.deepEqual(await chained(x, 1 - 1e-6, {}), [
    [3, 1150],
    [4, 1151],
  ]);
});

test('rows of many numbers are compared by a bound first, and no pair is missed', async () => {
  // A few directions hold most, as with features; pairs lie at all distances.
  const scale = tensor(Float32Array.from({ length: 200 }, (_, i) => 1 / (1 + i / 4)));
  const some = unitRows(80, 200, 7).mul(scale);
  const noise = unitRows(80, 200, 8).mul(scale);
  const all = cat([some, ...[0.002, 0.03, 0.1, 0.3].map((share) => some.add(noise.mul(share)))]);
  const x = all.div(all.norm(2, [1], { keepdim: true }));
  const cosines = cosinesOf(x);
  for (const threshold of [0.9, 0.98, 0.995]) {
    const found = await chained(x, threshold, {});
    assert.ok(found.length > 20, `${found.length}`);
    assert.deepEqual(found, walked(cosines, threshold));
  }
});

function walked(cosines: number[][], threshold: number): number[][] {
  const seen = new Set<number>();
  const groups: number[][] = [];
  for (const first of cosines.keys()) {
    if (seen.has(first)) continue;
    const group = [first];
    seen.add(first);
    for (const i of group) {
      for (const [j, cosine] of (cosines[i] as number[]).entries()) {
        if (seen.has(j) || cosine < threshold) continue;
        seen.add(j);
        group.push(j);
      }
    }
    if (group.length > 1) groups.push(group.sort((a, b) => a - b));
  }
  return groups;
}

test('each is near the one that leads it, and no leader is near another', () => {
  const x = unitRows(300, 3, 5);
  const cosines = cosinesOf(x);
  const order = [...cosines.keys()].reverse();
  const groups = led(x, order, 0.98);
  assert.ok(groups.length > 20);
  const leaders = groups.map(({ leader }) => leader);
  for (const { leader, others } of groups) {
    for (const { index, similarity } of others) {
      assert.ok(index < leader, 'the first in the order leads');
      assert.ok(Math.abs(similarity - (cosines[leader]?.[index] as number)) < 1e-6);
      assert.ok(similarity >= 0.98);
    }
    assert.ok(leaders.every((other) => other === leader || (cosines[leader]?.[other] as number) < 0.98));
  }
  const members = groups.flatMap(({ leader, others }) => [leader, ...others.map(({ index }) => index)]);
  assert.equal(new Set(members).size, members.length);
});

test('a chain falls apart where its ends are not alike', async () => {
  const x = tensor([0, 0.1, 0.2, 0.3].map((angle) => [Math.cos(angle), Math.sin(angle)]));
  assert.deepEqual(await chained(x, Math.cos(0.11), {}), [[0, 1, 2, 3]]);
  const groups = led(x, [0, 1, 2, 3], Math.cos(0.11));
  assert.deepEqual(
    groups.map(({ leader, others }) => [leader, ...others.map(({ index }) => index)]),
    [
      [0, 1],
      [2, 3],
    ],
  );
});
