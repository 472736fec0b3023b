import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as torch from '../src/index.js';
import { liveCount, scope, Tensor } from '../src/index.js';
import { assertClose, decode, device, fixture, load, type Stored } from './support.js';

/** One call of an operator in PyTorch; see scripts/fixtures/operators.py. */
interface Case {
  name: string;
  op: string;
  method?: boolean;
  inputs: Record<string, Stored>;
  args: unknown[];
  options?: Record<string, unknown>;
  outputs: (Stored | boolean | number | null)[];
  after?: Record<string, Stored>;
  cotangents?: (Stored | null)[];
  grads?: Record<string, Stored>;
}

type Callable = (...values: unknown[]) => unknown;
type Callables = Record<string, Callable | undefined>;

const functions = torch as unknown as Callables;

/** `$name` stands for an input, `#inf` for a number that JSON lacks. */
function resolve(value: unknown, inputs: Record<string, Tensor>): unknown {
  if (Array.isArray(value)) return value.map((element) => resolve(element, inputs));
  if (typeof value !== 'string') return value;
  if (value.startsWith('#')) return decode(value);
  return value.startsWith('$') ? inputs[value.slice(1)] : value;
}

function check(one: Case, form: string, call: (values: unknown[]) => unknown): void {
  const { name, grads = {} } = one;
  const label = `${name} as a ${form}`;
  const inputs: Record<string, Tensor> = {};
  for (const [key, stored] of Object.entries(one.inputs)) inputs[key] = load(stored, { requiresGrad: key in grads });
  const values = one.args.map((value) => resolve(value, inputs));
  const options = Object.entries(one.options ?? {}).map(([key, value]) => [key, resolve(value, inputs)]);
  // Factories have no input to tell them the device.
  if (device !== 'cpu' && Object.keys(inputs).length === 0) options.push(['device', device]);
  if (options.length > 0) values.push(Object.fromEntries(options));

  const result = call(values);
  const outputs = result === undefined ? [] : Array.isArray(result) ? result : [result];
  assert.equal(outputs.length, one.outputs.length, `${label}: number of results`);
  if (one.op.endsWith('_') && outputs.length === 1) assert.equal(outputs[0], values[0], `${label}: the same handle`);
  one.outputs.forEach((expected, i) => {
    const actual: unknown = outputs[i];
    if (expected === null) return;
    if (typeof expected !== 'object') assert.equal(actual, expected, `${label}: result ${i}`);
    else assertTensor(actual, expected, `${label}: result ${i}`);
  });
  for (const [key, expected] of Object.entries(one.after ?? {})) {
    assertTensor(inputs[key], expected, `${label}: ${key} afterwards`);
  }
  if (!one.cotangents) return;

  let total: Tensor | undefined;
  one.cotangents.forEach((cotangent, i) => {
    if (cotangent === null) return;
    const term = (outputs[i] as Tensor).mul(load(cotangent)).sum();
    total = total ? total.add(term) : term;
  });
  total?.backward();
  for (const [key, expected] of Object.entries(grads)) {
    assertTensor(inputs[key]?.grad, expected, `${label}: gradient of ${key}`);
  }
}

function assertTensor(actual: unknown, expected: Stored, label: string): void {
  assert.ok(actual instanceof Tensor, `${label}: ${actual} is no tensor`);
  assert.equal(actual.dtype, expected.dtype, `${label}: dtype`);
  assertClose(actual, expected, label);
}

describe('operators give the values and gradients of PyTorch', () => {
  for (const one of fixture<{ cases: Case[] }>('operators').cases) {
    test(one.name, () => {
      const before = liveCount();
      scope(() => {
        const called = functions[one.op];
        assert.ok(called, `${one.op} is not exported`);
        check(one, 'function', (values) => called(...values));
      });
      if (one.method) {
        scope(() => {
          check(one, 'method', ([self, ...rest]) => {
            const method = (self as unknown as Callables)[one.op];
            assert.ok(method, `${one.op} is no method`);
            return method.apply(self, rest);
          });
        });
      }
      assert.equal(liveCount(), before, 'live tensors');
    });
  }
});

