import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { io, liveCount, nn, noGrad, optim, scope, Tensor, tensor } from '../src/index.js';
import { assertThrowsLine } from './messages.js';

const { SGD, LARS, Adam, AdamW } = optim;

const scoped = (name: string, body: () => void) =>
  test(name, () => {
    const before = liveCount();
    scope(body);
    assert.equal(liveCount(), before, 'live tensors');
  });

/** Each kind with settings that use all of its state. */
const makers: Record<string, (parameters: readonly Tensor[]) => optim.Optimizer> = {
  SGD: (x) => new SGD(x, { lr: 0.07, momentum: 0.9, weightDecay: 0.01, nesterov: true, exclude: 'vectors' }),
  'LARS of gradients': (x) => new LARS(x, { lr: 0.07, weightDecay: 0.01, trust: 0.5 }),
  'LARS of steps': (x) => new LARS(x, { lr: 0.07, weightDecay: 0.01, trust: 0.5, momentumOf: 'steps', clip: true }),
  Adam: (x) => new Adam(x, { lr: 0.07, weightDecay: 0.1 }),
  AdamW: (x) => new AdamW(x, { lr: 0.07, weightDecay: 0.1 }),
};

/** A matrix and a vector. */
const start = (dtype: 'float32' | 'float64' = 'float64') => [
  nn.parameter(tensor([0.3, -1.7, 2.9, 0.4], { shape: [2, 2], dtype })),
  nn.parameter(tensor([1.1, -0.2], { dtype })),
];
const copies = (parameters: readonly Tensor[]) => parameters.map((x) => nn.parameter(x.detach().clone()));
const bytesOf = (parameters: readonly Tensor[]) => parameters.map((x) => x.bytes());
const free = (...owners: { dispose(): void }[]) => {
  for (const owner of owners) owner.dispose();
};

function train(parameters: readonly Tensor[], optimizer: optim.Optimizer, steps: number): void {
  for (let i = 0; i < steps; i++) {
    scope(() => {
      optimizer.zeroGrad();
      for (const x of parameters) x.square().mul(x).add(x.sin()).sum().backward();
      optimizer.step({ lr: 0.07 / (i + 1) });
    });
  }
}

for (const [name, make] of Object.entries(makers)) {
  describe(`the state of ${name}`, () => {
    for (const dtype of ['float32', 'float64'] as const) {
      scoped(`continues bit by bit from a file, ${dtype}`, () => {
        const folder = mkdtempSync(join(tmpdir(), 'tandem-optim-'));
        const first = start(dtype);
        const one = make(first);
        train(first, one, 3);
        const file = join(folder, 'state.safetensors');
        io.saveSafetensors(file, one.stateDict());
        const second = copies(first);
        train(first, one, 4);
        const two = make(second);
        two.loadStateDict(io.loadSafetensors(file).tensors);
        train(second, two, 4);
        assert.deepEqual(bytesOf(second), bytesOf(first));
        const [a, b] = [one, two].map((optimizer) => optimizer.stateDict());
        assert.deepEqual(Object.keys(b ?? {}), Object.keys(a ?? {}));
        assert.deepEqual(bytesOf(Object.values(b ?? {})), bytesOf(Object.values(a ?? {})));
        free(one, two, ...first, ...second);
        rmSync(folder, { recursive: true });
      });
    }

    scoped('decides how training goes on: without it the same steps lead elsewhere', () => {
      const first = start();
      const one = make(first);
      train(first, one, 3);
      const second = copies(first);
      const two = make(second);
      train(first, one, 2);
      train(second, two, 2);
      assert.notDeepEqual(bytesOf(second), bytesOf(first));
      free(one, two, ...first, ...second);
    });

    scoped('is all zeros again after reset', () => {
      const [used, fresh] = [start(), start()];
      const [one, two] = [make(used), make(fresh)];
      train(used, one, 3);
      one.reset();
      for (const x of Object.values(one.stateDict())) assert.equal(x.countNonzero().item(), 0);
      noGrad(() => used.map((x, i) => x.copy_(fresh[i] as Tensor)));
      train(used, one, 2);
      train(fresh, two, 2);
      assert.deepEqual(bytesOf(used), bytesOf(fresh));
      free(one, two, ...used, ...fresh);
    });

    scoped('does not count or move parameters without a gradient', () => {
      const parameters = start();
      const [matrix, vector] = parameters as [Tensor, Tensor];
      const optimizer = make(parameters);
      train([matrix], optimizer, 2);
      const state = Object.entries(optimizer.stateDict());
      for (const [key, x] of state) assert.equal(x.countNonzero().item() > 0, key.startsWith('0.0.'), key);
      assert.deepEqual(vector.toArray(), [1.1, -0.2]);
      free(optimizer, ...parameters);
    });

    scoped('outlives the scope it was begun in', () => {
      const parameters = start();
      const optimizer = scope(() => make(parameters));
      train(parameters, optimizer, 2);
      assert.ok(Object.values(optimizer.stateDict()).every((x) => x.live));
      free(optimizer, ...parameters);
    });

    scoped('is freed by dispose, and no step leaves a tensor', () => {
      const parameters = start('float32');
      const before = liveCount();
      const optimizer = make(parameters);
      train(parameters, optimizer, 3);
      optimizer.zeroGrad();
      const warm = liveCount();
      train(parameters, optimizer, 200);
      optimizer.zeroGrad();
      assert.equal(liveCount(), warm);
      assert.equal(warm - before, Object.keys(optimizer.stateDict()).length);
      optimizer.dispose();
      assert.equal(liveCount(), before);
      free(...parameters);
    });

    scoped('stays on the device: a step reads no element but the counters, which are on the CPU', () => {
      const parameters = start();
      const optimizer = make(parameters);
      train(parameters, optimizer, 1);
      const counters = Object.entries(optimizer.stateDict()).flatMap(([key, x]) => (key.endsWith('.step') ? [x] : []));
      const readers = ['item', 'data', 'bytes', 'toArray'] as const;
      const originals = readers.map((reader) => Tensor.prototype[reader]);
      const read: Tensor[] = [];
      readers.forEach((reader, i) => {
        Object.defineProperty(Tensor.prototype, reader, {
          configurable: true,
          writable: true,
          value(this: Tensor) {
            read.push(this);
            return (originals[i] as () => unknown).call(this);
          },
        });
      });
      try {
        optimizer.step();
      } finally {
        readers.forEach((reader, i) => {
          Object.defineProperty(Tensor.prototype, reader, { configurable: true, writable: true, value: originals[i] });
        });
      }
      assert.equal(read.length, counters.length);
      assert.ok(read.every((x) => counters.includes(x)));
      free(optimizer, ...parameters);
    });
  });
}

