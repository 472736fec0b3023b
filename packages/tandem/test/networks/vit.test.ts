import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { autocast, cat, manualSeed, noGrad, ones, scope, type Tensor, tensor } from 'tandem-torch';
import { Branch, buildEncoder, DropPath, Head, newArchitecture, ViT } from '../../src/networks/index.js';
import { slowTeacher } from '../../src/teachers/index.js';
import { assertClose, elements, hash, normal } from '../support.js';
import { filled, largestDifference } from './filled.js';

const options = { width: 12, depth: 4, heads: 3, patch: 4, size: 8, channels: 3 } as const;

describe('vision transformers', () => {
  for (const [backbone, settings, size, count] of [
    ['vit-tiny', { depth: 6 }, 32, 2_691_648],
    ['vit-tiny', {}, 32, 5_360_832],
    ['vit-tiny', { depth: 6, width: 256 }, 32, 4_768_512],
    ['vit-small', {}, 224, 21_665_664],
    ['vit-tiny', {}, 224, 5_524_416],
  ] as const) {
    test(`${backbone} ${JSON.stringify(settings)} at ${size} pixels has ${count} parameters`, () => {
      const encoder = buildEncoder(newArchitecture(backbone, settings, { size, channels: 3 }));
      assert.equal(
        encoder.parameters().reduce((sum, x) => sum + x.numel, 0),
        count,
      );
      encoder.dispose();
    });
  }

  test('begins with matrices, class token and positions of deviation .02, biases 0, scales 1', () => {
    manualSeed(3);
    const vit = new ViT({ ...options, width: 48, size: 64 });
    for (const [name, x] of vit.namedParameters()) {
      if (x.ndim === 1 && !name.startsWith('patch_embed')) {
        assert.ok(
          elements(x).every((e) => e === (name.endsWith('weight') ? 1 : 0)),
          name,
        );
      } else if (/cls_token|pos_embed|(qkv|proj|fc\d)\.weight/.test(name) && !name.startsWith('patch_embed')) {
        assertClose(x.square().mean().sqrt().item(), 0.02, { rtol: 5 / Math.sqrt(2 * x.numel), label: name });
        assert.ok(x.abs().max().item() < 0.12, name);
      }
    }
  });

  test('gradients of all parameters and of the images agree with finite differences', () => {
    const vit = filled(new ViT({ ...options, depth: 2 }));
    const x = normal([2, 3, 8, 12], 1);
    x.requiresGrad = true;
    const parts = [x, ...vit.parameters()];
    const f = () =>
      vit
        .forward(x)
        .mul(normal([2, 12], 2))
        .sum();
    assert.ok(largestDifference(parts, f) < 1e-7);
  });

  test('the last blocks side by side: the last of them is the feature', () =>
    scope(() => {
      const vit = filled(new ViT(options));
      const x = normal([2, 3, 8, 8], 1);
      const all = vit.classTokens(x, 4);
      assert.deepEqual([...all.shape], [2, 48]);
      assertClose(all.narrow(1, 36, 12).contiguous(), vit.forward(x), {});
      assertClose(all.narrow(1, 24, 24).contiguous(), vit.classTokens(x, 2), {});
      const shorter = filled(new ViT({ ...options, depth: 3 }));
      const own = shorter.stateDict();
      const longer = vit.stateDict();
      noGrad(() => Object.keys(own).map((key) => own[key]?.copy_(longer[key] as Tensor)));
      assertClose(all.narrow(1, 24, 12).contiguous(), shorter.forward(x), { atol: 1e-12 });
      assert.throws(() => vit.classTokens(x, 5), /it has 4 blocks, 5 were asked for/);
    }));

  test('patches moved together with their positions leave the class token as it is', () =>
    scope(() => {
      const vit = filled(new ViT(options));
      const x = normal([2, 3, 8, 8], 1);
      const before = vit.forward(x);
      const [[a, b], [c, d]] = x.split(4, { dim: 2 }).map((row) => row.split(4, { dim: 3 })) as [Tensor[], Tensor[]];
      const rows = [
        [d, a],
        [b, c],
      ] as Tensor[][];
      const moved = cat(
        rows.map((row) => cat(row, { dim: 3 })),
        { dim: 2 },
      );
      assert.ok(vit.forward(moved).sub(before).abs().max().item() > 1e-3);
      noGrad(() => {
        const order = tensor(BigInt64Array.of(0n, 4n, 1n, 2n, 3n));
        vit.posEmbed?.copy_(vit.posEmbed.indexSelect(1, order));
      });
      assertClose(vit.forward(moved), before, { atol: 1e-12 });
    }));

  test('positions: themselves at the native side, resampled at others, constants stay constants', () =>
    scope(() => {
      const vit = filled(new ViT({ ...options, size: 16 }));
      assert.equal(vit.positions(4, 4), vit.posEmbed);
      assert.deepEqual([...vit.positions(2, 6).shape], [1, 13, 12]);
      assertClose(
        vit.positions(2, 6).narrow(1, 0, 1).contiguous(),
        (vit.posEmbed as Tensor).narrow(1, 0, 1).contiguous(),
        {},
      );
      noGrad(() => vit.posEmbed?.copy_(ones([1, 17, 12], { dtype: 'float64' })));
      assertClose(vit.positions(3, 7), ones([1, 22, 12], { dtype: 'float64' }), { atol: 1e-12 });
      assert.equal(vit.forward(normal([2, 3, 8, 8], 1)).shape[1], 12);
    }));

  test('channels-last images and weights compute the same; bfloat16 nearly', () =>
    scope(() => {
      const vit = new ViT({ ...options, width: 24 });
      const x = normal([4, 3, 8, 8], 1, 'float32');
      const plain = vit.forward(x);
      const half = autocast({}, () => vit.forward(x));
      assertClose(half, plain, { atol: 0.1 });
      autocast({}, () => vit.forward(x))
        .sum()
        .backward();
      assert.ok(vit.parameters().every((p) => p.grad?.isfinite().all().item()));
      vit.to({ memoryFormat: 'channelsLast' });
      assertClose(vit.forward(x.to({ memoryFormat: 'channelsLast' })), plain, { atol: 1e-5 });
    }));

  test('misfits are refused', () => {
    assert.throws(() => new ViT({ ...options, heads: 5 }), /5 heads do not divide a width of 12/);
    assert.throws(() => new ViT({ ...options, size: 10 }), /patches of 4 pixels do not divide images of 10/);
    const vit = new ViT(options);
    assert.throws(() => vit.forward(normal([1, 3, 8, 10], 1, 'float32')), /do not divide images of 8 x 10/);
  });
});