describe('random operators', () => {
  const numbers = (x: Tensor) => Array.from(x.data(), Number);
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = (values: number[]) => Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));
  const near = (actual: number, expected: number, tolerance: number) =>
    assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not near ${expected}`);
  const count = 20_000;

  const seeded = (name: string, body: () => void) =>
    test(name, () => {
      torch.manualSeed(7);
      scope(body);
    });

  seeded('a seed repeats the numbers, a saved state continues them', () => {
    const first = numbers(torch.randn([5], { device }));
    const state = torch.generatorState(device);
    const second = numbers(torch.randn([5], { device }));
    torch.setGeneratorState(state, device);
    assert.deepEqual(numbers(torch.randn([5], { device })), second);
    torch.manualSeed(7);
    assert.deepEqual(numbers(torch.randn([5], { device })), first);
    assert.notDeepEqual(first, second);
  });

  seeded('rand and uniform_ fill their intervals evenly', () => {
    const unit = numbers(torch.rand([count], { device }));
    assert.ok(unit.every((value) => value >= 0 && value < 1));
    near(mean(unit), 0.5, 0.01);
    near(deviation(unit), Math.sqrt(1 / 12), 0.01);
    const wide = numbers(torch.empty([count], { device }).uniform_({ from: -2, to: 4 }));
    assert.ok(wide.every((value) => value >= -2 && value < 4));
    near(mean(wide), 1, 0.06);
  });

  seeded('randn and normal_ have the mean and deviation asked for', () => {
    const standard = numbers(torch.randn([count], { device }));
    near(mean(standard), 0, 0.03);
    near(deviation(standard), 1, 0.03);
    const shifted = numbers(torch.empty([count], { device }).normal_({ mean: 3, std: 0.5 }));
    near(mean(shifted), 3, 0.02);
    near(deviation(shifted), 0.5, 0.02);
  });

  seeded('randint stays between its bounds, randperm is a permutation', () => {
    const digits = new Set(numbers(torch.randint(2, 6, [500], { device })));
    assert.deepEqual([...digits].sort(), [2, 3, 4, 5]);
    const order = torch.randperm(100, { device });
    assert.equal(order.dtype, 'int64');
    const sorted = numbers(order).sort((a, b) => a - b);
    assert.deepEqual(
      sorted,
      Array.from({ length: 100 }, (_, i) => i),
    );
  });

  seeded('dropout zeroes its share and scales the rest; its gradient has the same mask', () => {
    const x = torch.ones([count], { device });
    x.requiresGrad = true;
    const y = torch.dropout(x, 0.25, true);
    y.sum().backward();
    const values = numbers(y);
    const scale = Math.fround(1 / 0.75);
    assert.ok(values.every((value) => value === 0 || Math.abs(value - scale) < 1e-6));
    near(values.filter((value) => value === 0).length / count, 0.25, 0.02);
    assert.deepEqual(numbers(x.grad as Tensor), values);
  });

  seeded('bernoulli, multinomial, exponential_', () => {
    near(mean(numbers(torch.full([count], 0.3, { device }).bernoulli())), 0.3, 0.02);
    near(mean(numbers(torch.empty([count], { device }).exponential_({ lambd: 2 }))), 0.5, 0.02);
    const weights = torch.tensor([0, 1, 3], { device });
    assert.deepEqual(numbers(weights.multinomial(2)).sort(), [1, 2]);
    const draws = numbers(weights.multinomial(count, { replacement: true }));
    near(mean(draws), 1.75, 0.02);
  });

  seeded('factories make float32, and like their input', () => {
    assert.equal(torch.rand([2], { device }).dtype, 'float32');
    assert.deepEqual(torch.empty([2, 0], { device }).shape, [2, 0]);
    const half = torch.zeros([3], { dtype: 'bfloat16', device });
    assert.equal(torch.randLike(half).dtype, 'bfloat16');
    assert.deepEqual(torch.emptyLike(half).shape, [3]);
  });
});
