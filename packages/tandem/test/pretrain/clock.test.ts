import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before, type TestContext } from 'node:test';
import { io } from 'tandem-torch';
import { type PretrainEvent, pretrain, resolveConfig, resume } from '../../src/pretrain/index.js';
import { readProgress, start } from '../../src/pretrain/loop/progress.js';
import { readCheckpoint } from '../../src/train/checkpoint.js';
import { metricsOf, pictures, temporary, tiny } from '../cli/running.js';
import { whatCameOut } from '../faults/runs.js';

const root = temporary({ after });
const images = join(root, 'pictures');
const settings = { ...Object.fromEntries(tiny.map((word) => word.split('='))), images, size: 16, batch: 20, epochs: 2 };
const whole = join(root, 'whole');
/** The step after the first epoch's last. */
let stopped = 0;
/** Interrupted in its second epoch. */
const half = join(root, 'half');

before(async () => {
  await pictures(images, 20);
  await through(pretrain(resolveConfig(settings), { out: whole }));
  stopped = (metricsOf(whole)[0]?.step ?? Number.NaN) + 1;
  await interrupted(half);
});

async function through(events: AsyncIterable<PretrainEvent>, controller?: AbortController): Promise<string[]> {
  const warnings: string[] = [];
  for await (const event of events) {
    if (event.kind === 'warning') warnings.push(event.text);
    if (event.kind === 'step' && event.step === stopped) controller?.abort();
  }
  return warnings;
}

function interrupted(out: string): Promise<string[]> {
  const controller = new AbortController();
  return through(pretrain(resolveConfig(settings), { out, signal: controller.signal }), controller);
}

/** A clock of the machine that is set back by an hour whenever somebody looks. */
function clockSetBack(t: TestContext): void {
  let now = Date.now();
  t.mock.method(Date, 'now', () => {
    now -= 3_600_000;
    return now;
  });
}

const state = (run: string) => join(run, 'checkpoint', 'state.safetensors');

function notesOf(run: string): Record<string, unknown> {
  const { notes, tensors } = readCheckpoint(state(run));
  for (const x of Object.values(tensors)) x.dispose();
  return notes as Record<string, unknown>;
}

/** A copy of the interrupted run whose checkpoint has other notes, and the checksum of those. */
function withNotes(name: string, notes: unknown): string {
  const run = join(root, name);
  cpSync(half, run, { recursive: true });
  const { tensors, metadata } = io.loadSafetensors(state(run));
  const progress = JSON.stringify({ step: Number(metadata.step), notes });
  const sum = createHash('sha256').update(progress);
  for (const tensor of Object.keys(tensors).sort()) {
    const x = tensors[tensor];
    if (x) sum.update(`\n${tensor} ${x.dtype} ${x.shape}\n`).update(x.bytes());
  }
  io.saveSafetensors(state(run), tensors, { ...metadata, progress, sha256: sum.digest('hex') });
  for (const x of Object.values(tensors)) x.dispose();
  return run;
}

test('a clock that is set back: durations grow all the same, and the run resumes', async (t) => {
  clockSetBack(t);
  const run = join(root, 'back');
  await interrupted(run);
  const { seconds, sums } = notesOf(run) as { seconds: number; sums: { seconds: number } };
  assert.ok(seconds > 0 && sums.seconds > 0, `${seconds} ${sums.seconds}`);
  assert.deepEqual(await through(resume(run)), []);
  assert.deepEqual(whatCameOut(run), whatCameOut(whole));
  const [first, second] = metricsOf(run).map((line) => line.seconds as number);
  assert.ok(first && second && 0 < first && first < second, `${first} ${second}`);
  assert.ok(metricsOf(run).every(({ imagesPerSecond }) => (imagesPerSecond as number) > 0));
});

test('durations below zero in a checkpoint: its weights are resumed with, and what is lost is said', async () => {
  const notes = notesOf(half) as { sums: object };
  const run = withNotes('negative', { ...notes, seconds: -2, sums: { ...notes.sums, seconds: -1.5 } });
  assert.deepEqual(await through(resume(run)), [
    `the checkpoint of step ${stopped} is whole, but its notes on seconds, sums cannot be read; its time counts from now; the averages of this epoch are of the steps from here on`,
  ]);
  const { metrics: _, ...tensors } = whatCameOut(run) as { metrics: unknown };
  const { metrics: __, ...expected } = whatCameOut(whole) as { metrics: unknown };
  assert.deepEqual(tensors, expected);
  assert.ok(metricsOf(run).every(({ seconds }) => (seconds as number) > 0));
});

for (const notes of [null, 'of another version', { step: 99, epochs: 'one' }]) {
  test(`notes that say nothing, ${JSON.stringify(notes)}: step and epochs are those that are certain`, async () => {
    const run = withNotes(`nothing-${JSON.stringify(notes).length}`, notes);
    assert.equal(metricsOf(run).length, 1);
    const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8');
    const [warning, ...more] = await through(resume(run));
    assert.match(warning ?? '', /^the checkpoint of step \d+ is whole, but its notes on epochs, .* cannot be read/);
    assert.deepEqual(more, []);
    assert.ok(readFileSync(join(run, 'metrics.jsonl'), 'utf8').startsWith(lines));
    const { bits } = whatCameOut(run) as { bits: unknown };
    assert.deepEqual(bits, (whatCameOut(whole) as { bits: unknown }).bits);
    assert.deepEqual(
      metricsOf(run).map(({ epoch }) => epoch),
      [1, 2],
    );
  });
}

test('notes are read one by one', () => {
  const certain = { step: 30, epochs: 2, metricsBytes: 200 };
  const good = { ...start, ...certain, suspect: 1, seconds: 4 };
  assert.deepEqual(readProgress(good, certain), { progress: good, lost: [] });
  assert.deepEqual(readProgress({ ...good, seconds: Number.NaN, epochs: -1, suspect: 'x' }, certain), {
    progress: { ...good, seconds: 0, suspect: 0 },
    lost: ['epochs', 'suspect', 'seconds'],
  });
  const all = { progress: { ...start, ...certain }, lost: Object.keys(start).filter((name) => name !== 'step') };
  for (const notes of [null, undefined, [], 3]) assert.deepEqual(readProgress(notes, certain), all);
});
