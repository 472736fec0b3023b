import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { distributed } from '../../src/index.js';
import { alone, together } from './together.js';

const skip = distributed.hasDist() ? false : 'this engine is built without Gloo';

/** Works on until another is gone, and says what it was told and when. */
const workOn = `
print('working');
const big = torch.zeros([500_000]);
try {
  for (;;) group.allReduce(big);
} catch (error) {
  console.log('told ' + error.constructor.name + ' ' + error.message);
  process.exit(1);
}`;

describe('a process that is gone', { skip }, () => {
  for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
    test(`by ${signal} in the middle of sums: all others are told which, at once or after its silence`, async () => {
      const ends = await together(3, workOn, '', (children) => {
        const [first, second, third] = children;
        let working = 0;
        for (const child of [first, second, third]) {
          child?.stdout?.on('data', (data: Buffer) => {
            if (/working/.test(String(data)) && ++working === 3) setTimeout(() => second?.kill(signal), 300);
            // What is stopped cannot end by itself.
            if (/told/.test(String(data))) setTimeout(() => second?.kill('SIGKILL'), 4000);
          });
        }
      });
      for (const rank of [0, 2]) {
        assert.equal(ends[rank]?.code, 1, ends[rank]?.text);
        assert.match(
          ends[rank]?.text ?? '',
          /told LostProcessError process 1 of 3 on \S+ has (ended|been silent for 4 s)/,
        );
      }
    });
  }

  test('the first, which all others are connected with: they are told too', async () => {
    const ends = await together(3, workOn, '', ([first]) => {
      first?.stdout?.on('data', () => setTimeout(() => first.kill('SIGKILL'), 1500));
    });
    for (const rank of [1, 2])
      assert.match(ends[rank]?.text ?? '', /told LostProcessError process 0 of 3 on \S+ has ended/);
  });

  test('by an error of its own: the others are told that', async () => {
    const ends = await together(
      2,
      `if (rank === 1) { await group.fail('the disk is full'); process.exit(1); }${workOn}`,
    );
    assert.match(ends[0]?.text ?? '', /told LostProcessError process 1 of 2 on \S+: the disk is full/);
  });

  test('the first by an error at its very end: the others, which wait for it, do not end well', async () => {
    const ends = await together(
      3,
      `if (rank === 0) {
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await group.fail('the disk is full');
  process.exit(1);
}
await group.destroy();`,
    );
    for (const rank of [1, 2]) {
      assert.equal(ends[rank]?.code, 1);
      assert.match(ends[rank]?.text ?? '', /LostProcessError: process 0 of 3 on \S+: the disk is full/);
    }
  });

  test('a call that has no end within its limit says so, though all are alive', async () => {
    const ends = await together(
      2,
      `if (rank === 1) { await new Promise((resolve) => setTimeout(resolve, 6000)); process.exit(0); }
try { group.barrier(); } catch (error) { console.log(error.message); process.exit(1); }`,
      'limitSeconds: 1',
    );
    assert.match(ends[0]?.text ?? '', /allReduce has no end within 1 s|process 1 of 2/);
  });
});

describe('processes that come again', { skip }, () => {
  // Rank 1's first life ends, as its launcher begins it again, before the first process knows.
  test('while the ones before them are ending: they meet those that come after, at the same port', async () => {
    const lives = (first: string, second: string) => `
const rank = Number(process.env.RANK);
const life = Number(process.env.LIFE);
const group = await distributed.initProcessGroup({ joinSeconds: 60 });
console.log('joined');
if (life === 1) {${first}} else {${second}}
process.exit(0);`;
    const sum = `console.log(group.allReduce(tensor([rank + 1])).item()); await group.destroy();`;
    const wait = `group.onLost(() => process.exit(1)); await new Promise((resolve) => setTimeout(resolve, 60_000));`;
    const port = await distributed.freePort();
    const begin = (rank: number, life: number) => alone(lives(wait, sum), { rank, life, port });
    const [zero, one] = [begin(0, 1), begin(1, 1)];
    await Promise.all([zero.says('joined'), one.says('joined')]);
    const [oneAgain, zeroAgain] = [begin(1, 2), begin(0, 2)];
    await new Promise((resolve) => setTimeout(resolve, 2000));
    one.process.kill('SIGKILL');
    for (const again of [zeroAgain, oneAgain]) {
      const { code, text, stdout } = await again.ended;
      assert.equal(code, 0, text);
      assert.equal(stdout, 'joined\n3\n');
    }
    assert.equal((await zero.ended).code, 1);
  });
});

describe('processes that do not come', { skip }, () => {
  test('are named once the time is over, not five times later', async () => {
    const place = { rank: 0, size: 3, localRank: 0, host: '127.0.0.1', port: 0, launcher: 'a test' };
    const more = { job: '' };
    await assert.rejects(
      distributed.initProcessGroup({ place: { ...place, ...more }, joinSeconds: 1 }),
      /process 1, 2 of 3 did not come in time/,
    );
  });

  test('a first process that is nowhere is named with its address', async () => {
    const place = { rank: 1, size: 2, localRank: 0, host: '127.0.0.1', port: 9, launcher: 'a test' };
    await assert.rejects(
      distributed.initProcessGroup({ place: { ...place, job: '' }, joinSeconds: 1 }),
      /process 0 was not to be found at 127\.0\.0\.1:9 in time/,
    );
  });
});
