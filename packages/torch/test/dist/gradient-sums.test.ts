import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { distributed } from '../../src/index.js';
import { askTogether } from './together.js';

const skip = distributed.hasDist() ? false : 'this engine is built without Gloo';

/** A net of three layers, one of them left out of the loss; each process has rows of its own. */
const net = `
torch.manualSeed(1);
const linear = (n, m) => new torch.nn.Linear(n, m).to({ dtype: 'float64' });
const layers = [linear(5, 700), linear(700, 300), linear(300, 3)];
const leftOut = linear(4, 4);
const parameters = [...layers, leftOut].flatMap((layer) => layer.parameters());
const loss = (step, r) => {
  const x = tensor(Array.from({ length: 20 }, (_, i) => Math.sin(i + 7 * step + 31 * r)), { dtype: 'float64' }).view([4, 5]);
  return layers.reduce((y, layer) => layer.forward(y).tanh(), x).mul(r + 1).sum();
};
const clear = () => { for (const x of parameters) x.grad = null; };
const bits = () => parameters.map(({ grad }) => grad && torch.io.digestTensors({ grad }, ''));
const most = (x) => x.abs().max().item();
/** The sum that one process would have. */
const wanted = (step) => {
  clear();
  for (let r = 0; r < group.size; r++) loss(step, r).backward();
  const all = parameters.map(({ grad }) => grad?.clone());
  clear();
  return all;
};
const deviation = (found, step) => Math.max(...wanted(step).map((x, i) => (x ? most(found[i].sub(x)) / most(x) : 0)));
const copied = () => parameters.map(({ grad }) => grad?.clone());`;

interface Found {
  readonly deviations: number[];
  readonly first: (string | null)[];
  readonly later: (string | null)[];
  readonly again: (string | null)[];
  readonly unused: boolean[];
  readonly after: number;
}

describe('gradients are added up during the backward pass', { skip }, () => {
  for (const processes of [2, 3]) {
    test(`${processes} processes: the sums of one, and the same bits in the first step, later, and begun anew`, async () => {
      const found = await askTogether<Found>(
        processes,
        `${net}
let sums = group.gradientSums(parameters);
const take = (step) => { clear(); sums.backward(loss(step, rank)); return copied(); };
const deviations = [0, 1, 2].map((step) => deviation(take(step), step));
take(0);
const later = bits();
sums.dispose();
sums = group.gradientSums(parameters);
take(0);
const again = bits();
const unused = parameters.map(({ grad }) => grad === null);
sums.dispose();
sums = group.gradientSums(parameters);
take(3); take(0);
const first = bits();
sums.dispose();
clear();
loss(0, rank).backward();
const own = copied();
clear();
loss(0, rank).backward();
const after = Math.max(...own.map((x, i) => (x ? most(x.sub(parameters[i].grad)) : 0)));
print({ deviations, first, later, again, unused, after });`,
      );
      for (const one of found) {
        for (const deviation of one.deviations) assert.ok(deviation < 1e-13, `${deviation}`);
        assert.deepEqual(one.later, found[0]?.later, 'all processes have the same bits');
        assert.deepEqual(one.again, one.later);
        assert.deepEqual(one.first, one.later);
        assert.deepEqual(one.unused, [false, false, false, false, false, false, true, true]);
        assert.equal(one.after, 0, 'a process is by itself again');
      }
    });
  }

  test('as bfloat16: near the sum, the same bits on three processes', async () => {
    const found = await askTogether<{ deviation: number; bits: string[] }>(
      3,
      `${net}
const sums = group.gradientSums(parameters, { compress: true });
sums.backward(loss(0, rank));
const own = copied();
print({ bits: bits(), deviation: deviation(own, 0) });`,
    );
    for (const one of found) {
      assert.ok(one.deviation > 1e-5 && one.deviation < 2 ** -7, `${one.deviation}`);
      assert.deepEqual(one.bits, found[0]?.bits);
    }
  });

  test('parameters that lie otherwise in memory on one process are refused', async () => {
    const found = await askTogether<string>(
      2,
      `
const weight = torch.ones([4, 3, 2, 2]).to({ memoryFormat: rank === 1 ? 'channelsLast' : 'contiguous' });
weight.requiresGrad = true;
let told = 'nothing';
try { group.gradientSums([weight]).backward(weight.sum()); } catch (error) { told = error.message; }
print(told);`,
    );
    for (const one of found)
      assert.match(one, /process 1 has other parameters with gradients than process 0, or they lie/);
  });
});
