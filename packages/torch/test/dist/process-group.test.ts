import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { distributed } from '../../src/index.js';
import { askTogether, together } from './together.js';

const skip = distributed.hasDist() ? false : 'this engine is built without Gloo';

/** Results of one process. */
type Found = Record<string, unknown>;

describe('a process group', { skip }, () => {
  test('sums, gathers and broadcasts what three processes have, whatever its layout and type', async () => {
    const found = await askTogether<Found>(
      3,
      `
const plain = tensor(Array.from({ length: 24 }, (_, i) => i + rank)).view([1, 2, 3, 4]);
const x = rank === 1 ? plain.to({ memoryFormat: 'channelsLast' }) : plain;
group.allReduce(x);
const column = tensor([[1, 2], [3, 4]]).t();
if (rank > 0) column.copy_(tensor([[1, 3], [2, 4]]));
group.allReduce(column);
const some = tensor([1.5, 2.5 + rank], { dtype: 'bfloat16' });
group.allReduce(some);
const small = tensor([rank, 3], { dtype: 'int16' });
group.allReduce(small, { operation: 'max' });
const inFlight = [1, 2].map((k) => group.allReduceAsync(tensor([k * rank])));
print({
  x: numbers(x),
  column: column.data().length && [column.select(0, 0), column.select(0, 1)].map(numbers),
  some: numbers(some.to('float32')),
  small: numbers(small),
  inFlight: inFlight.map((one) => numbers(one.wait())),
  all: numbers(group.allGather(tensor([rank, 9]))),
  flags: numbers(group.allGather(tensor([rank === 1], { dtype: 'bool' })).to('int32')),
  first: numbers(group.broadcast(tensor([rank + 5], { dtype: 'float64' }), { from: 2 })),
  text: group.broadcastText(rank === 1 ? 'gr\u00fc\u00df' : '', { from: 1 }),
  part: numbers(group.reduceScatter(tensor([1, 2, 3, 4, 5, 6].map((v) => v * (rank + 1))))),
});`,
      'checks: true',
    );
    found.forEach((one, rank) => {
      assert.deepEqual(
        one.x,
        Array.from({ length: 24 }, (_, i) => 3 * i + 3),
        'strides differ, elements meet',
      );
      assert.deepEqual(one.column, [
        [3, 9],
        [6, 12],
      ]);
      assert.deepEqual(one.some, [4.5, 10.5]);
      assert.deepEqual(one.small, [2, 3]);
      assert.deepEqual(one.inFlight, [[3], [6]]);
      assert.deepEqual(one.all, [0, 9, 1, 9, 2, 9]);
      assert.deepEqual(one.flags, [0, 1, 0]);
      assert.deepEqual(one.first, [7]);
      assert.equal(one.text, 'grüß');
      assert.deepEqual(one.part, [6 * (2 * rank + 1), 6 * (2 * rank + 2)]);
    });
  });

  test('a NaN of any one process is one in the minimum and maximum, and in the sum', async () => {
    const found = await askTogether<Found>(
      3,
      `
const of = (who) => tensor([rank === who ? NaN : rank, -rank, Infinity]);
print([0, 1, 2].map((who) => ['max', 'min', 'sum'].map((operation) => numbers(group.allReduce(of(who), { operation })).map(String))));`,
    );
    const each = [
      ['NaN', '0', 'Infinity'],
      ['NaN', '-2', 'Infinity'],
      ['NaN', '-3', 'Infinity'],
    ];
    for (const one of found) assert.deepEqual(one, [each, each, each]);
  });

  test('gathered rows have the gradients that all processes have for them, counted once', async () => {
    const found = await askTogether<Found>(
      2,
      `
const counts = [2, 1];
const x = tensor([[1, 2], [3, 4], [5, 6]]).narrow(0, rank === 0 ? 0 : 2, counts[rank]).clone();
x.requiresGrad = true;
const all = group.gatherRows(x, counts);
const weights = tensor([[1, 2], [3, 4], [5, 6]]).mul(rank === 0 ? 1 : 10);
all.mul(weights).sum().backward();
let told = '';
try { group.gatherRows(tensor([[1], [2], [3]]), counts); } catch (error) { told = error.message; }
print({ all: numbers(all), grad: numbers(x.grad), told });`,
    );
    assert.deepEqual(
      found.map(({ all }) => all),
      [
        [1, 2, 3, 4, 5, 6],
        [1, 2, 3, 4, 5, 6],
      ],
    );
    assert.deepEqual(
      found.map(({ grad }) => grad),
      [
        [11, 22, 33, 44],
        [55, 66],
      ],
    );
    for (const { told } of found) assert.match(String(told), /rows by the counts 2,1/);
  });

  test('batch norm over all processes is that of one: outputs, gradients, running statistics', async () => {
    const work = (rows: string) => `
const all = tensor(Array.from({ length: 5 * 3 * 4 }, (_, i) => Math.sin(i * i)), { dtype: 'float64' }).view([5, 3, 2, 2]);
const x = all.narrow(0, ${rows}).clone();
x.requiresGrad = true;
const norm = new torch.nn.BatchNorm2d(3).to({ dtype: 'float64' });
noGrad(() => norm.weight.copy_(tensor([1, -2, 0.5], { dtype: 'float64' })));`;
    const end = `
y.mul(all.cos().narrow(0, y.shape[0] === 5 ? 0 : from, y.shape[0])).sum().backward();
const parts = { y, dx: x.grad, dw: norm.weight.grad, db: norm.bias.grad, mean: norm.runningMean, variance: norm.runningVar };
print(Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, numbers(value.contiguous())])));`;
    type Parts = Record<'y' | 'dx' | 'dw' | 'db' | 'mean' | 'variance', number[]>;
    const shared = await askTogether<Parts>(
      2,
      `const from = rank === 0 ? 0 : 3;${work('from, rank === 0 ? 3 : 2')}
norm.across = (x, statistics) => group.batchNorm(x, statistics, [3, 2]);
const y = norm.forward(x);${end}`,
    );
    const [alone] = await askTogether<Parts>(2, `const from = 0;${work('0, 5')}\nconst y = norm.forward(x);${end}`);
    const [a, b] = shared as [Parts, Parts];
    const close = (found: number[], wanted: number[] = []) =>
      found.forEach((value, i) => {
        assert.ok(Math.abs(value - (wanted[i] as number)) < 1e-12, `${value} is not ${wanted[i]}`);
      });
    close([...a.y, ...b.y], alone?.y);
    close([...a.dx, ...b.dx], alone?.dx);
    for (const name of ['dw', 'db'] as const)
      close(
        a[name].map((value, i) => value + (b[name][i] as number)),
        alone?.[name],
      );
    for (const one of [a, b]) {
      close(one.mean, alone?.mean);
      close(one.variance, alone?.variance);
    }
  });

  test('a convolution that could take a norm along leaves one over all processes to itself', async () => {
    type Parts = { mean: number[]; variance: number[]; y: number[] };
    const found = await askTogether<Parts>(
      2,
      `
const conv = new torch.nn.Conv2d(32, 32, 3, { padding: 1, bias: false });
noGrad(() => conv.weight.fill_(0.01));
const norm = new torch.nn.BatchNorm2d(32);
norm.across = (x, statistics) => group.batchNorm(x, statistics, [2, 2]);
const x = torch.full([2, 32, 32, 32], rank).to({ memoryFormat: 'channelsLast' });
const y = conv.forward(x, norm);
print({ mean: numbers(norm.runningMean), variance: numbers(norm.runningVar), y: numbers(y.narrow(2, 5, 1).narrow(3, 5, 1).contiguous()) });`,
    );
    const [first, second] = found as [Parts, Parts];
    assert.deepEqual(first.mean, second.mean);
    assert.ok(Math.abs((first.mean[0] as number) - 0.05) < 1e-6, 'a tenth of the mean of 0 and 1');
    assert.ok(Math.abs((first.variance[0] as number) - 0.925) < 1e-4, 'and of their variance');
    // relu((x - 0.5) / 0.5) is 0 on the first process and 1 on the second.
    assert.ok(first.y.every((value) => value === 0));
    assert.ok(second.y.every((value) => Math.abs(value - 2.88) < 1e-3));
  });

  test('processes that do not do the same are told so, where they are asked to compare', async () => {
    const ends = await together(2, 'group.allReduce(tensor(rank === 0 ? [1, 2] : [1, 2, 3]));', 'checks: true');
    for (const { code, text } of ends) {
      assert.equal(code, 1);
      assert.match(text, /allReduce sum of float32\[2\] on process 0, allReduce sum of float32\[3\] on process 1/);
    }
  });

  test('bool has no sum: it says what to do', async () => {
    const found = await askTogether<string>(
      2,
      `try { group.allReduce(tensor([true], { dtype: 'bool' })); } catch (error) { print(error.message); }`,
    );
    assert.match(found[0] ?? '', /convert with x\.to\('uint8'\)/);
  });
});
