import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  allocatedBytes,
  batchNorm,
  batchNormRelu,
  conv2d,
  conv2dRecomputing,
  type DType,
  grad,
  manualSeed,
  nn,
  noGrad,
  ones,
  randn,
  scope,
  setThreads,
  type Tensor,
  tensor,
  threads,
  zeros,
} from '../src/index.js';
import { measuresMemory } from './support.js';

const channelsLast = { memoryFormat: 'channelsLast' } as const;
const kinds = ['norm', 'norm and ReLU', 'norm, sum and ReLU'] as const;
type Kind = (typeof kinds)[number];

function normal(shape: readonly number[], dtype: DType = 'float64'): Tensor {
  const x = randn(shape, { dtype });
  const placed = shape.length === 4 ? x.to(channelsLast) : x;
  placed.requiresGrad = true;
  return placed;
}

function distance(a: Tensor, b: Tensor): number {
  return a.to('float64').sub(b.to('float64')).norm().item() / b.to('float64').norm().item();
}

/** Maps and a norm of random numbers. */
function draw(shape: readonly number[], dtype?: DType) {
  const channels = shape[1] as number;
  const [x, carried, scale, shift] = [
    normal(shape, dtype),
    normal(shape, dtype),
    normal([channels]),
    normal([channels]),
  ];
  return { x, carried, scale, shift };
}

type Drawn = ReturnType<typeof draw>;

function ours({ x, carried, scale, shift }: Drawn, kind: Kind, running = fresh(scale)): Tensor {
  const other = kind === 'norm, sum and ReLU' ? carried : null;
  return batchNormRelu(x, scale, shift, running[0] as Tensor, running[1] as Tensor, other, kind !== 'norm', 0.1, 1e-5);
}

function fresh({ shape, dtype }: Tensor): Tensor[] {
  return [zeros(shape, { dtype }), ones(shape, { dtype })];
}

/** The definition, number by number. */
function byHand({ x, carried, scale, shift }: Drawn, kind: Kind) {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const [xs, others, scales, shifts] = [x, carried, scale, shift].map((v) =>
    v.detach().contiguous().data(),
  ) as Float64Array[] as [Float64Array, Float64Array, Float64Array, Float64Array];
  const y = new Float64Array(xs.length);
  const [means, variances] = [new Float64Array(c), new Float64Array(c)];
  for (let channel = 0; channel < c; channel++) {
    const places = Array.from({ length: n * h * w }, (_, i) => {
      const image = Math.floor(i / (h * w));
      return (image * c + channel) * h * w + (i % (h * w));
    });
    const mean = places.reduce((sum, i) => sum + (xs[i] as number), 0) / places.length;
    const variance = places.reduce((sum, i) => sum + ((xs[i] as number) - mean) ** 2, 0) / places.length;
    means[channel] = 0.1 * mean;
    variances[channel] = 0.9 + (0.1 * variance * places.length) / (places.length - 1);
    for (const i of places) {
      const normalised = ((xs[i] as number) - mean) / Math.sqrt(variance + 1e-5);
      const value = normalised * (scales[channel] as number) + (shifts[channel] as number);
      const sum = kind === 'norm, sum and ReLU' ? value + (others[i] as number) : value;
      y[i] = kind === 'norm' ? sum : Math.max(sum, 0);
    }
  }
  return { y: tensor(y, { shape: x.shape }), running: [tensor(means), tensor(variances)] };
}

describe('batchNormRelu is the definition, for any number of channels and values', () => {
  for (const shape of [
    [8, 8, 5, 5],
    [2, 24, 3, 7],
    [3, 5, 2, 2],
    [4, 1, 2, 2],
    [3, 130, 9, 4],
    [12, 64, 8, 8],
  ]) {
    test(`[${shape}]`, () =>
      scope(() => {
        manualSeed(0);
        const drawn = draw(shape);
        for (const kind of kinds) {
          const running = fresh(drawn.scale);
          const expected = byHand(drawn, kind);
          assert.ok(distance(ours(drawn, kind, running), expected.y) < 1e-13, kind);
          running.forEach((value, i) => void assert.ok(distance(value, expected.running[i] as Tensor) < 1e-13));
        }
      }));
  }
});

/** libtorch's own operators, in another memory format so that nothing of ours takes part. */
function theirs({ x, carried, scale, shift }: Drawn, kind: Kind): Tensor {
  const norm = batchNorm(x.contiguous(), scale, shift, null, null, true, 0.1, 1e-5, true);
  if (kind === 'norm') return norm;
  return (kind === 'norm and ReLU' ? norm : norm.add(carried)).relu();
}

