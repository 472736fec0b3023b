import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  generatorState,
  manualSeed,
  nn,
  rand,
  randint,
  randn,
  randperm,
  scope,
  setGeneratorState,
  type Tensor,
  zeros,
} from '../src/index.js';
import { askChild } from './children.js';

test('truncated normal: its deviation, and nothing beyond the bound', () => {
  manualSeed(1);
  scope(() => {
    const x = nn.init.truncatedNormal(zeros([200_000]), 0.02);
    assert.ok(Math.abs(x.std().item() - 0.02) < 2e-4 && Math.abs(x.mean().item()) < 2e-4);
    const cut = nn.init.truncatedNormal(zeros([200_000]), 1, 1);
    assert.ok(cut.abs().max().item() <= 1 && cut.abs().max().item() > 0.999);
    // 1 - 2 phi(1) / (2 Phi(1) - 1)
    assert.ok(Math.abs(cut.square().mean().item() - 0.2911) < 0.004);
  });
});

const numbers = (x: Tensor) => Array.from(x.data(), Number);

const draw = () => scope(() => [randn([3]), rand([40]), randperm(7), randn([33])].map(numbers));

describe('random numbers', () => {
  test('are those of PyTorch 1.13.1 on a CPU', () => {
    // torch.manual_seed(0); torch.randn(4), torch.rand(4), torch.randperm(10), torch.randn(20),
    // torch.randint(0, 100, (6,))
    manualSeed(0);
    scope(() => {
      assert.deepEqual(
        numbers(randn([4])),
        [1.5409960746765137, -0.293428897857666, -2.1787893772125244, 0.5684312582015991],
      );
      assert.deepEqual(
        numbers(rand([4])),
        [0.455627977848053, 0.6323062777519226, 0.3488934636116028, 0.40171730518341064],
      );
      assert.deepEqual(numbers(randperm(10)), [6, 4, 8, 7, 1, 2, 5, 3, 0, 9]);
      // The path for 16 numbers and more is vectorised, and rounds as the processor's instructions
      // do.
      const expected = [-1.5550950765609741, -0.3413603901863098, 1.85300612449646, 0.46809640526771545];
      numbers(randn([20])).forEach((value, i) => {
        if (i < expected.length) assert.ok(Math.abs(value - (expected[i] as number)) < 1e-5, `${value} at ${i}`);
      });
      assert.deepEqual(numbers(randint(0, 100, [6])), [6, 76, 27, 99, 26, 63]);
    });
  });

  test('are repeated by their seed and differ between seeds', () => {
    manualSeed(123);
    const first = draw();
    const second = draw();
    manualSeed(123);
    assert.deepEqual(draw(), first);
    assert.deepEqual(draw(), second);
    manualSeed(124);
    assert.notDeepEqual(draw(), first);
    for (const seed of [-1, 0, Number.MAX_SAFE_INTEGER]) {
      manualSeed(seed);
      const drawn = draw();
      manualSeed(seed);
      assert.deepEqual(draw(), drawn);
    }
  });

  test('continue bit by bit from a saved state', () => {
    scope(() => {
      manualSeed(5);
      draw();
      randn([1]); // half of a pair is left in the generator
      const state = generatorState();
      assert.equal(state.dtype, 'uint8');
      const next = draw();
      const bytes = state.bytes();
      setGeneratorState(state);
      assert.deepEqual(draw(), next);
      assert.deepEqual(state.bytes(), bytes, 'the state is a copy');
      setGeneratorState(state);
      assert.deepEqual(draw(), next);
    });
  });

  test('continue in another process from the bytes of the state', async () => {
    manualSeed(9);
    draw();
    const bytes = scope(() => [...generatorState().bytes()]);
    const next = scope(() => numbers(rand([5])));
    const there = await askChild<number[]>(`
      const state = torch.fromBytes(Uint8Array.from(${JSON.stringify(bytes)}), [${bytes.length}], 'uint8');
      torch.setGeneratorState(state);
      console.log(JSON.stringify(Array.from(torch.rand([5]).data())));
    `);
    assert.deepEqual(there, next);
  });
});
