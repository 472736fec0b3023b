import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { metricsOf, pictures, start, temporary, tiny } from './running.js';

const main = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

test('a run goes on to its end when nobody reads what it says', async (t) => {
  const root = temporary(t);
  const images = await pictures(join(root, 'pictures'), 20);
  const run = join(root, 'run');
  const child = start(['pretrain', images, ...tiny, '--batch', '16', '--epochs', '3', '--out', run]);
  await child.says('epoch 1/3');
  child.process.stderr?.destroy();
  child.process.stdout?.destroy();
  assert.equal((await child.ended).code, 0);
  assert.equal(metricsOf(run).length, 3);
});

test('help that is cut short is no error; output that finds the disk full is one', (t) => {
  const cut = spawnSync('sh', ['-c', '"$0" "$1" help pretrain --all | head -1', process.execPath, main], {
    encoding: 'utf8',
  });
  assert.deepEqual([cut.stdout.startsWith('Usage: '), cut.stderr], [true, '']);
  if (!existsSync('/dev/full')) return t.skip('there is no /dev/full');
  const full = spawnSync('sh', ['-c', '"$0" "$1" help pretrain > /dev/full', process.execPath, main], {
    encoding: 'utf8',
  });
  assert.equal(full.status, 1);
  assert.equal(full.stderr, 'tandem: the output cannot be written: the disk is full (ENOSPC); make room\n');
});

test('a run whose messages went elsewhere outlives its terminal; in one that closes it saves and stops', {
  skip: process.platform === 'win32' && 'Windows has no such signals',
}, async (t) => {
  const root = temporary(t);
  const images = await pictures(join(root, 'pictures'), 20);
  const line = ['pretrain', images, ...tiny, '--batch', '16', '--epochs'];
  const logged = start([...line, '3', '--out', join(root, 'logged')]);
  await logged.says('epoch 1/3');
  logged.process.kill('SIGHUP');
  assert.equal((await logged.ended).code, 0);
  assert.equal(metricsOf(join(root, 'logged')).length, 3);

  if (spawnSync('script', ['--version']).status !== 0) return t.skip('there is no `script`, which makes a terminal');
  const run = join(root, 'run');
  const words = [process.execPath, main, ...line, '100000', '--out', run].map((word) => `'${word}'`).join(' ');
  const terminal = spawn('script', ['-qec', words, '/dev/null'], { stdio: ['ignore', 'pipe', 'ignore'] });
  await new Promise<void>((resolve) => {
    let seen = '';
    terminal.stdout.on('data', (data) => {
      seen += data;
      if (seen.includes('epoch 1/')) resolve();
    });
  });
  terminal.kill('SIGKILL');
  while (!existsSync(join(run, 'stopped.json'))) await setTimeout(50);
  while (existsSync(join(run, 'lock'))) await setTimeout(50);
  assert.ok(metricsOf(run).length > 0);
});
