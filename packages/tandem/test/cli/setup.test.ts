import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from './running.js';

test('set-up that was done before says what comes next', async () => {
  const { code, stdout } = await start(['setup']).ended;
  assert.equal(code, 0);
  assert.match(stdout, /^The engine is ready: libtorch \d+\.\d+\.\d+ \(.+\)\.\nWhat comes next:\n {2}tandem doctor /);
});

test('--json is one object with the engine', async () => {
  const { code, stdout } = await start(['setup', '--json']).ended;
  assert.equal(code, 0);
  const { libtorch, engine } = JSON.parse(stdout);
  assert.match(libtorch, /^\d+\.\d+\.\d+$/);
  assert.match(engine, /tandem_torch\.node$/);
});

test('a place that is none says so, with the nearest name, and exits with 1', async () => {
  const { code, stdout, stderr } = await start(['setup', '--from', 'weel']).ended;
  assert.equal(code, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /^tandem: weel is no libtorch: .*\n.* Did you mean 'wheel'\?\n$/);
});
