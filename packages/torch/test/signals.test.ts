import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runChild } from './children.js';

const windows = process.platform === 'win32' && 'Windows has no such signals';

const listening = `
  import { writeSync } from 'node:fs';
  import { setTimeout } from 'node:timers/promises';
  const say = (text) => writeSync(2, text + '\\n');
  const told = [];
  const listen = (name) => told.push(name);
  process.on('SIGINT', listen).on('SIGTERM', listen);
`;

for (const name of ['SIGINT', 'SIGTERM']) {
  test(`${name} is answered before JavaScript has a turn, and a second one ends the process`, {
    skip: windows,
  }, async () => {
    const { code, signal, stderr } = await runChild(`${listening}
      torch.announceSignals('stopping\\n');
      process.kill(process.pid, '${name}');
      say('told ' + told.length);
      process.kill(process.pid, '${name}');
      say('still here');
    `);
    assert.deepEqual([code, signal, stderr], [null, name, 'stopping\ntold 0\n']);
  });
}

test('JavaScript is told of the first when it has a turn; the text is the last one that was given', {
  skip: windows,
}, async () => {
  const { code, stderr } = await runChild(`${listening}
    torch.announceSignals('reading');
    torch.announceSignals('saving\\n');
    process.kill(process.pid, 'SIGTERM');
    while (told.length === 0) await setTimeout(1);
    say(told.join());
  `);
  assert.deepEqual([code, stderr], [0, 'saving\nSIGTERM\n']);
});

test('taken back, signals are those of Node again; announced once more, the first is the first', {
  skip: windows,
}, async () => {
  const { code, stderr } = await runChild(`${listening}
    const twice = async () => {
      const before = told.length;
      for (const wanted of [1, 2]) {
        process.kill(process.pid, 'SIGINT');
        while (told.length < before + wanted) await setTimeout(1);
      }
    };
    torch.announceSignals('never\\n');
    torch.forgetSignals();
    await twice();
    for (let i = 0; i < 2; i++) {
      torch.announceSignals('round ' + i + '\\n');
      process.kill(process.pid, 'SIGINT');
      torch.forgetSignals();
      await setTimeout(1);
    }
    say('done');
  `);
  assert.deepEqual([code, stderr], [0, 'round 0\nround 1\ndone\n']);
});
