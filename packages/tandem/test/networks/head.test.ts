import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { nn, scope } from 'tandem-torch';
import { Head, type HeadShape, mlpHead } from '../../src/networks/index.js';
import { fixture, normal } from '../support.js';

const { headParameterCounts } = fixture<{ headParameterCounts: Readonly<Record<string, number>> }>('resnet');

function scalars(module: nn.Module): number {
  return module.parameters().reduce((sum, x) => sum + x.numel, 0);
}

describe('heads', () => {
  const made = <T>(shape: HeadShape, fn: (head: Head) => T): T => {
    const head = new Head(shape);
    try {
      return scope(() => fn(head));
    } finally {
      head.dispose();
    }
  };
  const kinds = (head: Head) =>
    head.layers
      .flatMap((layer) => layer.layers)
      .map((part) => {
        if (part instanceof nn.Linear) return part.bias ? 'L' : 'L0';
        return part instanceof nn.ReLU ? 'R' : part instanceof nn.BatchNorm1d && part.weight ? 'BN' : 'BN-';
      })
      .join(' ');

  test('parameter counts of head(0) to head(3), and of Linear(512, 128)', () => {
    const counts = [0, 1, 2, 3].map((layers) => made(mlpHead(512, layers, 512, 512), scalars));
    assert.deepEqual(counts, [0, 262_656, 525_824, 788_992]);
    assert.equal(headParameterCounts['head(2)'], 525_824);
    assert.equal(made({ widths: [512, 128], norm: true }, scalars), headParameterCounts['Linear(512,128)']);
    assert.equal(
      made({ widths: [512, 512, 512], norm: false }, scalars),
      (headParameterCounts['Linear(512,512)-BN-ReLU-Linear(512,512)'] as number) - 2 * 512,
    );
  });

  test('layers in order', () => {
    assert.deepEqual(
      [0, 1, 2, 3].map((layers) => made(mlpHead(8, layers, 6, 4), kinds)),
      ['', 'L', 'L0 BN R L', 'L0 BN R L0 BN R L'],
    );
    assert.equal(made({ widths: [8, 6, 4], norm: false }, kinds), 'L R L');
    assert.equal(made({ widths: [8, 6, 4], norm: true, lastNorm: 'plain' }, kinds), 'L0 BN R L0 BN-');
    assert.equal(made({ widths: [8, 6, 4], norm: true, lastNorm: 'affine' }, kinds), 'L0 BN R L0 BN');
    assert.equal(made({ widths: [8, 4], norm: false, lastNorm: 'plain' }, kinds), 'L0 BN-');
  });

  test('widths, and the activations of every layer', () => {
    made(mlpHead(8, 3, 6, 4), (head) => {
      assert.equal(head.outputWidth, 4);
      const all = head.activations(normal([5, 8], 1, 'float32'));
      assert.deepEqual(
        all.map((x) => [...x.shape]),
        [
          [5, 8],
          [5, 6],
          [5, 6],
          [5, 4],
        ],
      );
    });
    made(mlpHead(8, 0, 6, 4), (head) => {
      const x = normal([5, 8], 1, 'float32');
      assert.equal(head.outputWidth, 8);
      assert.equal(head.forward(x), x);
    });
  });
});
