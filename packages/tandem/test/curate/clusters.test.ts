import assert from 'node:assert/strict';
import test from 'node:test';
import { cat, liveCount, tensor } from 'tandem-torch';
import { hdbscan } from '../../src/curate/hdbscan.js';
import { condense, merge, selectStable } from '../../src/curate/hierarchy.js';
import { kMeans } from '../../src/evaluate/clusters/k-means.js';
import { take } from '../../src/evaluate/clusters/rows.js';
import { isSamePartition, reference, referencePoints } from './making.js';

test("from the same centres k-means ends where scikit-learn's does", async () => {
  const x = referencePoints();
  const begin = take(x, reference.begin);
  const before = liveCount();
  const { labels, inertia } = await kMeans(x, 6, { begin });
  assert.equal(liveCount(), before);
  assert.deepEqual([...labels], reference.kMeans.labels);
  assert.ok(Math.abs(inertia / reference.kMeans.inertia - 1) < 1e-5, `${inertia}`);
});

test("from drawn centres it is as good as scikit-learn's, and one seed gives one result", async () => {
  const x = referencePoints();
  const inertias: number[] = [];
  for (let seed = 0; seed < 20; seed++) inertias.push((await kMeans(x, 6, { seed })).inertia);
  const mean = (some: readonly number[]) => some.reduce((sum, one) => sum + one, 0) / some.length;
  assert.ok(mean(inertias) < 1.03 * mean(reference.inertias), `${mean(inertias)} ${mean(reference.inertias)}`);
  assert.ok(Math.min(...inertias) < 1.001 * Math.min(...reference.inertias));
  assert.deepEqual((await kMeans(x, 6, { seed: 3 })).labels, (await kMeans(x, 6, { seed: 3 })).labels);
});

test('every cluster has a row, also where centres or rows lie on one another', async () => {
  const x = cat([referencePoints().narrow(0, 0, 10), referencePoints().narrow(0, 0, 10)]);
  const begin = take(x, [0, 0, 0, 0]);
  assert.equal(new Set((await kMeans(x, 4, { begin })).labels).size, 4);
  const { labels, inertia } = await kMeans(x, 20);
  assert.equal(labels.length, 20);
  assert.ok(inertia < 1e-5);
  assert.equal(
    (await kMeans(x, 1)).labels.every((label) => label === 0),
    true,
  );
});

for (const [least, labels] of Object.entries(reference.hdbscan)) {
  test(`HDBSCAN with at least ${least} rows a cluster finds the clusters of scikit-learn's`, async () => {
    const x = referencePoints();
    const before = liveCount();
    const found = await hdbscan(x, Number(least));
    assert.equal(liveCount(), before);
    assert.ok(isSamePartition(found, labels), `${found}`);
  });
}

test('a hierarchy by hand: two dense triples far apart, one row between them', () => {
  // 0-1-2 at distance 1, 3-4-5 at distance 1, 6 between at distance 4 and 5.
  const edges = [
    { a: 0, b: 1, distance: 1 },
    { a: 1, b: 2, distance: 1 },
    { a: 3, b: 4, distance: 1 },
    { a: 4, b: 5, distance: 1 },
    { a: 2, b: 6, distance: 4 },
    { a: 6, b: 3, distance: 5 },
  ];
  const clusters = condense(merge(edges), 3);
  // The root splits at 1/5; 6 leaves the first triple at 1/4; all rows leave at 1.
  const stabilities = clusters.map(({ stability }) => stability).sort((a, b) => a - b);
  const expected = [7 / 5, 3 * (1 - 1 / 5), 1 / 4 - 1 / 5 + 3 * (1 - 1 / 5)];
  for (const [i, value] of expected.entries()) assert.ok(Math.abs((stabilities[i] as number) - value) < 1e-12);
  assert.deepEqual(selectStable(clusters), [false, true, true]);
});

test('rows that lie on one another are a cluster; too few rows are none', async () => {
  const x = tensor([...Array(6).fill([1, 0]), ...Array(6).fill([0, 1])]);
  const labels = await hdbscan(x, 3);
  assert.ok(isSamePartition(labels, [...Array(6).fill(0), ...Array(6).fill(1)]), `${labels}`);
  assert.ok((await hdbscan(x.narrow(0, 5, 2), 3)).every((label) => label === -1));
});
