import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from '../../src/cli/program.js';
import { message } from '../../src/cli/terminal/lines.js';
import { tandemCommand } from '../../src/invocation.js';
import { tandem } from './running.js';

/** As a terminal of 80 columns, for the rest of a test. */
function narrow(t: TestContext): void {
  for (const stream of [process.stdout, process.stderr]) {
    for (const [name, value] of Object.entries({ isTTY: true, columns: 80 })) {
      const was = Object.getOwnPropertyDescriptor(stream, name);
      Object.defineProperty(stream, name, { value, configurable: true, writable: true });
      t.after(() => (was ? Object.defineProperty(stream, name, was) : Reflect.deleteProperty(stream, name)));
    }
  }
}

const tooLong = (text: string) => text.split('\n').filter((line) => line.length > 80);

const folder = fileURLToPath(new URL('../../src/cli/commands', import.meta.url));
const commands = readdirSync(folder).flatMap((file) => /^([a-z]+)(?:-images)?\.js$/.exec(file)?.[1] ?? []);

test('help of every command fits 80 columns, short and whole', async (t) => {
  narrow(t);
  assert.ok(commands.length > 10);
  for (const words of [
    ['--help'],
    ...commands.flatMap((name) => [
      [name, '--help'],
      ['help', name, '--all'],
    ]),
  ]) {
    let text = '';
    const { write: writeAll } = process.stdout;
    const write = t.mock.method(process.stdout, 'write', (part: string | Uint8Array) => {
      if (typeof part !== 'string') return writeAll.call(process.stdout, part); // the test runner's
      text += part;
      return true;
    });
    await run(words);
    write.mock.restore();
    assert.deepEqual(tooLong(text), [], words.join(' '));
    assert.ok(text.includes('Usage: tandem'), words.join(' '));
  }
});

test('messages fit a terminal of 80 columns and lose no word', async (t) => {
  const lines = [
    ['pretrain', 'pictures', '--method', 'clboo'],
    ['pretrain', 'pictures', '--backbone', 'resnet19'],
    ['pretrain', join(folder, 'there-is-nothing-of-this-name', 'and-so-there-is-nothing-in-it-either')],
    ['search', 'pictures'],
    ['knn', 'run', 'pictures', '--encoder', 'best'],
    ['pretrain', 'pictures', 'optimizer=adam', 'momentum=0.5'],
  ];
  const whole = [];
  for (const line of lines) whole.push((await tandem(t, ...line)).stderr);
  narrow(t);
  for (const [i, line] of lines.entries()) {
    const { stderr } = await tandem(t, ...line);
    // A path is one word.
    assert.deepEqual(
      tooLong(stderr).filter((text) => text.trim().includes(' ')),
      [],
      line.join(' '),
    );
    assert.equal(stderr.replace(/\s+/g, ' '), whole[i]?.replace(/\s+/g, ' '));
  }
});

test('a command to type next is never broken, so that a copy of it works', (t) => {
  narrow(t);
  const resume = `${tandemCommand()} resume '/home/somebody/a folder/with a name/that is longer than a whole line/run'`;
  const init = `${tandemCommand()} pretrain pictures --init runs/one`;
  const lines = (text: string) =>
    message(text)
      .split('\n')
      .map((line) => line.trim());
  assert.ok(lines(`interrupted; saved. Resume with: ${resume}`).includes(resume));
  const both = lines(`it is at its end; write its report with: ${resume}; learn more with: ${init}`);
  assert.ok(both.includes(`${resume};`) && both.some((line) => line.endsWith(init)), both.join('\n'));
  assert.ok(lines(`nothing is to be seen of this anywhere in the folder; see \`${init}\`.`).join('\n').includes(init));
});
