import { add, conv2d, randn, scope } from 'tandem-torch';
import { type Comparison, interleave } from '../../harness/interleave.js';
import type { Peer } from '../../harness/peer.js';
import { digits } from '../../harness/print.js';
import type { Context, Outcome } from '../../harness/suite.js';

// Short enough to fall between two interruptions on a busy machine.
const callsInBlock = 500;
const callsInScope = 100;

/** Nanoseconds of an operator call on tiny tensors, with the release of its result. */
export async function measureOverhead({ short, say }: Context, peer: Peer | null): Promise<Outcome> {
  say('operator calls');
  const [a, b, image, kernel] = [randn([4]), randn([4]), randn([1, 1, 4, 4]), randn([1, 1, 1, 1])];
  // Named as in peers/engine.py.
  const operators: Record<string, () => unknown> = {
    'add(a, b)': () => add(a, b),
    'a.add(b)': () => a.add(b),
    'a.add_(b)': () => a.add_(b),
    'a.relu()': () => a.relu(),
    'a.mul(2.5)': () => a.mul(2.5),
    'a.sum(0, keepdim)': () => a.sum(0, { keepdim: true }),
    'a.reshape(2, 2)': () => a.reshape([2, 2]),
    'conv2d 1x1': () => conv2d(image, kernel, { stride: 1, padding: 0 }),
  };
  const limits = short ? { least: 3, most: 3, seconds: 0 } : { least: 50, most: 1000, seconds: 5 };
  const measured: Record<string, Comparison> = {};
  for (const [name, call] of Object.entries(operators)) {
    const ours = () => nanosecondsOf(call);
    const theirs = peer && (() => peer.ask<number>('call', { name, calls: callsInBlock }));
    for (let warmUp = 0; warmUp < 20; warmUp++) ours();
    await theirs?.();
    measured[name] = await interleave(ours, theirs, limits);
  }
  for (const x of [a, b, image, kernel]) x.dispose();

  const rows = Object.entries(measured).map(([name, { ours, theirs, ratio }]) => [
    name,
    ours.min.toFixed(0),
    ours.median.toFixed(0),
    theirs ? theirs.min.toFixed(0) : '-',
    theirs ? theirs.median.toFixed(0) : '-',
    ratio ? digits(ratio.median) : '-',
    String(ours.samples),
  ]);
  const title = `Nanoseconds of one operator call, ${callsInBlock} in a block (4 elements; conv2d on 4x4)`;
  const head = ['operator', 'least', 'median', 'Python least', 'median', 'ratio', 'pairs'];
  const added = measured['add(a, b)']?.ours.min ?? Number.NaN;
  return {
    tables: [{ title, head, rows }],
    // Other work on the machine only ever adds to a time this short.
    goals: [{ name: 'nanoseconds of add(a, b), least of many blocks', measured: added, atMost: 1500 }],
    results: { callsInBlock, nanosecondsPerCall: measured },
  };
}

function nanosecondsOf(call: () => unknown): number {
  const begun = performance.now();
  for (let done = 0; done < callsInBlock; done += callsInScope) {
    scope(() => {
      for (let i = 0; i < callsInScope; i++) call();
    });
  }
  return ((performance.now() - begun) / callsInBlock) * 1e6;
}
