import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { png, tarOf } from '../making.js';

/** What a server does to a request instead of answering it well. */
export type Fault = 'refuse' | 'cut' | 'drop' | 'whole';

/** A server on loopback that answers ranges, and fails as it is told. */
export interface Serving {
  readonly url: string;
  /** Files by path. */
  readonly files: Map<string, Buffer>;
  /** What was asked for: method, path and range. */
  readonly asked: string[];
  /** Decides what becomes of the nth request. */
  fault: (nth: number, path: string) => Fault | undefined;
  /** How versions are named: strong ETags, weak ones, or none. */
  versions: 'strong' | 'weak' | 'none';
}

export async function serving(t: Pick<TestContext, 'after'>): Promise<Serving> {
  const it: Serving & { url: string } = {
    url: '',
    files: new Map(),
    asked: [],
    fault: () => undefined,
    versions: 'strong',
  };
  let nth = 0;
  const server = createServer((request, response) => answer(it, request, response, nth++));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  it.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return it;
}

function answer(it: Serving, { method, url = '', headers }: IncomingMessage, response: ServerResponse, nth: number) {
  const path = url.replace(/\?.*/, '');
  it.asked.push(`${method} ${path}${headers.range === undefined ? '' : ` ${headers.range}`}`);
  const file = it.files.get(path);
  const fault = it.fault(nth, path);
  if (fault === 'refuse') return response.writeHead(503).end();
  if (fault === 'drop') return response.destroy();
  if (!file) return response.writeHead(404).end();
  const digest = createHash('md5').update(file).digest('hex');
  const etag = it.versions === 'none' ? undefined : it.versions === 'weak' ? `W/"${digest}"` : `"${digest}"`;
  const named = etag === undefined ? {} : { etag };
  if (etag !== undefined && headers['if-none-match'] === etag) return response.writeHead(304, named).end();
  const isSame = headers['if-range'] === undefined || headers['if-range'] === etag;
  const from = fault === 'whole' || !isSame ? 0 : Number(/^bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0);
  const range = from > 0 ? { 'content-range': `bytes ${from}-${file.length - 1}/${file.length}` } : {};
  response.writeHead(from > 0 ? 206 : 200, { ...named, ...range, 'content-length': file.length - from });
  if (method === 'HEAD') return response.end();
  if (fault !== 'cut') return response.end(file.subarray(from));
  const half = from + Math.ceil((file.length - from) / 2);
  return response.write(file.subarray(from, half), () => response.destroy());
}

/** Shards of images that are told apart by their colour: image n is [n % 256, n / 256, 7]. */
export async function shards(count: number, each: number, side = 8): Promise<Buffer[]> {
  const made: Buffer[] = [];
  for (let shard = 0; shard < count; shard++) {
    const numbers = Array.from({ length: each }, (_, i) => shard * each + i);
    const entries = await Promise.all(
      numbers.map(async (n) => [
        { name: `${String(n).padStart(4, '0')}.png`, body: await png([n % 256, Math.floor(n / 256), 7], side) },
        { name: `${String(n).padStart(4, '0')}.cls`, body: n % 2 ? 'dog' : 'cat' },
      ]),
    );
    made.push(await tarOf(entries.flat()));
  }
  return made;
}
