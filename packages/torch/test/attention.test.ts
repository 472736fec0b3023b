import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { attention, grad, manualSeed, noGrad, randn, scope, selfAttention, type Tensor } from '../src/index.js';

/** By its definition: softmax(q k' / sqrt(size)) v. */
function defined(qkv: Tensor, heads: number): Tensor {
  const [n, tokens, width] = qkv.shape as [number, number, number];
  const size = width / 3 / heads;
  const [q, k, v] = qkv.reshape([n, tokens, 3, heads, size]).permute([2, 0, 3, 1, 4]).unbind() as [
    Tensor,
    Tensor,
    Tensor,
  ];
  const shares = q
    .mul(size ** -0.5)
    .matmul(k.transpose(-2, -1))
    .softmax(-1);
  return shares
    .matmul(v)
    .transpose(1, 2)
    .reshape([n, tokens, width / 3]);
}

/** Result and gradient of a weighted sum of it. */
function both(of: (x: Tensor) => Tensor, x: Tensor, weights: Tensor): [Tensor, Tensor] {
  const leaf = x.detach().clone();
  leaf.requiresGrad = true;
  const y = of(leaf);
  y.mul(weights).sum().backward();
  return [y.detach(), leaf.grad as Tensor];
}

/** The largest difference, in parts of the largest number. */
const apart = (a: Tensor, b: Tensor) =>
  a.to('float64').sub(b.to('float64')).abs().max().item() / b.to('float64').abs().max().item();

describe('selfAttention', () => {
  const shapes = [
    [2, 5, 3, 4],
    [3, 16, 2, 8],
    [1, 197, 6, 64],
    [2, 33, 1, 7],
    [4, 1, 2, 3],
  ] as const;
  for (const [n, tokens, heads, size] of shapes) {
    test(`${n} images of ${tokens} tokens, ${heads} heads of ${size}: values and gradients of the definition in float64`, () =>
      scope(() => {
        manualSeed(tokens);
        const x = randn([n, tokens, 3 * heads * size]).mul(2);
        const weights = randn([n, tokens, heads * size]);
        const [exact, exactGradient] = both((y) => defined(y, heads), x.to('float64'), weights.to('float64'));
        const [found, gradient] = both((y) => selfAttention(y, heads), x, weights);
        assert.ok(apart(found, exact) < 2e-6, `result ${apart(found, exact)}`);
        assert.ok(apart(gradient, exactGradient) < 4e-6, `gradient ${apart(gradient, exactGradient)}`);
        assert.ok(noGrad(() => selfAttention(x, heads)).equal(found));
        const [wide, wideGradient] = both((y) => selfAttention(y, heads), x.to('float64'), weights.to('float64'));
        assert.ok(apart(wide, exact) < 1e-12 && apart(wideGradient, exactGradient) < 1e-12);
      }));
  }

  test('scores far from 0, equal ones and strided tokens', () =>
    scope(() => {
      const large = randn([2, 9, 24]).mul(60);
      assert.ok(apart(selfAttention(large, 2), defined(large.to('float64'), 2)) < 1e-4);
      const alike = randn([1, 1, 24]).expand([2, 9, 24]);
      assert.ok(apart(selfAttention(alike, 2), alike.narrow(2, 16, 8).contiguous()) < 1e-6);
      const strided = randn([2, 24, 9]).transpose(1, 2);
      assert.ok(selfAttention(strided, 2).equal(selfAttention(strided.contiguous(), 2)));
    }));

  test('an image has the same bits whatever others there are', () =>
    scope(() => {
      const x = randn([5, 21, 48]);
      const whole = selfAttention(x, 4);
      for (const i of [0, 4]) assert.ok(whole.narrow(0, i, 1).equal(selfAttention(x.narrow(0, i, 1), 4)));
    }));

  test('in half precision it is that of float32 to rounding, and so are gradients', () =>
    scope(() => {
      const [x, weights] = [randn([2, 17, 48]).to('bfloat16'), randn([2, 17, 16]).to('bfloat16')];
      const [found, gradient] = both((y) => selfAttention(y, 4), x, weights);
      const [exact, exactGradient] = both((y) => selfAttention(y, 4), x.to('float32'), weights.to('float32'));
      assert.deepEqual([found.dtype, gradient.dtype], ['bfloat16', 'bfloat16']);
      assert.ok(apart(found, exact) < 0.02 && apart(gradient, exactGradient) < 0.03);
    }));

  test('what is not a number stays none, in its own image and head', () =>
    scope(() => {
      const x = randn([2, 5, 24]);
      x.select(0, 1).select(0, 2).narrow(0, 4, 1).fill_(Number.NaN); // a query of the second head
      const spoiled = selfAttention(x, 2).isnan();
      assert.deepEqual(spoiled.sum().item(), 4);
      assert.ok(spoiled.select(0, 1).select(0, 2).narrow(0, 4, 4).all().item());
    }));

  test('second derivatives are those of the definition', () =>
    scope(() => {
      const twice = (of: (y: Tensor) => Tensor, given: Tensor) => {
        const leaf = given.detach().clone();
        leaf.requiresGrad = true;
        const [first] = grad([of(leaf).pow(2).sum()], [leaf], { createGraph: true }) as [Tensor];
        return (grad([first.pow(2).sum()], [leaf]) as [Tensor])[0];
      };
      const x = randn([2, 6, 24]);
      const exact = twice((y) => defined(y, 2), x.to('float64'));
      assert.ok(
        apart(
          twice((y) => selfAttention(y, 2), x),
          exact,
        ) < 1e-5,
      );
    }));

  test('what it cannot take is said', () =>
    scope(() => {
      assert.throws(
        () => selfAttention(randn([2, 5, 25]), 2),
        /expected \[n, tokens, 3 width\] with a width that 2 heads divide/,
      );
      assert.throws(() => selfAttention(randn([5, 24]), 2), /expected \[n, tokens, 3 width\]/);
    }));
});

test('attention of queries, keys and values apart is the same', () =>
  scope(() => {
    const [n, tokens, heads, size] = [2, 7, 3, 4];
    const qkv = randn([n, tokens, 3 * heads * size]).to('float64');
    const [q, k, v] = qkv.reshape([n, tokens, 3, heads, size]).permute([2, 0, 3, 1, 4]).unbind() as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const found = attention(q, k, v)
      .transpose(1, 2)
      .reshape([n, tokens, heads * size]);
    assert.ok(apart(found, selfAttention(qkv, heads)) < 1e-12);
  }));
