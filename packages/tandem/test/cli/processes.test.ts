import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { distributed } from 'tandem-torch';
import { shards } from '../images/streamed/serving.js';
import { encoderFile, metricsOf, pictures, start, temporary, tiny } from './running.js';

const skip = distributed.hasDist() ? false : 'this engine is built without Gloo';
const root = temporary({ after });
const images = join(root, 'pictures');
const short = ['--batch', '20', '--limit', '40', 'precision=float32', 'memoryFormat=contiguous', 'size=16'];
const line = (run: string, epochs: number) => [
  ...['pretrain', images, ...tiny, ...short, '--epochs', `${epochs}`, '--out', join(root, run)],
];

before(async () => {
  await pictures(images, 20);
});

/**
 * Rounding decides now and then whether a ReLU whose input is nearly 0 lets a gradient through. In
 * a network this small that shows in all later losses, alone or not: with small steps it does not.
 */
const smallSteps = ['--lr', '0.006'];

/** The losses of a run's epochs. */
const losses = (run: string) => metricsOf(join(root, run)).map(({ loss }) => Number(loss));

function assertNear(found: readonly number[], wanted: readonly number[]): void {
  assert.equal(found.length, wanted.length);
  found.forEach((loss, i) => {
    assert.ok(Math.abs(loss / (wanted[i] as number) - 1) < 1e-4, `epoch ${i + 1}: ${loss} is not ${wanted[i]}`);
  });
}

/** Numbers of the processes that another began. */
function childrenOf(pid: number | undefined): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return Number(/\) \w (\d+)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8'))?.[1]) === pid;
      } catch {
        return false;
      }
    })
    .map(Number)
    .sort((a, b) => a - b);
}

test('two processes write one run with the numbers of one, and three resume it', { skip }, async () => {
  const alone = await start([...line('alone', 4), ...smallSteps]).ended;
  assert.equal(alone.code, 0, alone.stderr);
  const two = start([...line('shared', 4), ...smallSteps, '--processes', '2', '--or-resume', '--json']);
  await two.says('epoch 1/4');
  two.process.kill('SIGINT');
  const interrupted = await two.ended;
  assert.equal(interrupted.code, 130, interrupted.stderr);
  assert.match(interrupted.stderr, /interrupted; saved\. Resume with/);
  assert.equal(interrupted.stderr.split('epoch 1/4').length, 2, 'one of them speaks');
  const three = await start([...line('shared', 4), ...smallSteps, '--processes', '3', '--or-resume', '--json']).ended;
  assert.equal(three.code, 0, three.stderr);
  assert.equal(JSON.parse(three.stdout).epoch, 4);
  assertNear(losses('shared'), losses('alone'));
  assert.deepEqual(readdirSync(join(root, 'shared')).sort(), readdirSync(join(root, 'alone')).sort());
  // What a launcher that restarts does after a process was lost while the report was made.
  rmSync(join(root, 'shared', 'report.html'));
  const late = await start([...line('shared', 4), ...smallSteps, '--processes', '2', '--or-resume']).ended;
  assert.equal(late.code, 0, late.stderr);
  assert.match(late.stderr, /shared is at its end\nreport: /);
  const again = await start([...line('shared', 4), ...smallSteps, '--processes', '2', '--or-resume']).ended;
  assert.equal(again.code, 0, again.stderr);
  assert.match(again.stderr, /is at its end: all 4 epochs are done; learn longer with/);
  const resumed = await start(['resume', join(root, 'shared'), '--processes', '2']).ended;
  assert.equal(resumed.code, 1);
  assert.match(resumed.stderr, /^tandem: .* is at its end: all 4 epochs are done/m);
  const other = await start([...line('shared', 5), ...smallSteps, '--processes', '2', '--or-resume']).ended;
  assert.equal(other.code, 2);
  assert.match(other.stderr, /was begun with epochs=4, and 5 is asked for/);
});

