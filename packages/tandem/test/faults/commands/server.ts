import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { stream } from '../../../src/random.js';
import { driver, files, type Subject } from './subjects.js';

const piece = 8192;

/** A place that gives a file slowly, and the job that fetches it. */
export async function downloading(): Promise<{ subject: Subject; close(): void }> {
  const random = stream(3);
  const bytes = Buffer.from(Uint8Array.from({ length: 40 * piece }, () => random.below(256)));
  const server = createServer(async ({ headers }, response) => {
    const from = Number(/bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0);
    if (from >= bytes.length) return void response.writeHead(416).end();
    const rest = bytes.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': rest.length,
      ...(from > 0 && { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
    });
    for (let at = 0; at < rest.length && !response.destroyed; at += piece) {
      response.write(rest.subarray(at, at + piece));
      await setTimeout(10);
    }
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/set.bin`;
  const subject: Subject = {
    name: 'download',
    line: ['download', url, createHash('md5').update(bytes).digest('hex')],
    program: driver,
    outputs: ['data/set.bin'],
    read: files('data/set.bin'),
    replaces: true,
  };
  return { subject, close: () => server.close().closeAllConnections() };
}
