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

  for (const layout of ['contiguous', 'channelsLast']) {
    test(`batch norm, sum and ReLU over all processes are those of one, ${layout}`, async () => {
      const work = (rows: string) => `
const all = tensor(Array.from({ length: 5 * 3 * 4 }, (_, i) => Math.sin(i * i)), { dtype: 'float64' }).view([5, 3, 2, 2])
  .to({ memoryFormat: '${layout}' });
const x = all.narrow(0, ${rows}).clone();
x.requiresGrad = true;
const norm = new torch.nn.BatchNorm2d(3).to({ dtype: 'float64' });
noGrad(() => norm.weight.copy_(tensor([1, -2, 0.5], { dtype: 'float64' })));`;
      const end = `
const y = norm.relu(x, x.cos());
y.mul(all.cos().narrow(0, y.shape[0] === 5 ? 0 : from, y.shape[0])).sum().backward();
const parts = { y, dx: x.grad, dw: norm.weight.grad, db: norm.bias.grad, mean: norm.runningMean, variance: norm.runningVar };
print(Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, numbers(value.contiguous())])));`;
      type Parts = Record<'y' | 'dx' | 'dw' | 'db' | 'mean' | 'variance', number[]>;
      const shared = await askTogether<Parts>(
        2,
        `const from = rank === 0 ? 0 : 3;${work('from, rank === 0 ? 3 : 2')}\nnorm.across = group.across([3, 2]);${end}`,
      );
      const [alone] = await askTogether<Parts>(2, `const from = 0;${work('0, 5')}${end}`);
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
  }

  test('a convolution that takes a norm along takes the statistics of all processes', async () => {
    const found = await askTogether<number[]>(
      2,
      `
const all = torch.arange(4 * 32 * 32 * 32, { dtype: 'float32' }).sin().view([4, 32, 32, 32]).to({ memoryFormat: 'channelsLast' });
const learn = (x, weights, across) => {
  const conv = new torch.nn.Conv2d(32, 32, 3, { padding: 1, bias: false }), norm = new torch.nn.BatchNorm2d(32);
  noGrad(() => conv.weight.copy_(torch.arange(conv.weight.numel, { dtype: 'float32' }).cos().view(conv.weight.shape).mul(0.1)));
  norm.across = across;
  x.requiresGrad = true;
  const y = conv.forward(x, norm);
  y.mul(weights).sum().backward();
  return { y, dx: x.grad, shared: [conv.weight.grad, norm.weight.grad, norm.bias.grad], left: [norm.runningMean, norm.runningVar] };
};
const weights = all.cos(), [from, count] = rank === 0 ? [0, 3] : [3, 1];
const one = learn(all.clone(), weights, null);
const two = learn(all.narrow(0, from, count).clone(), weights.narrow(0, from, count), group.across([3, 1]));
const distance = (a, b) => a.sub(b).abs().max().item() / b.abs().max().item();
print([
  distance(two.y, one.y.narrow(0, from, count)),
  distance(two.dx, one.dx.narrow(0, from, count)),
  ...two.shared.map((x, i) => distance(group.allReduce(x), one.shared[i])),
  ...two.left.map((x, i) => distance(x, one.left[i])),
]);`,
    );
    for (const distances of found) assert.ok(Math.max(...distances) < 1e-5, `${distances}`);
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
