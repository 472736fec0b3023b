import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import {
  allocatedBytes,
  cat,
  io,
  liveCount,
  nn,
  noGrad,
  ones,
  randn,
  scope,
  type Tensor,
  tensor,
  zeros,
} from '../src/index.js';
import { assertThrowsLine } from './messages.js';
import { measuresMemory } from './support.js';

let before = 0;

describe('a scope', () => {
  beforeEach(() => {
    before = liveCount();
  });
  // Every test frees what it made: that is what a scope is for.
  afterEach(() => assert.equal(liveCount(), before, 'live tensors'));

  test('frees what was made inside', () => {
    const inner: Tensor[] = [];
    scope(() => {
      inner.push(ones([2]), ones([2]).add(1), tensor([1, 2]));
      assert.ok(inner.every((x) => x.live));
    });
    assert.ok(inner.every((x) => !x.live));
  });

  test('keeps the tensor it returns', () => {
    const x = scope(() => ones([2]).add(ones([2])));
    assert.deepEqual(x.toArray(), [2, 2]);
    x.dispose();
  });

  test('keeps tensors in arrays and plain objects, however nested, and other values as they are', () => {
    const result = scope(() => {
      ones([3]);
      return { a: [ones([1]), { b: ones([2]) }], c: null, d: 4, e: 'x', f: undefined, g: [] as Tensor[] };
    });
    assert.equal(liveCount(), before + 2);
    const [a, { b }] = result.a as [Tensor, { b: Tensor }];
    assert.deepEqual([a.toArray(), b.toArray(), result.d, result.e], [[1], [1, 1], 4, 'x']);
    a.dispose();
    b.dispose();
  });

  test('keeps tensors in objects without a prototype', () => {
    const table = scope(() => Object.assign(Object.create(null), { x: ones([1]) }) as { x: Tensor });
    assert.ok(table.x.live);
    table.x.dispose();
  });

  test('does not look into class instances and maps', () => {
    const map = scope(() => new Map([['x', ones([1])]]));
    assert.equal(map.get('x')?.live, false);
  });

  test('survives what refers to itself and what is returned twice', () => {
    interface Loop {
      x: Tensor;
      again: Tensor;
      self?: Loop;
    }
    const loop = scope(() => {
      const x = ones([1]);
      const made: Loop = { x, again: x };
      made.self = made;
      return made;
    });
    assert.ok(loop.x.live);
    loop.x.dispose();
  });

  test('hands what it returns to the scope around it', () => {
    const [inner, outer] = scope(() => {
      const x = scope(() => ones([1]));
      assert.ok(x.live);
      scope(() => assert.ok(x.live));
      assert.ok(x.live, 'an inner scope frees only its own');
      return [scope(() => ones([1])), x];
    });
    assert.ok(inner?.live && outer?.live);
    inner.dispose();
    outer.dispose();
    const lost = scope(() => hide(scope(() => ones([1]))))();
    assert.ok(!lost.live);
  });

  test('does not free what was made before it, even when it returns it', () => {
    const x = ones([1]);
    scope(() => void x.add(1));
    assert.equal(
      scope(() => x),
      x,
    );
    scope(() => scope(() => x));
    assert.ok(x.live);
    x.dispose();
  });

  test('does not free what was kept', () => {
    const x = scope(() => scope(() => hide(ones([1]).keep())))();
    assert.ok(x.live);
    assert.equal(x.keep(), x);
    x.dispose();
    assert.ok(!x.live);
  });

  test('frees when the function throws, and passes the error on', () => {
    const inner: Tensor[] = [];
    const failure = new Error('stop');
    const run = () =>
      scope(() => {
        inner.push(ones([1]));
        scope(() => {
          inner.push(ones([1]));
          throw failure;
        });
      });
    assert.throws(run, (error) => error === failure);
    assert.ok(inner.every((x) => !x.live));
  });

  test('frees when an operator fails', () => {
    assertThrowsLine(() => scope(() => ones([2]).add(ones([3]))), 'add(float32[2], float32[3])');
  });

  test('refuses a function that returns a promise, and frees what it made until then', () => {
    let x: Tensor | undefined;
    const run = () =>
      scope(async () => {
        x = ones([1]);
      });
    assertThrowsLine(run, 'scope', 'promise', 'await outside');
    assert.equal(x?.live, false);
  });

  test('does not leave a rejection unhandled when it refuses a promise', async () => {
    assertThrowsLine(() => scope(() => Promise.reject(new Error('unseen'))), 'promise');
    await new Promise((resolve) => setImmediate(resolve));
  });

  test('lets go of results of view operators, in-place operators and lists', () => {
    scope(() => {
      const x = zeros([4, 4]);
      const row = x.select(0, 1);
      row.add_(1);
      assert.equal(row.add_(1), row);
      x.split(2);
      x.topk(2);
      x.t().contiguous();
      assert.equal(x.sum().item(), 8);
    });
  });

  test('a view holds its memory when the tensor it was made from is freed', () => {
    const row = scope(() => tensor([1, 2, 3, 4], { shape: [2, 2] }).select(0, 1));
    assert.deepEqual(row.toArray(), [3, 4]);
    row.dispose();
  });

  test('frees references to gradients, not the gradients', () => {
    const x = ones([2], { dtype: 'float32' });
    x.requiresGrad = true;
    scope(() => {
      x.mul(3).sum().backward();
      assert.deepEqual(x.grad?.toArray(), [3, 3]);
      assert.equal(x.grad, x.grad, 'one reference for one gradient');
    });
    scope(() => {
      assert.deepEqual(x.grad?.toArray(), [3, 3]);
      const seen = x.grad;
      x.grad = null;
      assert.equal(x.grad, null);
      assert.deepEqual(seen?.toArray(), [3, 3]);
    });
    x.dispose();
  });

  test('keeps a loaded file that it returns', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tandem-scope-'));
    const path = join(folder, 'x.safetensors');
    const { tensors } = scope(() => {
      io.saveSafetensors(path, { x: ones([2]) });
      return io.loadSafetensors(path);
    });
    rmSync(folder, { recursive: true });
    assert.deepEqual(tensors.x?.toArray(), [1, 1]);
    tensors.x?.dispose();
  });

  test('parameters made inside are owners', () => {
    const layer = scope(() => new nn.Linear(2, 1));
    scope(() => void noGrad(() => layer.forward(ones([1, 2]))));
    assert.ok(layer.weight.live && layer.bias?.live);
    layer.dispose();
  });
});

