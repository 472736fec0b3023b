// A reporter for CI: the runner's closing counts as plain lines, which programs read.

/**
 * @param {AsyncIterable<{ type: string, data: { nesting?: number, file?: string, message?: string }
 * }>} events
 */
export default async function* closing(events) {
  const counts = [];
  for await (const { type, data } of events) {
    if (type === 'test:diagnostic' && data.nesting === 0 && data.file === undefined) counts.push(`# ${data.message}\n`);
  }
  yield counts.join('');
}
