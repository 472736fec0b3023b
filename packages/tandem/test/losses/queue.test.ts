import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cat, scope, type Tensor, tensor } from 'tandem-torch';
import { queueContrast } from '../../src/losses/index.js';
import { l2Normalize } from '../../src/math.js';
import { assertClose, elements, normal } from '../support.js';
import { alike, assertOrthogonal, gradients, matrix, reordered, type Two } from './support.js';

const [query, key, queue] = [() => normal([6, 8], 1), () => normal([6, 8], 2), () => l2Normalize(normal([5, 8], 3))];

function of(q: Tensor, k: Tensor, rows: Tensor, temperature = 0.2): number {
  return queueContrast(q, k, rows, { temperature }).item();
}

describe('contrast with a memory queue', () => {
  test('everything equal to one unit vector: ln(1 + Q), 8.3180 at 4096', () =>
    scope(() => {
      for (const size of [1, 5, 4096]) {
        for (const temperature of [0.1, 0.2]) {
          const found = of(alike(4, 8), alike(4, 8).mul(3), l2Normalize(alike(size, 8)), temperature);
          assertClose(found, Math.log(1 + size), { rtol: 1e-12 });
        }
      }
      assertClose(of(alike(4, 8), alike(4, 8), l2Normalize(alike(4096, 8))), 8.318, { atol: 5e-5 });
    }));

  test('random: ln(1 + Q) + 1 / (2 d T^2), give or take 1 / (T sqrt(d N))', () =>
    scope(() => {
      const [n, size] = [256, 4096];
      for (const [d, temperature] of [
        [128, 0.2],
        [128, 0.1],
      ] as const) {
        const spread = 1 / (temperature * Math.sqrt(d * n));
        const expected = Math.log(1 + size) + 1 / (2 * d * temperature ** 2);
        const rows = l2Normalize(normal([size, d], 5));
        const found = [1, 2, 3, 4].map((k) => of(normal([n, d], 20 + k), normal([n, d], 30 + k), rows, temperature));
        for (const x of found) assertClose(x, expected, { atol: 4 * spread });
        assertClose(found.reduce((sum, x) => sum + x, 0) / 4, expected, { atol: 2 * spread });
      }
    }));

  test('the query alone learns: no gradient reaches key or queue', () =>
    scope(() => {
      const [forQuery, forKey, forQueue] = gradients(
        (q, k, rows) => queueContrast(q as Tensor, k as Tensor, rows as Tensor, { temperature: 0.2 }),
        query(),
        key(),
        queue(),
      );
      assert.deepEqual([forKey, forQueue], [null, null]);
      assertOrthogonal(forQuery as Tensor, query());
    }));

  test('constant case, both directions added: 2 ln(1 + 4096) = 16.636', () =>
    scope(() => {
      const [z, rows] = [alike(8, 16), l2Normalize(alike(4096, 16))];
      const oneWay = queueContrast(z, z, rows, { temperature: 0.2 });
      assertClose(oneWay.add(queueContrast(z, z, rows, { temperature: 0.2 })), 2 * Math.log(4097), { rtol: 1e-12 });
      assertClose(2 * oneWay.item(), 16.636, { atol: 5e-4 });
    }));

  test('swapping the views with their queues, or permuting the images, changes nothing', () =>
    scope(() => {
      const both = (p: Two, z: Two, queues: Two) => of(p[0], z[1], queues[1]) + of(p[1], z[0], queues[0]);
      const swapped = ([first, second]: Two): Two => [second, first];
      const mixed = (z: Two) => z.map((x) => reordered(x, [3, 1, 5, 0, 2, 4])) as unknown as Two;
      const [p, z]: [Two, Two] = [
        [normal([6, 8], 1), normal([6, 8], 2)],
        [normal([6, 8], 3), normal([6, 8], 4)],
      ];
      const queues: Two = [l2Normalize(normal([5, 8], 5)), l2Normalize(normal([5, 8], 6))];
      const before = both(p, z, queues);
      assert.equal(both(swapped(p), swapped(z), swapped(queues)), before);
      assert.ok(Math.abs(both(swapped(p), swapped(z), queues) - before) > 1e-3);
      assertClose(both(mixed(p), mixed(z), queues), before, { rtol: 1e-12 });
    }));

  test('perfect pairs, all else orthogonal: ln(1 + Q exp(-1/T))', () =>
    scope(() => {
      const q = matrix([
        [2, 0, 0, 0],
        [0, 3, 0, 0],
      ]);
      const rows = matrix([
        [0, 0, 1, 0],
        [0, 0, 0, -1],
        [0, 0, -1, 0],
      ]);
      for (const temperature of [0.1, 0.5]) {
        assertClose(of(q, q.mul(0.1), rows, temperature), Math.log(1 + 3 * Math.exp(-1 / temperature)), {
          rtol: 1e-12,
        });
      }
    }));

  test('other keys of the batch are no negatives: the loss is the mean of the images one by one', () =>
    scope(() => {
      const single = [0, 1, 2, 3, 4, 5].map((i) => of(query().narrow(0, i, 1), key().narrow(0, i, 1), queue()));
      assertClose(of(query(), key(), queue()), single.reduce((sum, x) => sum + x, 0) / 6, { rtol: 1e-12 });
    }));

  test('the order of the queue and the lengths of queries and keys do not matter, the pairing does', () =>
    scope(() => {
      const before = of(query(), key(), queue());
      const c = tensor([0.01, 1, 3, 50, 0.2, 1e4], { shape: [6, 1], dtype: 'float64' });
      assertClose(of(query().mul(c), key(), queue()), before, { rtol: 1e-12 });
      assertClose(of(query(), key().mul(c), queue()), before, { rtol: 1e-12 });
      assertClose(of(query(), key(), reordered(queue(), [4, 2, 0, 1, 3])), before, { rtol: 1e-12 });
      assert.ok(Math.abs(of(query(), reordered(key(), [1, 2, 3, 4, 5, 0]), queue()) - before) > 0.01);
    }));

  test('a queue row that is there twice counts twice; an empty queue leaves nothing to confuse', () =>
    scope(() => {
      const one = queue().narrow(0, 0, 1);
      const twice = of(query(), key(), cat([one, one]));
      const margin = elements(
        l2Normalize(query())
          .mm(one.t())
          .flatten()
          .sub(l2Normalize(query()).mul(l2Normalize(key())).sum([1]))
          .div(0.2),
      );
      const expected = margin.reduce((sum, m) => sum + Math.log(1 + 2 * Math.exp(m)), 0) / margin.length;
      assertClose(twice, expected, { rtol: 1e-12 });
      assert.equal(of(query(), key(), queue().narrow(0, 0, 0)), 0);
    }));

  test('a queue of another width is an error that shows both shapes', () =>
    scope(() => {
      assert.throws(() => of(query(), key(), l2Normalize(normal([5, 7], 3))), /mm.*6, 8.*7, 5|6x8 and 7x5/s);
    }));
});
