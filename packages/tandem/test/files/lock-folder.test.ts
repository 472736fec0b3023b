import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { lockFolder } from '../../src/files/lock-folder.js';
import { temporary } from '../support.js';

const module = new URL('../../src/files/lock-folder.js', import.meta.url).href;

/** A process that takes the lock, says what came of it, and stays until it is killed. */
async function taker(folder: string, rounds = 1) {
  const source = `
    import { lockFolder } from ${JSON.stringify(module)};
    import { existsSync } from 'node:fs';
    const go = ${JSON.stringify(join(folder, 'go'))};
    while (${rounds} > 1 && !existsSync(go)) {}
    try { lockFolder(${JSON.stringify(folder)}, 'trained'); console.log('mine'); } catch (error) { console.log(error.message); }
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said = new Promise<string>((resolve) => {
    child.stdout.once('data', (data) => resolve(String(data).trim()));
  });
  const gone = new Promise<void>((resolve) => {
    child.on('close', () => resolve());
  });
  const kill = async () => {
    child.kill('SIGKILL');
    await gone;
  };
  return { pid: child.pid as number, said, kill };
}

test('one holder at a time; given back, and nothing else is left', (t) => {
  const folder = temporary(t);
  const lock = lockFolder(folder, 'trained');
  assert.throws(() => lockFolder(folder, 'trained'), {
    name: 'UserError',
    message: `${folder} is being trained by process ${process.pid}`,
  });
  assert.deepEqual(readdirSync(folder), ['lock']);
  lock.release();
  assert.deepEqual(readdirSync(folder), []);
  lockFolder(folder, 'trained').release();
});

test('a living process keeps it; when it is killed the next one has it', async (t) => {
  const folder = temporary(t);
  const other = await taker(folder);
  assert.equal(await other.said, 'mine');
  assert.throws(() => lockFolder(folder, 'trained'), { message: `${folder} is being trained by process ${other.pid}` });
  await other.kill();
  lockFolder(folder, 'trained').release();
});

test('of several processes that find a dead one at once, one has it', async (t) => {
  const folder = temporary(t);
  writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: 2 ** 22 + 1, started: '1', host: hostname() }));
  const all = await Promise.all(Array.from({ length: 4 }, () => taker(folder, 2)));
  writeFileSync(join(folder, 'go'), '');
  const said = await Promise.all(all.map((one) => one.said));
  assert.equal(said.filter((words) => words === 'mine').length, 1, said.join('; '));
  for (const words of said) assert.match(words, /^mine$|is being trained by process \d+$/);
  for (const one of all) await one.kill();
});

test('what counts as gone: no such process, another one of its number, a torn file', (t) => {
  const folder = temporary(t);
  const started = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ')[19] as string;
  const dead = [
    JSON.stringify({ pid: 2 ** 22 + 1, started: '1', host: hostname() }),
    JSON.stringify({ pid: process.pid, started: '1', host: hostname() }),
    JSON.stringify({ pid: process.ppid, started: '1', host: hostname() }),
    `{"pid":${process.pid},"star`,
    '',
    'null',
    JSON.stringify({ pid: -1, started, host: hostname() }),
    JSON.stringify({ pid: '1', started, host: hostname() }),
  ];
  for (const text of dead) {
    writeFileSync(join(folder, 'lock'), text);
    lockFolder(folder, 'trained').release();
    assert.deepEqual(readdirSync(folder), [], text);
  }
  writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: process.pid, started, host: hostname() }));
  assert.throws(() => lockFolder(folder, 'trained'), /is being trained/);
});

test('a process that is dead but was not collected counts for nothing', {
  skip: !existsSync('/proc/self') && 'there is no /proc here',
}, async (t) => {
  const folder = temporary(t);
  // The child ends when the shell has become another program, which collects no children.
  const parent = spawn('sh', ['-c', 'sleep 0.5 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => parent.kill());
  const pid = await new Promise<number>((resolve) => {
    parent.stdout.once('data', (data) => resolve(Number(data)));
  });
  const state = () => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') as string[];
  const started = state()[19] as string;
  while (state()[0] !== 'Z') await new Promise((resolve) => setTimeout(resolve, 5));
  writeFileSync(join(folder, 'lock'), JSON.stringify({ pid, started, host: hostname() }));
  lockFolder(folder, 'trained').release();
});

test('of another machine nobody can tell, and the way out is named', (t) => {
  const folder = temporary(t);
  writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: 1, started: '1', host: 'elsewhere' }));
  assert.throws(() => lockFolder(folder, 'trained'), {
    message: `${folder} is being trained by process 1 on elsewhere; if that machine is gone, remove ${join(folder, 'lock')}`,
  });
});

test('a lock that was removed is put back, one that another has is not', (t) => {
  const folder = temporary(t);
  const lock = lockFolder(folder, 'trained');
  lock.confirm();
  rmSync(join(folder, 'lock'));
  lock.confirm();
  assert.ok(existsSync(join(folder, 'lock')));
  const others = JSON.stringify({ pid: 1, started: '1', host: 'elsewhere' });
  writeFileSync(join(folder, 'lock'), others);
  assert.throws(() => lock.confirm(), /is being trained by process 1 on elsewhere/);
  lock.release();
  assert.equal(readFileSync(join(folder, 'lock'), 'utf8'), others);
});
