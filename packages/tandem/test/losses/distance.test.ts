import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { scope, type Tensor } from 'tandem-torch';
import { cosineDistance, negativeCosine } from '../../src/losses/index.js';
import { l2Normalize } from '../../src/math.js';
import { assertClose, normal } from '../support.js';
import { assertOrthogonal, gradients, matrix, reordered } from './support.js';

/** Two predictions, then the two targets. */
type Four = [Tensor, Tensor, Tensor, Tensor];

const byol = (p1: Tensor, p2: Tensor, z1: Tensor, z2: Tensor) => cosineDistance(p1, z2).add(cosineDistance(p2, z1));
const simSiam = (p1: Tensor, p2: Tensor, z1: Tensor, z2: Tensor) =>
  negativeCosine(p1, z2).add(negativeCosine(p2, z1)).div(2);
const four = (n: number, d: number, seed = 1) => [0, 1, 2, 3].map((k) => normal([n, d], 4 * seed + k)) as Four;

describe('cosineDistance', () => {
  test('0 when alike, 2 when orthogonal, 4 when opposite; the lengths do not matter', () =>
    scope(() => {
      const a = matrix([
        [3, 4],
        [1, 0],
      ]);
      const b = matrix([
        [-4, 3],
        [0, 2],
      ]);
      assertClose(cosineDistance(a, a.mul(7)), 0, { atol: 1e-15 });
      assertClose(cosineDistance(a, b), 2, { rtol: 1e-15 });
      assertClose(cosineDistance(a, a.mul(-0.1)), 4, { rtol: 1e-15 });
    }));

  test('the squared distance of unit rows, mean over the rows', () =>
    scope(() => {
      const [a, b] = [normal([5, 3], 1), normal([5, 3], 2)];
      assertClose(cosineDistance(a, b), l2Normalize(a).sub(l2Normalize(b)).square().sum([1]).mean(), { rtol: 1e-12 });
    }));

  test('BYOL: 0 when parallel, 8 when anti-parallel', () =>
    scope(() => {
      const [p1, p2] = four(6, 8);
      assertClose(byol(p1, p2, p2.mul(5), p1.mul(0.2)), 0, { atol: 1e-14 });
      assertClose(byol(p1, p2, p2.mul(-5), p1.mul(-0.2)), 8, { rtol: 1e-14 });
    }));

  test('BYOL: about 4 for independent rows, give or take 2 sqrt(2) / sqrt(d N)', () =>
    scope(() => {
      const [n, d, draws] = [64, 32, 24];
      const spread = (2 * Math.SQRT2) / Math.sqrt(d * n);
      const found = Array.from({ length: draws }, (_, k) => byol(...four(n, d, 10 + k)).item() - 4);
      for (const x of found) assert.ok(Math.abs(x) < 4 * spread, String(x));
      const measured = Math.sqrt(found.reduce((sum, x) => sum + x * x, 0) / draws);
      // The deviation of 24 draws is itself known to 1 / sqrt(48) = 14%; within three times that.
      assert.ok(Math.abs(measured / spread - 1) < 0.43, `${measured} against ${spread}`);
    }));

  test('targets that are detached get no gradient', () =>
    scope(() => {
      const detached = (...z: Tensor[]) => {
        const [p1, p2, z1, z2] = z as Four;
        return byol(p1, p2, z1.detach(), z2.detach());
      };
      const found = gradients(detached, ...four(6, 8));
      assert.deepEqual(
        found.map((g) => g !== null),
        [true, true, false, false],
      );
    }));

  test("L = 4 + 4 L' with SimSiam's loss L', and gradients four times as large", () =>
    scope(() => {
      const z = four(6, 8);
      assertClose(
        byol(...z),
        simSiam(...z)
          .mul(4)
          .add(4),
        { rtol: 1e-14 },
      );
      const large = gradients((...x) => byol(...(x as Four)), ...z);
      const small = gradients((...x) => simSiam(...(x as Four)), ...z);
      large.forEach((g, i) => {
        assertClose(g as Tensor, (small[i] as Tensor).mul(4), { rtol: 1e-12, atol: 1e-16 });
      });
    }));

  test('the gradient is orthogonal to every prediction', () =>
    scope(() => {
      const z = four(6, 8);
      const found = gradients((...x) => byol(...(x as Four)), ...z);
      z.forEach((x, i) => {
        assertOrthogonal(found[i] as Tensor, x);
      });
    }));
});

describe('negativeCosine', () => {
  test('p = z both ways: -1; opposite 1, orthogonal 0', () =>
    scope(() => {
      const [p1, p2] = four(6, 8);
      assertClose(simSiam(p1, p2, p2.mul(3), p1), -1, { rtol: 1e-14 });
      assertClose(simSiam(p1, p2, p2.mul(-3), p1.neg()), 1, { rtol: 1e-14 });
      assertClose(negativeCosine(matrix([[3, 4]]), matrix([[-4, 3]])), 0, { atol: 1e-16 });
    }));

  test('with the target detached the gradient is another', () =>
    scope(() => {
      const [a, b] = four(6, 8);
      const free = gradients((x) => negativeCosine(x as Tensor, (x as Tensor).mul(b)), a)[0] as Tensor;
      const stopped = gradients((x) => negativeCosine(x as Tensor, (x as Tensor).mul(b).detach()), a)[0] as Tensor;
      assert.ok(free.sub(stopped).abs().max().item() > 0.01);
    }));
});

for (const [name, loss] of Object.entries({ cosineDistance, negativeCosine })) {
  test(`${name}: symmetric; lengths and the order of images do not matter, the pairing does`, () =>
    scope(() => {
      const [a, b] = [normal([4, 8], 1), normal([4, 8], 2)];
      const order = [2, 0, 3, 1];
      const before = loss(a, b).item();
      assert.equal(loss(b, a).item(), before);
      assertClose(loss(a.mul(1e4), b.mul(1e-3)), before, { rtol: 1e-12 });
      assertClose(loss(reordered(a, order), reordered(b, order)), before, { rtol: 1e-12 });
      assert.ok(Math.abs(loss(reordered(a, order), b).item() - before) > 0.01);
    }));
}
