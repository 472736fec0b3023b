import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runChild } from './children.js';

const limit = 30_000;

/** Runs `body` several times; each child must end by itself with `code`. */
function ends(name: string, code: number, body: string, { times = 2, says = /^$/ } = {}): void {
  test(name, async () => {
    for (let i = 0; i < times; i++) {
      const ended = await runChild(body, [], limit);
      assert.deepEqual([ended.code, ended.signal], [code, null], `run ${i}: ${ended.stderr}`);
      assert.match(ended.stderr, says);
    }
  });
}

/**
 * A worker that computes without end; it reports once that it has begun. It inherits that its
 * source is a module.
 */
const busy = (work: string) => `
  import { Worker } from 'node:worker_threads';
  const source = \`
    import { parentPort } from 'node:worker_threads';
    import * as torch from \${JSON.stringify(engine)};
    const { nn, optim, scope, randn, noGrad, autocast } = torch;
    torch.setThreads(1);
    ${work}
    let begun = false;
    for (;;) {
      scope(step);
      if (!begun) { begun = true; parentPort.postMessage('begun'); }
    }
  \`;
  const worker = () => new Worker(source, { eval: true });
  const begun = (w) => new Promise((resolve) => w.once('message', resolve));
`;

const training = `
  const conv = new nn.Conv2d(8, 16, 3);
  const sgd = new optim.SGD(conv.parameters(), { lr: 0.01, momentum: 0.9 });
  const step = () => {
    sgd.zeroGrad();
    conv.forward(randn([4, 8, 32, 32])).square().mean().backward();
    sgd.step();
  };
`;

describe('the process ends', () => {
  ends(
    'with live tensors, gradients and owners',
    0,
    `
    const x = torch.randn([100, 100]);
    x.requiresGrad = true;
    const loss = x.matmul(x).sum();
    loss.backward();
    const net = new torch.nn.Linear(10, 10);
    globalThis.hold = [x, loss, x.grad, net];
    `,
  );

  ends(
    'with tensors over JavaScript memory, and recordings of them',
    0,
    `
    const arrays = Array.from({ length: 20 }, (_, i) => new Float32Array(10_000).fill(i));
    const w = torch.tensor([1], { requiresGrad: true });
    globalThis.hold = arrays.map((array) => torch.fromBuffer(array)).map((x) => [x, x.mul(w)]);
    torch.scope(() => { torch.fromBuffer(new Float32Array(10)); });
    `,
  );

  ends(
    'by process.exit in the middle of scopes and modes',
    7,
    `
    torch.scope(() => torch.noGrad(() => torch.inferenceMode(() => torch.scope(() => torch.autocast({}, () => {
      const x = torch.fromBuffer(new Float32Array(100)).add(1);
      process.exit(7);
    })))));
    `,
  );

  ends(
    'by an error that nothing catches inside a scope',
    1,
    `
    torch.scope(() => torch.inferenceMode(() => torch.scope(() => {
      torch.ones([2]).matmul(torch.ones([3]));
    })));
    `,
    { says: /matmul\(float32\[2\], float32\[3\]\)/ },
  );

  ends('by an error after tensors were made', 1, `torch.ones([5]).keep(); null.x;`, { says: /TypeError/ });

  ends(
    'in an exit handler that still uses tensors',
    0,
    `
    const x = torch.ones([3]);
    process.on('exit', () => { if (x.sum().item() !== 3) process.exitCode = 9; });
    `,
  );

  ends(
    'by process.exit while a worker trains',
    5,
    `${busy(training)}
    const w = worker();
    await begun(w);
    torch.randn([10]);
    setTimeout(() => process.exit(5), 30);
    `,
    { times: 4 },
  );

  ends(
    'by process.exit while a worker is inside one long convolution',
    6,
    `${busy(`
      const w = randn([64, 64, 5, 5]);
      const x = randn([16, 64, 48, 48]);
      w.requiresGrad = true;
      parentPort.postMessage('begun');
      const step = () => torch.conv2d(x, w).sum().backward();
    `)}
    const w = worker();
    await begun(w);
    setTimeout(() => process.exit(6), 50);
    `,
    { times: 3 },
  );

  ends(
    'after two workers that train at once were terminated',
    0,
    `${busy(training)}
    const workers = [worker(), worker()];
    await Promise.all(workers.map(begun));
    torch.scope(() => torch.randn([64, 64]).matmul(torch.randn([64, 64])).sum().item());
    await new Promise((resolve) => setTimeout(resolve, 50));
    const codes = await Promise.all(workers.map((w) => w.terminate()));
    if (String(codes) !== '1,1') throw new Error('workers ended with ' + codes);
    torch.scope(() => torch.ones([2]).add(1));
    `,
    { times: 4 },
  );

  ends(
    'after workers one after another, with modes and shared memory of their own',
    0,
    `${busy(`
      const shared = torch.fromBuffer(new Float32Array(1000));
      const step = () => noGrad(() => autocast({}, () => { torch.fromBuffer(new Float32Array(100)); shared.add_(1); }));
    `)}
    for (let i = 0; i < 3; i++) {
      const w = worker();
      await begun(w);
      await w.terminate();
    }
    if (!torch.gradEnabled() || torch.liveCount() !== 0) throw new Error('a worker changed this thread');
    `,
  );

  ends(
    'after workers that end by themselves with live tensors',
    0,
    `
    import { Worker } from 'node:worker_threads';
    const source = \`
      import * as torch from \${JSON.stringify(engine)};
      globalThis.hold = [torch.randn([10]), torch.fromBuffer(new Float32Array(10)), new torch.nn.Linear(2, 2)];
    \`;
    for (let i = 0; i < 2; i++) {
      const codes = await Promise.all([0, 1].map(() => new Promise((resolve, reject) => {
        new Worker(source, { eval: true }).once('exit', resolve).once('error', reject);
      })));
      if (String(codes) !== '0,0') throw new Error('workers ended with ' + codes);
    }
    `,
  );
});