const leavesOf = ({ x, carried, scale, shift }: Drawn, kind: Kind) =>
  kind === 'norm, sum and ReLU' ? [x, scale, shift, carried] : [x, scale, shift];

for (const kind of kinds) {
  test(`${kind}: gradients and their gradients are those of libtorch's operators`, () =>
    scope(() => {
      manualSeed(1);
      const drawn = draw([4, 24, 5, 3]);
      const [g, direction] = [normal([4, 24, 5, 3]), normal([4, 24, 5, 3])];
      const leaves = leavesOf(drawn, kind);
      const [mine, reference] = [ours, theirs].map((f) => {
        const y = f(drawn, kind);
        const first = grad([y], leaves, { gradOutputs: [g], retainGraph: true }) as Tensor[];
        const again = grad([y], leaves, { gradOutputs: [g], createGraph: true }) as Tensor[];
        const second = grad([(again[0] as Tensor).mul(direction).sum()], [drawn.x, drawn.scale, g]) as Tensor[];
        return [...first, ...again, ...second];
      }) as [Tensor[], Tensor[]];
      mine.forEach((value, i) => void assert.ok(distance(value, reference[i] as Tensor) < 1e-11, `${i}`));
    }));
}

test('in float32 it is as exact where the mean is far above the deviation', () =>
  scope(() => {
    manualSeed(2);
    const x = normal([64, 16, 8, 8]).detach().add(300);
    const [one, none] = [ones([16]), zeros([16])];
    const run = (given: Tensor, dtype: DType) => {
      const [scale, shift] = [one.to(dtype), none.to(dtype)];
      return batchNormRelu(given, scale, shift, none.to(dtype), one.to(dtype), null, false, 0.1, 1e-5);
    };
    const narrow = x.to('float32');
    assert.ok(distance(run(narrow, 'float32'), run(narrow.to('float64'), 'float64')) < 1e-4);
  }));

test('the same bits from run to run, whatever the number of threads', () =>
  scope(() => {
    manualSeed(3);
    const drawn = draw([40, 48, 9, 9], 'float64');
    const g = normal([40, 48, 9, 9]);
    const before = threads();
    const runs = [1, 2, 2, 3].map((count) => {
      setThreads(count);
      const y = ours(drawn, 'norm, sum and ReLU');
      return [y, ...(grad([y], leavesOf(drawn, 'norm, sum and ReLU'), { gradOutputs: [g] }) as Tensor[])];
    });
    setThreads(before);
    for (const run of runs) run.forEach((value, i) => void assert.ok(value.equal(runs[0]?.[i] as Tensor)));
  }));

test('what is not a number stays none, and infinity is no number afterwards', () =>
  scope(() => {
    const drawn = draw([2, 8, 4, 4]);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const x = drawn.x.detach().clone();
      x.select(1, 3).select(1, 0).fill_(value);
      const y = ours({ ...drawn, x }, 'norm and ReLU');
      assert.deepEqual([y.select(1, 3).isnan().all().item(), y.select(1, 2).isnan().any().item()], [1, 0]);
    }
  }));

