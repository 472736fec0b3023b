import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { checkRunFolder, createRunFolder, openRunFolder, shortName } from '../../../src/pretrain/folder/run-folder.js';
import { findEncoder } from '../../../src/runs/index.js';
import { temporary } from '../../cli/running.js';

test('runs without a name take the next free one', (t) => {
  const before = process.cwd();
  t.after(() => process.chdir(before));
  process.chdir(temporary(t));
  const paths = [1, 2, 3].map(() => createRunFolder(undefined, 'cats-clbo').path);
  assert.deepEqual(
    paths,
    ['cats-clbo', 'cats-clbo-2', 'cats-clbo-3'].map((name) => join('runs', name)),
  );
});

test('an empty folder may become a run, one with anything in it never', (t) => {
  const out = join(temporary(t), 'deep', 'run');
  mkdirSync(out, { recursive: true });
  checkRunFolder(out);
  createRunFolder(out, '');
  assert.deepEqual(readdirSync(out).sort(), ['encoder', 'lock', 'metrics.jsonl']);
  for (const attempt of [() => checkRunFolder(out), () => createRunFolder(out, '')]) {
    assert.throws(attempt, {
      name: 'UserError',
      message: /exists already and is never overwritten; give another --out$/,
    });
  }
});

test('a place where no folder can be is refused before and at making it', (t) => {
  const file = join(temporary(t), 'file');
  writeFileSync(file, 'mine');
  for (const out of [file, join(file, 'run'), join(file, 'deep', 'run')]) {
    assert.throws(() => checkRunFolder(out), { name: 'UserError' }, out);
    assert.throws(() => createRunFolder(out, ''), { name: 'UserError' }, out);
  }
  assert.throws(() => checkRunFolder(' '), { name: 'UsageError' });
});

test('where the system refuses, the message says so', {
  skip: !existsSync('/proc/self') && 'there is no /proc here',
}, () => {
  assert.throws(() => createRunFolder('/proc/run', ''), { message: /^cannot write the run folder \/proc\/run: / });
});

test('an encoder is found by its run or by its own name', (t) => {
  const { path, encoderFile } = createRunFolder(join(temporary(t), 'run'), '');
  assert.throws(() => findEncoder(path), { message: /has the run finished an epoch\?$/ });
  assert.throws(() => findEncoder(`${path}s`), { message: /there is no such run folder or encoder file$/ });
  writeFileSync(encoderFile('encoder'), '');
  assert.equal(findEncoder(path), encoderFile('encoder'));
  assert.equal(findEncoder(encoderFile('encoder')), encoderFile('encoder'));
});

test('runs are called after their images', () => {
  const names = ['/data/cats.tar.gz', 'cats/', './fashion-mnist', 'my.cats.tgz', '/'].map(shortName);
  assert.deepEqual(names, ['cats', 'cats', 'fashion-mnist', 'my.cats', 'images']);
});

test('a run that is resumed: what was left half-written is cleared, whole files stay, metrics are cut', (t) => {
  const out = join(temporary(t), 'run');
  createRunFolder(out, '').release();
  mkdirSync(join(out, 'checkpoint'));
  const left = ['config.json.12.tmp', 'encoder/encoder.safetensors.12.tmp', 'checkpoint/state.safetensors.12.tmp'];
  const dead = 2 ** 22 + 1;
  left.push(`lock.${dead}.tmp`, `lock.${dead}.stale.tmp`);
  const asking = `lock.${process.ppid}.tmp`; // another process wants the lock too at this moment
  const kept = [asking, 'notes.tmp', 'checkpoint/mine.12.tmp.txt', 'checkpoint/state.safetensors.damaged'];
  for (const file of [...left, ...kept]) writeFileSync(join(out, file), '');
  writeFileSync(join(out, 'stopped.json'), '{}');
  writeFileSync(join(out, 'metrics.jsonl'), '{"epoch":1}\n{"epoch":2}\n{"ep');
  const folder = openRunFolder(out);
  for (const file of left) assert.equal(existsSync(join(out, file)), false, file);
  for (const file of kept) assert.ok(existsSync(join(out, file)), file);
  assert.ok(existsSync(join(out, 'stopped.json')), 'it may still turn out that the run cannot go on');
  assert.equal(folder.resumeAfter(12), 12);
  assert.equal(existsSync(join(out, 'stopped.json')), false);
  assert.equal(readFileSync(join(out, 'metrics.jsonl'), 'utf8'), '{"epoch":1}\n');
  assert.equal(folder.appendMetrics({ epoch: 2 }, 12), 24);
  folder.release();
});

test('metrics that are shorter than a checkpoint knows are cut after their last whole line', (t) => {
  const out = join(temporary(t), 'run');
  const file = join(out, 'metrics.jsonl');
  createRunFolder(out, '').release();
  const left = (text: string | undefined, bytes: number) => {
    rmSync(file);
    if (text !== undefined) writeFileSync(file, text);
    const folder = openRunFolder(out);
    try {
      return [folder.resumeAfter(bytes), text === undefined ? '' : readFileSync(file, 'utf8')];
    } finally {
      folder.release();
      writeFileSync(file, '', { flag: 'a' });
    }
  };
  assert.deepEqual(left('{"epoch":1}\n{"epo', 24), [12, '{"epoch":1}\n']);
  assert.deepEqual(left('{"epo', 24), [0, '']);
  assert.deepEqual(left('', 24), [0, '']);
  assert.deepEqual(left(undefined, 24), [0, '']);
});

test('a run folder that cannot be made or opened gives its lock back', (t) => {
  const folder = temporary(t);
  const run = join(folder, 'run');
  mkdirSync(run);
  writeFileSync(join(run, 'encoder'), 'in the way');
  assert.throws(
    () => openRunFolder(run),
    /cannot write the run folder .*: a file stands where a folder should be \(ENOTDIR\); make it writable$/,
  );
  assert.deepEqual(readdirSync(run), ['encoder']);
  assert.throws(() => createRunFolder(join(run, 'encoder'), ''), { name: 'UserError' });
});
