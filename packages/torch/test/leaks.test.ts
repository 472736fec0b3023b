import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { liveTensors, nn, ones, scope, type Tensor, tensor, trackTensors, zeros } from '../src/index.js';
import { askChild } from './children.js';
import { measuresMemory } from './support.js';

describe('liveTensors', () => {
  test('counts tensors and bytes by operator; shared memory once', () => {
    scope(() => {
      const before = liveTensors();
      const x = zeros([10, 10]);
      x.t();
      x.select(0, 0);
      tensor(new Float64Array(3));
      const after = liveTensors();
      assert.equal(after.count - before.count, 4);
      assert.equal(after.bytes - before.bytes, 400 + 24);
      assert.deepEqual(after.byOperator.zeros, { count: 1, bytes: 400 });
      assert.deepEqual(after.byOperator.t, { count: 1, bytes: 0 });
      assert.deepEqual(after.byOperator.select, { count: 1, bytes: 0 });
    });
    assert.equal(liveTensors().byOperator.zeros, undefined);
  });

  test('names operators as they are called', () => {
    scope(() => {
      zeros([1, 2, 4, 4]).maxPool2d(2);
      assert.equal(liveTensors().byOperator.maxPool2d?.count, 1);
    });
  });
});

describe('trackTensors', () => {
  test('tells the line that made each tensor, through modules too', () => {
    trackTensors(true);
    try {
      const deep = new nn.Sequential(new nn.Sequential(new nn.Sequential(new nn.Sequential(new nn.ReLU()))));
      scope(() => {
        make();
        make();
        forward(deep);
        const { bySource } = liveTensors();
        const made = Object.entries(bySource);
        assert.ok(
          made.every(([line]) => /leaks\.test\.[jt]s:\d+:\d+/.test(line)),
          made.map(([line]) => line).join('; '),
        );
        assert.deepEqual(made.find(([line]) => line.includes('at make '))?.[1], { count: 2, bytes: 32 });
        assert.equal(made.filter(([line]) => line.includes('at forward ')).length, 2);
      });
      assert.deepEqual(liveTensors().bySource, {});
    } finally {
      trackTensors(false);
    }
    scope(() => {
      make();
      assert.deepEqual(liveTensors().bySource, {}, 'nothing is recorded any more');
    });
  });

  test('finds tensors that nothing refers to any more, and only those', async () => {
    const found = await askChild<{ early: number; lost: number; later: number; source: string[] }>(
      `
      torch.trackTensors(true);
      const held = torch.ones([2]);
      const early = torch.liveTensors().lost;
      (function leak() { for (let i = 0; i < 5; i++) torch.zeros([3]); })();
      torch.scope(() => { torch.ones([4]).add(1); });
      const settle = async () => { for (let i = 0; i < 4; i++) { gc(); await new Promise((r) => setTimeout(r, 20)); } };
      await settle();
      const { lost, bySource } = torch.liveTensors();
      torch.trackTensors(false);
      await settle();
      const later = torch.liveTensors().lost;
      console.log(JSON.stringify({ early, lost, later, source: Object.keys(bySource), held: held.live }));
      `,
      ['--expose-gc'],
    );
    assert.equal(found.early, 0);
    assert.equal(found.lost, 5);
    assert.equal(found.later, 0);
    assert.ok(
      found.source.some((line) => line.includes('at leak ')),
      found.source.join('; '),
    );
  });
});

function make(): Tensor {
  return ones([4]);
}

function forward(module: nn.Module): Tensor {
  return module.forward(ones([2]));
}

describe('3,000 training steps', () => {
  test('leave the live tensors and the memory of the process as they were', async () => {
    interface Reading {
      live: number;
      rss: number;
    }
    const { warm, end, loss } = await askChild<{ warm: Reading; end: Reading; loss: number[] }>(
      `
      const { nn, optim, scope, randn, randint, liveCount, crossEntropyLoss, manualSeed } = torch;
      manualSeed(0);
      torch.setThreads(1);
      const net = new nn.Sequential(
        new nn.Conv2d(3, 8, 3, { padding: 1 }), new nn.BatchNorm2d(8), new nn.ReLU(), new nn.MaxPool2d(2),
        new nn.Conv2d(8, 8, 3), new nn.ReLU(), new nn.AdaptiveAvgPool2d(1), new nn.Flatten(), new nn.Linear(8, 4),
      );
      const sgd = new optim.SGD(net.parameters(), { lr: 0.05, momentum: 0.9, weightDecay: 1e-4, nesterov: true });
      const images = randn([8, 3, 12, 12]).keep();
      const labels = torch.tensor([0, 1, 2, 3, 0, 1, 2, 3], { dtype: 'int64' }).keep();
      const bytes = new Float32Array(4096);
      const step = () => scope(() => {
        const shared = torch.fromBuffer(bytes, [64, 64]).sum();
        const loss = crossEntropyLoss(net.forward(images.add(randn([1]).mul(0.01))), labels).add(shared);
        sgd.zeroGrad();
        loss.backward();
        const norm = scope(() => torch.stack(net.parameters().map((p) => p.grad.square().sum())).sum().sqrt());
        torch.noGrad(() => net.parameters().forEach((p) => p.grad.div_(norm.add(1))));
        sgd.step();
        return loss.item();
      });
      const loss = [];
      const run = (n) => { for (let i = 0; i < n; i++) loss.push(step()); };
      const read = () => { gc(); gc(); return { live: liveCount(), rss: process.memoryUsage().rss / 2 ** 20 }; };
      // Node compiles code for longer than 500 steps.
      run(1500);
      const warm = read();
      run(1500);
      const end = read();
      console.log(JSON.stringify({ warm, end, loss: [loss[0], loss.at(-1)] }));
      `,
      ['--expose-gc'],
    );
    assert.equal(end.live, warm.live, 'live tensors');
    const grown = `${warm.rss.toFixed(1)} MiB after 1,500 steps, ${end.rss.toFixed(1)} at the end`;
    if (measuresMemory) assert.ok(end.rss - warm.rss < 6, grown);
    assert.ok((loss[1] as number) < (loss[0] as number) / 2, `the loss went from ${loss[0]} to ${loss[1]}`);
  });

  test('memory shared with typed arrays is let go', async () => {
    const grown = await askChild<number>(
      `
      const step = () => torch.scope(() => torch.fromBuffer(new Float32Array(250_000)).sum().item());
      const read = () => { gc(); gc(); return process.memoryUsage().arrayBuffers / 2 ** 20; };
      for (let i = 0; i < 20; i++) step();
      const warm = read();
      for (let i = 0; i < 200; i++) step();
      console.log(read() - warm);
      `,
      ['--expose-gc'],
    );
    assert.ok(grown < 3, `array buffers grew by ${grown} MiB`);
  });
});
