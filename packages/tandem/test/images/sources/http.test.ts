import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openImages } from '../../../src/images/index.js';
import { NoAnswer, request } from '../../../src/images/sources/http/request.js';
import { pixel, png, tarOf, temporary, write } from '../making.js';

const fixtures = fileURLToPath(new URL('../../../../test/fixtures/hugging-face', import.meta.url));
const cache = mkdtempSync(join(tmpdir(), 'tandem-http-'));
process.env.XDG_CACHE_HOME = cache;
process.on('exit', () => rmSync(cache, { recursive: true, force: true }));

type Handler = (request: IncomingMessage, response: ServerResponse, nth: number) => void;

/** A server on loopback; its address. */
async function serve(t: TestContext, handler: Handler): Promise<string> {
  let nth = 0;
  const server = createServer((request, response) => handler(request, response, nth++));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const quick = { tries: 4, pause: 1, longest: 50, stall: 2000 };
const body = Buffer.from(Array.from({ length: 5000 }, (_, i) => i % 251));

test('what fails in passing is asked for again; what is refused is not', async (t) => {
  let asked = 0;
  const where = await serve(t, ({ url }, response, nth) => {
    asked++;
    if (url === '/gone') response.writeHead(404).end();
    else if (url === '/never') response.writeHead(503).end();
    else if (nth === 0) response.writeHead(429, { 'retry-after': '0' }).end();
    else if (nth === 1) response.destroy();
    else if (nth === 2)
      return; // never answers
    else response.end(body);
  });
  assert.deepEqual(Buffer.from((await request(`${where}/x`, undefined, undefined, quick)).bytes), body);
  assert.equal(asked, 4);
  await assert.rejects(request(`${where}/gone`, undefined, undefined, quick), /HTTP 404/);
  assert.equal(asked, 5);
  await assert.rejects(request(`${where}/never`, undefined, undefined, quick), (error: Error) => {
    return error instanceof NoAnswer && /HTTP 503.*4 times/.test(error.message);
  });
  const closed = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => closed.once('listening', resolve));
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));
  await assert.rejects(request(`http://127.0.0.1:${port}/`, undefined, undefined, quick), /ECONNREFUSED/);
});

test('what is cut short is continued where it ended, or begun anew where it is another by now', async (t) => {
  for (const changes of [false, true]) {
    const ranges: (string | undefined)[] = [];
    const where = await serve(t, ({ headers }, response, nth) => {
      ranges.push(headers.range);
      const etag = changes && nth > 0 ? '"b"' : '"a"';
      const isRest = headers.range !== undefined && headers['if-range'] === etag;
      const from = isRest ? Number(/bytes=(\d+)-/.exec(headers.range ?? '')?.[1]) : 0;
      response.writeHead(isRest ? 206 : 200, { etag, 'content-length': body.length - from });
      if (nth > 0) return response.end(body.subarray(from));
      response.write(body.subarray(0, 2000), () => response.destroy());
    });
    const { bytes, etag } = await request(where, undefined, undefined, quick);
    assert.deepEqual(Buffer.from(bytes), body);
    assert.deepEqual([ranges, etag], [[undefined, 'bytes=2000-'], changes ? '"b"' : '"a"']);
  }
});

test('a list of URLs: one request in four fails, and all images are there; unchanged ones are not sent again', async (t) => {
  const root = temporary(t);
  let sent = 0;
  const where = await serve(t, async ({ url = '', headers }, response, nth) => {
    if (nth % 4 === 1) return response.writeHead(500).end();
    const n = Number(/(\d+)/.exec(url)?.[1]);
    if (n > 20) return response.writeHead(404).end();
    const etag = `"${n}"`;
    if (headers['if-none-match'] === etag) return response.writeHead(304).end();
    sent++;
    response.writeHead(200, { etag }).end(await png([n, 0, 0]));
  });
  const rows = [...Array(21).keys()].map((n) => `${where}/${n},${n % 2 ? 'dog' : 'cat'}`);
  const list = write(root, 'urls.csv', `url,label\n${rows.join('\n')}\n${where}/99,cat\n`);
  const { train, skipped } = await openImages(list);
  assert.deepEqual([train.count, train.classes, sent], [21, ['cat', 'dog'], 21]);
  for (let i = 0; i < train.count; i++) {
    const n = pixel(train, i, 0, 0)[0] as number;
    assert.equal(train.files?.[i], `${where}/${n}`);
    assert.equal(train.labels?.[i], n % 2);
  }
  assert.deepEqual(skipped, [{ file: `${where}/99`, reason: 'not fetched: HTTP 404 Not Found' }]);
});

test('a list, a tar and a table at a URL, through a server that fails; paths of a list are seen from there', async (t) => {
  const entries = await Promise.all(
    [0, 1, 2, 3].map(async (n) => ({ name: `${n % 2 ? 'dog' : 'cat'}/${n}.png`, body: await png([n, 0, 0]) })),
  );
  const files: Record<string, Buffer | string> = {
    '/sets/list.csv': `file,label\n${entries.map(({ name }) => `../${name},${name.split('/')[0]}`).join('\n')}`,
    '/sets/pets.tar': await tarOf(entries),
    '/sets/hub.parquet': readFileSync(join(fixtures, 'codec-snappy.parquet')),
    ...Object.fromEntries(entries.map(({ name, body }) => [`/${name}`, body])),
  };
  const where = await serve(t, ({ url = '' }, response, nth) => {
    const found = files[url.replace(/\?.*/, '')];
    if (nth % 3 === 0) response.writeHead(502).end();
    else if (found === undefined) response.writeHead(404).end();
    else response.end(found);
  });
  for (const name of ['list.csv', 'pets.tar']) {
    const set = await openImages(`${where}/sets/${name}?token=1`);
    assert.deepEqual([set.train.count, set.train.classes, set.name], [4, ['cat', 'dog'], name.split('.')[0]]);
  }
  assert.equal((await openImages(`${where}/sets/hub.parquet`)).train.count, 9);
  await assert.rejects(openImages(`${where}/sets/none.csv`), /none\.csv: not fetched: HTTP 404/);
  await assert.rejects(
    openImages('ftp://host/list.csv'),
    /ftp:.*a kind of address that is not read; http, https and s3 are/,
  );
});
