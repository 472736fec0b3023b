import assert from 'node:assert/strict';

/** Asserts that `fn` throws an Error whose message is one line and holds each of `parts`. */
export function assertThrowsLine(fn: () => unknown, ...parts: (string | RegExp)[]): void {
  let message: string | undefined;
  try {
    fn();
  } catch (error) {
    assert.ok(error instanceof Error, `threw ${error}, no Error`);
    message = error.message;
  }
  assert.ok(message !== undefined, `nothing was thrown; expected ${parts.join(', ')}`);
  assert.doesNotMatch(message, /[\n\r]/, 'the message has several lines');
  assert.ok(message.length < 600, `the message is long: ${message}`);
  for (const part of parts) {
    const found = typeof part === 'string' ? message.includes(part) : part.test(message);
    assert.ok(found, `'${message}' lacks ${part}`);
  }
}