describe('a state that does not fit', () => {
  scoped('is refused by name and changes nothing', () => {
    const parameters = start();
    const [lars, adamw] = [new LARS(parameters, { lr: 1 }), new AdamW(parameters, { lr: 1 })];
    train(parameters, adamw, 2);
    const before = bytesOf(Object.values(adamw.stateDict()));
    const { '0.1.step': _, ...incomplete } = adamw.stateDict();
    assertThrowsLine(() => adamw.loadStateDict(incomplete), 'AdamW: the saved state (5 tensors) does not fit');
    assertThrowsLine(() => adamw.loadStateDict(lars.stateDict()), 'AdamW: the saved state (2 tensors)');
    assertThrowsLine(() => lars.loadStateDict(adamw.stateDict()), 'LARS: the saved state (6 tensors)');
    assert.deepEqual(bytesOf(Object.values(adamw.stateDict())), before);
    free(lars, adamw, ...parameters);
  });

  scoped('AdamW names it as PyTorch does', () => {
    const parameters = start();
    const adamw = new AdamW(parameters, { lr: 1 });
    const names = [0, 1].flatMap((i) => ['step', 'exp_avg', 'exp_avg_sq'].map((name) => `0.${i}.${name}`));
    assert.deepEqual(Object.keys(adamw.stateDict()), names);
    train(parameters, adamw, 3);
    assert.equal(adamw.stateDict()['0.0.step']?.item(), 3);
    free(adamw, ...parameters);
  });
});

describe('the two momentums of LARS', () => {
  const run = (momentumOf: 'gradients' | 'steps', rates: number[]) => {
    const parameters = start();
    const lars = new LARS(parameters, { lr: 1, trust: 0.1, momentumOf });
    for (const lr of rates) {
      for (const x of parameters) x.grad = x.detach().cos();
      lars.step({ lr });
    }
    const values = parameters.flatMap((x) => Array.from(x.data(), Number));
    free(lars, ...parameters);
    return values;
  };
  const furthest = (rates: number[]) => {
    const [a, b] = [run('gradients', rates), run('steps', rates)];
    return Math.max(...a.map((x, i) => Math.abs(x - (b[i] as number))));
  };

  scoped('agree while the rate stays, and part once it changes', () => {
    assert.ok(furthest([0.5, 0.5, 0.5, 0.5]) < 1e-14);
    assert.ok(furthest([0.5, 0.5, 0.1, 0.1]) > 0.01);
  });
});

describe('LARS', () => {
  scoped('is blind to the scale of the loss for tensors with a ratio, and only for those', () => {
    const run = (scale: number) => {
      const parameters = start();
      const lars = new LARS(parameters, { lr: 0.5, trust: 0.1 });
      for (let i = 0; i < 3; i++) {
        for (const x of parameters) x.grad = x.detach().cos().mul(scale);
        lars.step();
      }
      const values = parameters.map((x) => Array.from(x.data(), Number));
      free(lars, ...parameters);
      return values as [number[], number[]];
    };
    const [[matrix, vector], [scaledMatrix, scaledVector]] = [run(1), run(1000)];
    matrix.forEach((x, i) => {
      assert.ok(Math.abs(x - (scaledMatrix[i] as number)) < 1e-13);
    });
    assert.ok(Math.abs((vector[0] as number) - (scaledVector[0] as number)) > 1);
  });

  scoped('steps of two dtypes together', () => {
    const parameters = [...start('float32'), ...start('float64')];
    const lars = new LARS(parameters, { lr: 0.5, trust: 0.1, weightDecay: 0.1 });
    train(parameters, lars, 3);
    assert.deepEqual(
      parameters.map((x) => x.dtype),
      ['float32', 'float32', 'float64', 'float64'],
    );
    const [single, , double] = parameters.map((x) => Array.from(x.data(), Number));
    single?.forEach((x, i) => {
      assert.ok(Math.abs(x - (double?.[i] as number)) < 1e-5);
    });
    free(lars, ...parameters);
  });
});
