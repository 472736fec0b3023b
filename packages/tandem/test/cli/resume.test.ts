import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { call } from '../faults/runs.js';
import { metricsOf, pictures, tandem, temporary, tiny } from './running.js';

const root = temporary({ after });
const images = join(root, 'pictures');
const line = ['pretrain', images, ...tiny, 'size=16', '--batch', '20', '--epochs', '1'];

before(async () => {
  await pictures(images, 20);
});

test('what cannot be resumed is said in one line', async (t) => {
  const says = async (code: number, message: RegExp, ...argv: string[]) => {
    const outcome = await tandem(t, 'resume', ...argv);
    assert.equal(outcome.code, code, outcome.stderr);
    assert.equal(outcome.stdout, '');
    assert.match(outcome.stderr, message);
  };
  await says(1, /^tandem: .*nowhere is no run folder: there is no config\.json in it\n$/, join(root, 'nowhere'));
  await says(
    2,
    /^tandem: 'lr' cannot change when a run resumes, only nonFinite, saveMinutes, .*; begin a new run for it\n$/,
    root,
    'lr=1',
  );
  await says(2, /^tandem: 'lr' is no setting: settings are key=value\n$/, root, 'lr');
  await says(2, /missing required argument/);
});

test('stopAt ends a run early, and resumed with a later one it is the whole run, bit for bit', async (t) => {
  const [whole, cut] = [join(root, 'whole'), join(root, 'cut')];
  const long = [...line, '--epochs', '4', 'warmup=1', 'schedule=step'];
  assert.equal((await tandem(t, ...long, '--out', whole)).code, 0);
  assert.equal((await tandem(t, ...long, 'stopAt=2', '--out', cut)).code, 0);
  assert.equal(metricsOf(cut).length, 2);
  const again = await tandem(t, 'resume', cut);
  assert.match(again.stderr, /cut stopped after epoch 2, as stopAt says; go on with: .* resume \S+cut stopAt=4\n$/);
  for (const stopAt of [3, 4]) {
    const { code, stderr } = await tandem(t, 'resume', cut, `stopAt=${stopAt}`);
    assert.equal(code, 0, stderr);
    assert.equal(metricsOf(cut).length, stopAt);
  }
  const bits = (run: string) => readFileSync(join(run, 'encoder', 'encoder.safetensors')).toString('base64');
  assert.equal(bits(cut), bits(whole));
  const past = await tandem(t, ...long, 'stopAt=5', '--out', join(root, 'past'));
  assert.equal(past.code, 2);
  assert.match(past.stderr, /stopAt=5 is past the last epoch, which is 4; give more epochs\n$/);
});

test('a loss that is NaN: stopped.json says why; with nonFinite=skip the run continues, and after 21 steps it stops', async (t) => {
  const run = join(root, 'nan');
  const ill = await tandem(t, ...line, 'temperature=1e-44', '--epochs', '20', '--out', run);
  assert.equal(ill.code, 1);
  assert.equal(JSON.parse(readFileSync(join(run, 'stopped.json'), 'utf8')).reason, 'the loss became NaN at step 1');
  const { code, stderr } = await tandem(t, 'resume', run, 'nonFinite=skip');
  assert.equal(code, 1, stderr);
  assert.match(stderr, /warning: step 1 was left out: the loss became NaN\n/);
  assert.match(
    stderr,
    /\ntandem: the loss became NaN, 21 times in a row, at step 21; .*No step has changed the networks yet, so lr is not to blame.*\n$/,
  );
  const [first] = metricsOf(run);
  assert.equal(first?.skippedSteps, first?.step);
  assert.equal(first?.loss, null);
});

test('too large a batch for the memory: batch, bytes and cure are named, and the run can go on', {
  skip: process.platform !== 'linux' && 'ulimit -v is of Linux',
}, async () => {
  const run = join(root, 'memory');
  // Addresses enough for Node and libtorch; the first convolution alone asks for as much, at once.
  const prefix = ['sh', '-c', 'ulimit -v 6291456; exec "$@"', 'sh'];
  const network = ['backbone=resnet8', 'width=256', 'stem=small', 'size=384', 'projHidden=8', 'projDim=8'];
  const big = ['pretrain', images, ...network, '--batch', '40', '--epochs', '1'];
  const { code, stderr } = await call([...big, '--out', run], { prefix });
  assert.equal(code, 1, stderr);
  assert.match(
    stderr,
    /\ntandem: there is not enough memory after step 0 with batch 40: \d+ MiB were asked for; nothing was saved yet\. Lower batch \(40\), width or size in a new run, or make room and resume\n$/,
  );
  assert.match(JSON.parse(readFileSync(join(run, 'stopped.json'), 'utf8')).reason, /not enough memory/);
  assert.equal(existsSync(join(run, 'lock')), false);
});

test('a folder that cannot be written is said', {
  skip: process.getuid?.() === 0 && 'root may write everywhere',
}, async (t) => {
  const run = join(root, 'read-only');
  mkdirSync(run, { mode: 0o500 });
  const { code, stderr } = await tandem(t, ...line, '--out', run);
  assert.equal(code, 1);
  assert.match(stderr, /cannot write the run folder/);
});