describe('dispose', () => {
  test('twice is allowed, and does not free the next tensor in the same slot', () => {
    const x = ones([2]);
    x.dispose();
    const y = zeros([3]);
    assert.equal(y.slot, x.slot, 'the slot is used again');
    x.dispose();
    assert.ok(y.live && !x.live);
    y.dispose();
  });

  test('inside a scope: the slot may be used again there, inside and outside', () => {
    const start = liveCount();
    const kept = scope(() => {
      const x = ones([2]);
      x.dispose();
      const y = zeros([3]);
      assert.equal(y.slot, x.slot);
      const z = scope(() => {
        y.dispose();
        return randn([4]);
      });
      assert.equal(z.slot, x.slot);
      return z;
    });
    assert.deepEqual(kept.shape, [4]);
    kept.dispose();
    assert.equal(liveCount(), start);
  });

  test('of a kept tensor inside a scope, whose slot then holds an owner', () => {
    const owner = scope(() => {
      const x = ones([2]).keep();
      x.dispose();
      return ones([5]).keep();
    });
    assert.ok(owner.live);
    owner.dispose();
  });
});

describe('use after free', () => {
  const cure = ['return it from its scope()', 'keep()'];

  test('names the maker, the dtype and shape, the user and the cure', () => {
    const y = scope(() => hide(ones([2, 3]).add(1)))();
    assertThrowsLine(() => y.add(1), 'add: the tensor float32[2, 3] made by add has been freed', ...cure);
    assertThrowsLine(() => y.matmul(y), 'matmul: the tensor float32[2, 3] made by add');
    scope(() => assertThrowsLine(() => ones([1]).matmul(y), 'matmul: the tensor'));
    assertThrowsLine(() => y.sum(1, { keepdim: true }), 'sum: the tensor');
  });

  test('is noticed by every member', () => {
    const y = scope(() => hide(tensor([[1, 2]])))();
    assert.equal(y.live, false);
    assert.equal(String(y), 'Tensor(freed)');
    const uses: Record<string, () => unknown> = {
      shape: () => y.shape,
      strides: () => y.strides,
      dtype: () => y.dtype,
      device: () => y.device,
      isContiguous: () => y.isContiguous(),
      requiresGrad: () => y.requiresGrad,
      isLeaf: () => y.isLeaf,
      grad: () => y.grad,
      item: () => y.item(),
      to: () => y.to('float64'),
      keep: () => y.keep(),
      backward: () => y.backward(),
    };
    for (const [name, use] of Object.entries(uses)) {
      assertThrowsLine(use, `${name}: the tensor float32[1, 2] made by tensor has been freed`, ...cure);
    }
    assertThrowsLine(() => y.data(), 'made by tensor has been freed');
    assertThrowsLine(() => y.bytes(), 'made by tensor has been freed');
    assertThrowsLine(() => y.toArray(), 'made by tensor has been freed');
  });

  test('says nothing wrong about the shape once the slot holds another tensor', () => {
    const y = scope(() => hide(ones([2, 3])))();
    const z = zeros([7]);
    assert.equal(z.slot, y.slot);
    assertThrowsLine(() => y.add(1), 'add: the tensor made by ones has been freed');
    z.dispose();
    assertThrowsLine(() => y.add(1), 'add: the tensor made by ones has been freed');
  });

  test('inside a list of tensors', () => {
    const y = scope(() => hide(ones([2])))();
    scope(() => assertThrowsLine(() => cat([ones([2]), y]), 'cat: the tensor made by ones has been freed'));
  });
});

/** Carries a tensor out of a scope behind its back. */
function hide(x: Tensor): () => Tensor {
  return () => x;
}

const cannotTell = allocatedBytes() === undefined || !measuresMemory;

test('allocated bytes count what only a recorded graph holds', { skip: cannotTell }, () => {
  const used = () => allocatedBytes() as number;
  scope(() => {
    const x = zeros([1000, 1000], { dtype: 'float32' });
    x.requiresGrad = true;
    const before = used();
    const y = scope(() => x.exp().exp().sum());
    const held = used() - before;
    assert.ok(held > 7.9e6 && held < 8.5e6, `two results of four million bytes are held, found ${held}`);
    assert.equal(y.ndim, 0);
  });
});