describe('drop path', () => {
  test('leaves whole images out in training and keeps the mean; in evaluation it does nothing', () =>
    scope(() => {
      manualSeed(1);
      const x = ones([4000, 2, 3]);
      const layer = new DropPath(0.25);
      const y = layer.forward(x);
      const each = elements(y.reshape([4000, 6]).amax({ dim: 1 }));
      assertClose(y.reshape([4000, 6]).amin({ dim: 1 }), each, {});
      assert.ok(each.every((e) => e === 0 || Math.abs(e - 4 / 3) < 1e-6));
      assertClose(each.filter((e) => e === 0).length / 4000, 0.25, { atol: 0.03 });
      assert.equal(layer.eval().forward(x), x);
      assert.equal(new DropPath(0).forward(x), x);
      assert.throws(() => new DropPath(1), /at least 0 and below 1/);
    }));

  test('grows linearly over the blocks; a teacher has none', () =>
    scope(() => {
      const vit = new ViT({ ...options, dropPath: 0.3 });
      const rates = (network: ViT) => network.blocks.map(({ dropPath }) => dropPath.rate);
      assertClose(rates(vit), [0, 0.1, 0.2, 0.3], { atol: 1e-12 });
      const student = new Branch(vit, new Head({ widths: [12], norm: false }));
      const { branch } = slowTeacher(student);
      assert.deepEqual(rates(branch.encoder as ViT), [0, 0, 0, 0]);
      assertClose(rates(vit), [0, 0.1, 0.2, 0.3], { atol: 1e-12 });
      const x = normal([8, 3, 8, 8], 1, 'float32');
      assert.equal(hash([branch.forward(x)]), hash([student.eval().forward(x)]));
      assert.notEqual(hash([student.train().forward(x)]), hash([branch.forward(x)]));
    }));
});
