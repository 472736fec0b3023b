import assert from 'node:assert/strict';
import test from 'node:test';
import { liveCount, tensor } from 'tandem-torch';
import { farthestFirst } from '../../src/curate/diversity.js';
import { cosineDistance, euclideanDistance, kthDistances, meanDistances } from '../../src/curate/neighbours.js';
import { mostTypical } from '../../src/curate/typicality.js';
import { kMeans } from '../../src/evaluate/clusters/k-means.js';
import { assertClose } from '../support.js';
import { cosinesOf, reference, referencePoints, unitRows } from './making.js';

test("mean distances to neighbours are scikit-learn's", async () => {
  const x = referencePoints();
  const before = liveCount();
  const means = await meanDistances(x, 8, cosineDistance);
  assert.equal(liveCount(), before);
  assertClose([...means], reference.meanDistances, { atol: 1e-6 });
});

test('of three rows there are two neighbours at most; the k-th distance is that of the last', async () => {
  const x = tensor([
    [1, 0],
    [0, 1],
    [-1, 0],
  ]);
  assertClose([...(await meanDistances(x, 9, cosineDistance))], [1.5, 1, 1.5], { atol: 1e-6 });
  assertClose([...(await kthDistances(x, 2, euclideanDistance))], [2, Math.SQRT2, 2], { atol: 1e-6 });
  assertClose([...(await kthDistances(x, 1, euclideanDistance))], [Math.SQRT2, Math.SQRT2, Math.SQRT2], { atol: 1e-6 });
});

test('the farthest is chosen each time, the first by the seed, as plain loops choose', async () => {
  const x = unitRows(150, 3, 3);
  const cosines = cosinesOf(x);
  const before = liveCount();
  const { rows, radius } = await farthestFirst(x, 40, 7);
  assert.equal(liveCount(), before);
  const nearest = (i: number, chosen: readonly number[]) => Math.max(...chosen.map((c) => cosines[i]?.[c] as number));
  for (let count = 1; count < 40; count++) {
    const chosen = rows.slice(0, count);
    const left = [...cosines.keys()].filter((i) => !chosen.includes(i));
    const least = Math.min(...left.map((i) => nearest(i, chosen)));
    assert.ok(Math.abs(nearest(rows[count] as number, chosen) - least) < 1e-6);
  }
  assert.ok(Math.abs(radius - Math.max(...[...cosines.keys()].map((i) => 1 - nearest(i, rows)))) < 1e-6);
  assert.deepEqual((await farthestFirst(x, 40, 7)).rows, rows);
  assert.deepEqual((await farthestFirst(x, 10, 7)).rows, rows.slice(0, 10));
  assert.notDeepEqual((await farthestFirst(x, 40, 8)).rows, rows);
  const all = await farthestFirst(x, 150, 7);
  assert.deepEqual([new Set(all.rows).size, all.radius], [150, 0]);
});

test('copies are chosen last', async () => {
  const x = tensor([...Array(5).fill([1, 0]), [0, 1], [-1, 0], [0, -1]]);
  const { rows } = await farthestFirst(x, 8, 0);
  assert.equal(new Set(rows).size, 8);
  assert.equal(rows.slice(0, 4).filter((i) => i < 5).length, 1);
});

test('the typical ones are in the middle of the clusters, the largest cluster first', async () => {
  const x = referencePoints();
  const cosines = cosinesOf(x);
  const rows = await mostTypical(x, 4, 0);
  assert.deepEqual(await mostTypical(x, 4, 0), rows);
  const { labels } = await kMeans(x, 4, { seed: 0 });
  const sizes = [0, 1, 2, 3].map((label) => labels.filter((own) => own === label).length);
  const wanted = [0, 1, 2, 3]
    .sort((a, b) => (sizes[b] as number) - (sizes[a] as number))
    .map((label) => {
      const members = [...labels.keys()].filter((i) => labels[i] === label);
      const typicality = (i: number) => {
        const apart = members.filter((j) => j !== i).map((j) => Math.sqrt(2 - 2 * (cosines[i]?.[j] as number)));
        const near = apart.sort((a, b) => a - b).slice(0, 20);
        return near.length / near.reduce((sum, one) => sum + one, 0);
      };
      return members.sort((a, b) => typicality(b) - typicality(a))[0];
    });
  assert.deepEqual(rows, wanted);
});

test('more than there are clusters to take: each gives its next one; all are taken once', async () => {
  const x = referencePoints();
  const rows = await mostTypical(x, 240, 0);
  assert.deepEqual([rows.length, new Set(rows).size], [240, 240]);
});
