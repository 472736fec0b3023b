import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cat, scope, type Tensor, tensor } from '@tandem/torch';
import { bankContrast, unit } from '../../src/losses/index.js';
import { assertClose, elements, normal } from '../support.js';
import { alike, assertOrthogonal, gradients, matrix, reordered, type Two } from './support.js';

const [query, key, bank] = [() => normal([6, 8], 1), () => normal([6, 8], 2), () => unit(normal([5, 8], 3))];

function of(q: Tensor, k: Tensor, rows: Tensor, temperature = 0.2): number {
  return bankContrast(q, k, rows, { temperature }).item();
}

describe('contrast with a memory bank', () => {
  test('3 (a) everything equal to one unit vector: ln(1 + Q), 8.3180 at 4096', () =>
    scope(() => {
      for (const size of [1, 5, 4096]) {
        for (const temperature of [0.1, 0.2]) {
          const found = of(alike(4, 8), alike(4, 8).mul(3), unit(alike(size, 8)), temperature);
          assertClose(found, Math.log(1 + size), { rtol: 1e-12 });
        }
      }
      assertClose(of(alike(4, 8), alike(4, 8), unit(alike(4096, 8))), 8.318, { atol: 5e-5 });
    }));

  test('3 (b) random: ln(1 + Q) + 1 / (2 d T^2), give or take 1 / (T sqrt(d N))', () =>
    scope(() => {
      const [n, size] = [256, 4096];
      for (const [d, temperature] of [
        [128, 0.2],
        [128, 0.1],
      ] as const) {
        const spread = 1 / (temperature * Math.sqrt(d * n));
        const expected = Math.log(1 + size) + 1 / (2 * d * temperature ** 2);
        const rows = unit(normal([size, d], 5));
        const found = [1, 2, 3, 4].map((k) => of(normal([n, d], 20 + k), normal([n, d], 30 + k), rows, temperature));
        for (const x of found) assertClose(x, expected, { atol: 4 * spread });
        assertClose(found.reduce((sum, x) => sum + x, 0) / 4, expected, { atol: 2 * spread });
      }
    }));

  test('3 (e) the query alone learns: no gradient reaches key or bank', () =>
    scope(() => {
      const [forQuery, forKey, forBank] = gradients(
        (q, k, rows) => bankContrast(q as Tensor, k as Tensor, rows as Tensor, { temperature: 0.2 }),
        query(),
        key(),
        bank(),
      );
      assert.deepEqual([forKey, forBank], [null, null]);
      assertOrthogonal(forQuery as Tensor, query());
    }));

  test('6 constant case, both directions added: 2 ln(1 + 4096) = 16.636', () =>
    scope(() => {
      const [z, rows] = [alike(8, 16), unit(alike(4096, 16))];
      const oneWay = bankContrast(z, z, rows, { temperature: 0.2 });
      assertClose(oneWay.add(bankContrast(z, z, rows, { temperature: 0.2 })), 2 * Math.log(4097), { rtol: 1e-12 });
      assertClose(2 * oneWay.item(), 16.636, { atol: 5e-4 });
    }));

  test('6 swapping the views with their banks, or permuting the images, changes nothing', () =>
    scope(() => {
      const both = (p: Two, z: Two, banks: Two) => of(p[0], z[1], banks[1]) + of(p[1], z[0], banks[0]);
      const swapped = ([first, second]: Two): Two => [second, first];
      const mixed = (z: Two) => z.map((x) => reordered(x, [3, 1, 5, 0, 2, 4])) as unknown as Two;
      const [p, z]: [Two, Two] = [
        [normal([6, 8], 1), normal([6, 8], 2)],
        [normal([6, 8], 3), normal([6, 8], 4)],
      ];
      const banks: Two = [unit(normal([5, 8], 5)), unit(normal([5, 8], 6))];
      const before = both(p, z, banks);
      assert.equal(both(swapped(p), swapped(z), swapped(banks)), before);
      assert.ok(Math.abs(both(swapped(p), swapped(z), banks) - before) > 1e-3);
      assertClose(both(mixed(p), mixed(z), banks), before, { rtol: 1e-12 });
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
      const single = [0, 1, 2, 3, 4, 5].map((i) => of(query().narrow(0, i, 1), key().narrow(0, i, 1), bank()));
      assertClose(of(query(), key(), bank()), single.reduce((sum, x) => sum + x, 0) / 6, { rtol: 1e-12 });
    }));

  test('the order of the bank and the lengths of queries and keys do not matter, the pairing does', () =>
    scope(() => {
      const before = of(query(), key(), bank());
      const c = tensor([0.01, 1, 3, 50, 0.2, 1e4], { shape: [6, 1], dtype: 'float64' });
      assertClose(of(query().mul(c), key(), bank()), before, { rtol: 1e-12 });
      assertClose(of(query(), key().mul(c), bank()), before, { rtol: 1e-12 });
      assertClose(of(query(), key(), reordered(bank(), [4, 2, 0, 1, 3])), before, { rtol: 1e-12 });
      assert.ok(Math.abs(of(query(), reordered(key(), [1, 2, 3, 4, 5, 0]), bank()) - before) > 0.01);
    }));

  test('a bank row that is there twice counts twice; an empty bank leaves nothing to confuse', () =>
    scope(() => {
      const one = bank().narrow(0, 0, 1);
      const twice = of(query(), key(), cat([one, one]));
      const margin = elements(
        unit(query())
          .mm(one.t())
          .flatten()
          .sub(unit(query()).mul(unit(key())).sum([1]))
          .div(0.2),
      );
      const expected = margin.reduce((sum, m) => sum + Math.log(1 + 2 * Math.exp(m)), 0) / margin.length;
      assertClose(twice, expected, { rtol: 1e-12 });
      assert.equal(of(query(), key(), bank().narrow(0, 0, 0)), 0);
    }));

  test('a bank of another width is an error that shows both shapes', () =>
    scope(() => {
      assert.throws(() => of(query(), key(), unit(normal([5, 7], 3))), /mm.*6, 8.*7, 5|6x8 and 7x5/s);
    }));
});
