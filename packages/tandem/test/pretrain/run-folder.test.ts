import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { checkRunFolder, createRunFolder, findEncoder, shortName } from '../../src/pretrain/run-folder.js';
import { temporary } from '../cli/running.js';

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
  createRunFolder(out, '').release();
  assert.deepEqual(readdirSync(out).sort(), ['encoder', 'metrics.jsonl']);
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
