import assert from 'node:assert/strict';
import test from 'node:test';
import { liveCount } from 'tandem-torch';
import { umap } from '../../../src/evaluate/tsne/umap.js';
import { cosinesOf, reference, referencePoints } from '../../curate/making.js';

test('neighbours stay neighbours: nearly all of dense groups lie among their own', async () => {
  const x = referencePoints();
  const before = liveCount();
  const points = await umap(x, { neighbours: 10, seed: 0 });
  assert.equal(liveCount(), before);
  assert.ok(points.every(Number.isFinite));
  const n = points.length / 2;
  const apart = (i: number, j: number) =>
    Math.hypot(
      (points[2 * i] as number) - (points[2 * j] as number),
      (points[2 * i + 1] as number) - (points[2 * j + 1] as number),
    );
  // The density-based clusters that scikit-learn finds in the features.
  const labels = reference.hdbscan['8'] as number[];
  let [right, all] = [0, 0];
  for (let i = 0; i < n; i++) {
    if ((labels[i] as number) < 0) continue;
    const others = [...Array(n).keys()].filter((j) => j !== i && (labels[j] as number) >= 0);
    const nearest = others.reduce((best, j) => (apart(i, j) < apart(i, best) ? j : best));
    all += 1;
    if (labels[nearest] === labels[i]) right += 1;
  }
  assert.ok(right / all > 0.97, `${right} of ${all}`);
  // Of the ten nearest in the features, many are among the ten nearest in the plane.
  const cosines = cosinesOf(x);
  const first = (i: number, by: (j: number) => number) =>
    [...Array(n).keys()]
      .filter((j) => j !== i)
      .sort((a, b) => by(a) - by(b))
      .slice(0, 10);
  const kept = [...Array(n).keys()].map((i) => {
    const near = new Set(first(i, (j) => -(cosines[i]?.[j] as number)));
    return first(i, (j) => apart(i, j)).filter((j) => near.has(j)).length / 10;
  });
  const mean = kept.reduce((sum, one) => sum + one, 0) / n;
  assert.ok(mean > 0.4, `${mean}`);
});
