import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { type Progress, progress } from '../../src/cli/terminal/progress.js';

/**
 * What is written to a stderr of so many columns (0: no terminal) while `use` has the progress, a
 * second at a time.
 */
function written(
  t: TestContext,
  columns: number,
  use: (bar: Progress, wait: (seconds: number) => void) => void,
): string {
  let text = '';
  const { isTTY, columns: own } = process.stderr;
  const write = t.mock.method(process.stderr, 'write', (more: string) => {
    text += more;
    return true;
  });
  let now = 1e6;
  const clock = t.mock.method(performance, 'now', () => now);
  Object.assign(process.stderr, { isTTY: columns > 0, columns });
  try {
    use(progress('training'), (seconds) => {
      now += seconds * 1000;
    });
  } finally {
    Object.assign(process.stderr, { isTTY, columns: own });
    clock.mock.restore();
    write.mock.restore();
  }
  return text;
}

test('a bar in a terminal, with the time left, that makes room for lines and goes', (t) => {
  const text = written(t, 100, (bar, wait) => {
    bar.update(1, 11, 'loss 2');
    wait(5);
    bar.update(6, 11, 'loss 1');
    bar.say('a line');
    bar.stop();
  });
  assert.equal(
    text,
    '\rtraining  ██░░░░░░░░░░░░░░░░░░ 1/11  loss 2\x1b[K' +
      '\rtraining  ███████████░░░░░░░░░ 6/11  5s left  loss 1\x1b[K' +
      '\r\x1b[Ka line\n',
  );
});

test('a bar is never longer than its line, and not drawn too often', (t) => {
  const text = written(t, 20, (bar, wait) => {
    for (let i = 0; i < 100; i++) {
      bar.update(i, 100, 'note');
      wait(0.01);
    }
  });
  const lines = text.split('\r').slice(1);
  assert.ok(lines.length <= 11 && lines.every((line) => line.replace('\x1b[K', '').length < 20));
});

test('where the number is unknown, what is done is shown', (t) => {
  assert.equal(
    written(t, 100, (bar) => bar.update(3000, undefined, 'finding')),
    '\rtraining  3000  finding\x1b[K',
  );
});

test('plain lines, seldom, without a terminal', (t) => {
  const text = written(t, 0, (bar, wait) => {
    for (let i = 1; i <= 40; i++) {
      bar.update(i, 40, 'loss 1');
      wait(1);
    }
    bar.stop();
  });
  assert.equal(text, 'training  16/40  24s left  loss 1\ntraining  31/40  9s left  loss 1\n');
});

test('what is known of the time left is told instead of what the rate says', (t) => {
  const text = written(t, 0, (bar, wait) => {
    bar.update(0, 40, 'loss 1', 75);
    wait(20);
    bar.update(1, 40, 'loss 1', 60);
    bar.stop();
  });
  assert.equal(text, 'training  1/40  1m00s left  loss 1\n');
});