test('--or-resume begins where a process was killed before the first word of its run', { skip }, async () => {
  const run = join(root, 'unbegun');
  mkdirSync(join(run, 'encoder'), { recursive: true });
  for (const [file, text] of [
    ['metrics.jsonl', ''],
    ['config.json.elsewhere.1.tmp', '{"half'],
  ] as const) {
    writeFileSync(join(run, file), text);
  }
  const begun = await start([...line('unbegun', 1), '--or-resume']).ended;
  assert.equal(begun.code, 0, begun.stderr);
  assert.equal(existsSync(join(run, 'config.json.elsewhere.1.tmp')), false);
});

for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
  const only = skip || (process.platform === 'linux' ? false : 'it finds processes by /proc');
  test(`${signal} of one process ends all with a line that names it; the run resumes`, { skip: only }, async () => {
    const run = `lost-${signal}`;
    const two = start([...line(run, 400), '--processes', '2', 'saveSteps=3', 'knnEvery=0']);
    await two.says('epoch 2/400');
    const second = childrenOf(two.process.pid)[1] as number;
    process.kill(second, signal);
    const { code, stderr } = await two.ended;
    assert.equal(code, 1, stderr);
    const last = stderr.trim().split('\n').at(-1) ?? '';
    assert.match(
      last,
      /^tandem: process 1 of 2 on \S+ has (ended|been silent for 4 s), after step \d+; step \d+ is saved/,
    );
    assert.deepEqual(childrenOf(two.process.pid), []);
    const resumed = start(['resume', join(root, run)]);
    await resumed.says('epoch 4/400');
    resumed.process.kill('SIGINT');
    assert.equal((await resumed.ended).code, 130);
  });
}

test('two processes learn from streamed shards, half of each batch each, with the numbers of one', {
  skip,
}, async () => {
  const folder = join(root, 'shards');
  mkdirSync(folder);
  for (const [i, tar] of (await shards(4, 10, 16)).entries()) writeFileSync(join(folder, `${i}.tar`), tar);
  const words = (run: string) => [
    ...['pretrain', folder, ...tiny, ...short.filter((word) => !/limit|^40$/.test(word)), ...smallSteps],
    ...['stream=on', 'streamWindow=2', '--epochs', '2', `cache=${join(root, 'cache')}`, '--out', join(root, run)],
  ];
  for (const [run, processes] of [
    ['stream-alone', '1'],
    ['stream-shared', '2'],
  ] as const) {
    const { code, stderr } = await start([...words(run), '--processes', processes]).ended;
    assert.equal(code, 0, stderr);
  }
  assertNear(losses('stream-shared'), losses('stream-alone'));
});

test('several processes embed images to the bytes of one, one that is no picture left out', { skip }, async () => {
  const sixHundred = await pictures(join(root, 'six hundred'), 600);
  writeFileSync(join(sixHundred, 'blue', '0100x.png'), 'no picture');
  const encoder = encoderFile(join(root, 'encoder.safetensors'));
  const embedded = async (processes: string) => {
    const out = join(root, `vectors${processes}.npy`);
    const { code, stderr, stdout } = await start([
      'embed',
      encoder,
      sixHundred,
      '--out',
      out,
      '--processes',
      processes,
      '--json',
    ]).ended;
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout).result, { images: 1200, width: 16, skipped: 1 });
    return [out, out.replace('.npy', '.files.txt')].map((file) => readFileSync(file));
  };
  const alone = await embedded('1');
  for (const processes of ['2', '3']) assert.deepEqual(await embedded(processes), alone, `${processes} processes`);
});

test('what is wrong with --processes is said before anything begins', { skip }, async () => {
  const none = await start([...line('none', 1), '--processes', '0']).ended;
  assert.equal(none.code, 2);
  assert.match(none.stderr, /--processes must be a whole number of at least 1, or auto, got 0/);
  const many = await start([...line('many', 1), '--batch', '2', '--processes', '3']).ended;
  assert.equal(many.code, 1);
  assert.match(many.stderr, /a batch of 2 is too small for 3 processes; give --batch 3 or more/);
  const lone = await start([...line('lone', 1).slice(0, -2), '--or-resume']).ended;
  assert.equal(lone.code, 2);
  assert.match(lone.stderr, /--or-resume resumes the run in --out; give both/);
});