test('what it cannot do is refused', () =>
  scope(() => {
    const { x, carried, scale, shift } = draw([2, 8, 4, 4]);
    const run = (map: Tensor, other: Tensor | null = null, relu = true) =>
      batchNormRelu(map, scale, shift, shift, scale, other, relu, 0.1, 1e-5);
    assert.throws(() => run(x.to('float32')), /batchNormRelu.*expected \[8\] of the map's dtype/s);
    assert.throws(() => run(x.narrow(1, 0, 4)), /expected \[4\]/);
    assert.throws(() => run(x.select(0, 0)), /maps \[n, c, h, w\]/);
    assert.throws(() => run(x.narrow(0, 0, 1).narrow(2, 0, 1).narrow(3, 0, 1)), /more than one value per channel/);
    assert.throws(() => run(x, carried.narrow(0, 0, 1)), /a sum is with a map like the input/);
    assert.throws(() => run(x, carried, false), /a ReLU follows/);
  }));

/** Two blocks as a ResNet has them, with a shortcut in the first. */
class Blocks extends nn.Module {
  readonly convolutions = [8, 8, 8, 8, 8].map(() => new nn.Conv2d(8, 8, 3, { padding: 1, bias: false }));
  readonly norms = [8, 8, 8, 8, 8, 8].map((channels) => new nn.BatchNorm2d(channels));
  readonly shortcut = new nn.Conv2d(8, 8, 1, { bias: false });

  forward(x: Tensor): Tensor {
    const conv = (i: number, map: Tensor) => (this.convolutions[i] as nn.Conv2d).forward(map);
    const relu = (i: number, map: Tensor, carried?: Tensor) => (this.norms[i] as nn.BatchNorm2d).relu(map, carried);
    return scope(() => {
      const y = relu(0, conv(0, x));
      const carried = (this.norms[5] as nn.BatchNorm2d).forward(this.shortcut.forward(y));
      const z = relu(2, conv(2, relu(1, conv(1, y))), carried);
      return relu(4, conv(4, relu(3, conv(3, z))), z);
    });
  }
}

describe('a network whose norms are made again', () => {
  const run = (place: (x: Tensor) => Tensor) => {
    manualSeed(4);
    const network = new Blocks();
    network.to({ dtype: 'float64', memoryFormat: 'channelsLast' });
    const x = normal([24, 8, 10, 10]);
    const before = allocatedBytes() ?? 0;
    const y = network.forward(place(x));
    const kept = (allocatedBytes() ?? 0) - before;
    y.mul(randn(y.shape, { dtype: 'float64' }))
      .sum()
      .backward();
    return { y, kept, gradients: [x, ...network.parameters()].map(({ grad }) => grad as Tensor), map: 8 * x.numel };
  };

  test('has the gradients of the usual one', () =>
    scope(() => {
      const [mine, reference] = [run((x) => x), run((x) => x.contiguous())];
      assert.ok(distance(mine.y, reference.y) < 1e-12);
      mine.gradients.forEach((value, i) => void assert.ok(distance(value, reference.gradients[i] as Tensor) < 1e-11));
    }));

  test("keeps its convolutions' results alone", { skip: !measuresMemory || allocatedBytes() === undefined }, () =>
    scope(() => {
      const { kept, map } = run((x) => x);
      // Those of six convolutions, and the result.
      assert.ok(kept > 6.5 * map && kept < 7.5 * map, `${kept / map} maps`);
    }),
  );
});

test('a second way back through the same graph is refused, and possible where it is kept', () =>
  scope(() => {
    const drawn = draw([3, 8, 4, 4]);
    for (const kind of kinds) {
      const loss = conv2dRecomputing(ours(drawn, kind), ones([5, 8, 1, 1], { dtype: 'float64' }), { stride: 2 }).sum();
      const back = (retainGraph: boolean) => grad([loss], [drawn.x], { retainGraph })[0] as Tensor;
      assert.ok(back(true).equal(back(false)));
      assert.throws(() => back(false), /backward through the graph a second time.*retainGraph/);
    }
  }));

describe('conv2dRecomputing is conv2d, of maps that are made again too', () => {
  for (const [kernel, stride, padding] of [
    [3, 1, 1],
    [3, 2, 1],
    [1, 1, 0],
    [1, 2, 0],
  ] as const) {
    test(`${kernel}x${kernel} with stride ${stride}`, () =>
      scope(() => {
        manualSeed(5);
        const drawn = draw([3, 8, 7, 6]);
        const [weight, bias] = [normal([5, 8, kernel, kernel]), normal([5])];
        const leaves = [drawn.x, drawn.scale, weight, bias];
        const all = (f: typeof conv2dRecomputing, map: Tensor) => {
          const y = f(map, weight, { bias, stride, padding });
          const first = grad([y.pow(2).sum()], leaves, { createGraph: true }) as Tensor[];
          return [y, ...first, ...(grad([(first[0] as Tensor).pow(2).sum()], leaves) as Tensor[])];
        };
        const mine = all(conv2dRecomputing, ours(drawn, 'norm and ReLU'));
        const reference = all(conv2d, theirs(drawn, 'norm and ReLU'));
        mine.forEach((value, i) => void assert.ok(distance(value, reference[i] as Tensor) < 1e-10, `${i}`));
      }));
  }

  test('a map that was written into is taken as it is', () =>
    scope(() => {
      const drawn = draw([3, 8, 7, 6]);
      const weight = normal([5, 8, 3, 3]);
      const doubled = ours(drawn, 'norm');
      noGrad(() => void doubled.mul_(2));
      const [mine] = grad([conv2dRecomputing(doubled, weight).sum()], [weight]) as [Tensor];
      const [reference] = grad([conv2d(doubled.detach(), weight).sum()], [weight]) as [Tensor];
      assert.ok(distance(mine, reference) < 1e-12);
    }));
});
