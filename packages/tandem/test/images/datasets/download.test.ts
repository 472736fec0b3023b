import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { UserError } from '../../../src/errors.js';
import { download, type Remote, UnreachableError } from '../../../src/images/datasets/download.js';
import { temporary, write } from '../making.js';

const body = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 31) % 256));
const md5 = createHash('md5').update(body).digest('hex');
const quick = { tries: 2, pause: 1, stall: 300 };

type Answer = (response: ServerResponse, request: IncomingMessage, start: number) => void;

/** Serves the body as each answer in turn says, the last one for ever. */
async function server(t: TestContext, ...answers: Answer[]) {
  const ranges: (string | undefined)[] = [];
  const http = createServer((request, response) => {
    const answer = answers[Math.min(ranges.length, answers.length - 1)] as Answer;
    ranges.push(request.headers.range);
    answer(response, request, Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    http.closeAllConnections();
    http.close();
  });
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/set.bin`;
  const remote: Remote = { file: 'set.bin', urls: [url], md5, mostBytes: 500_000 };
  return { remote, ranges, url };
}

/** The rest from `start` on, of which only `most` bytes come before the connection is cut. */
function serve(response: ServerResponse, start: number, most = Number.POSITIVE_INFINITY): void {
  const rest = body.subarray(start);
  response.writeHead(start > 0 ? 206 : 200, {
    'content-length': rest.length,
    ...(start > 0 && { 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` }),
  });
  if (rest.length <= most) response.end(rest);
  else response.write(rest.subarray(0, most), () => response.destroy());
}

const whole: Answer = (response, _, start) => serve(response, start);
const withoutRanges: Answer = (response) => serve(response, 0);
const cutAfter =
  (most: number): Answer =>
  (response, _, start) =>
    serve(response, start, most);
const status =
  (code: number): Answer =>
  (response) =>
    response.writeHead(code).end('no');

test('a file is fetched with progress and checked, once', async (t) => {
  const folder = join(temporary(t), 'new', 'folder');
  const { remote, ranges } = await server(t, whole);
  const seen: [number, number | undefined, string][] = [];
  const path = await download(remote, folder, { onProgress: (...progress) => seen.push(progress) });
  assert.deepEqual(readFileSync(path), body);
  assert.deepEqual(readdirSync(folder), ['set.bin']);
  assert.deepEqual(seen.at(-1), [body.length, body.length, 'fetching set.bin']);
  await download(remote, folder);
  assert.deepEqual(ranges, [undefined]);
});

test('a transfer that is cut goes on where it was, as often as it brings something', async (t) => {
  const folder = temporary(t);
  const { remote, ranges } = await server(t, cutAfter(70_000));
  const path = await download(remote, folder, {}, quick);
  assert.deepEqual(readFileSync(path), body);
  assert.equal(ranges[0], undefined);
  assert.ok(
    ranges.length >= 4 && ranges.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range ?? '')),
    String(ranges),
  );
});

test('what an earlier call fetched is gone on with', async (t) => {
  const folder = temporary(t);
  write(folder, 'set.bin.part', body.subarray(0, 123_456));
  const { remote, ranges } = await server(t, whole);
  assert.deepEqual(readFileSync(await download(remote, folder, {}, quick)), body);
  assert.deepEqual(ranges, ['bytes=123456-']);
});

test('a server without ranges sends everything again, which replaces what was there', async (t) => {
  const folder = temporary(t);
  write(folder, 'set.bin.part', Buffer.alloc(400_000, 7));
  const { remote } = await server(t, withoutRanges);
  assert.deepEqual(readFileSync(await download(remote, folder, {}, quick)), body);
});

test('a part longer than the file, or whole already, is dealt with', async (t) => {
  const beyond: Answer = (response, request, start) =>
    start >= body.length ? status(416)(response, request, start) : serve(response, start);
  for (const part of [Buffer.alloc(400_000, 7), body]) {
    const folder = temporary(t);
    write(folder, 'set.bin.part', part);
    const { remote } = await server(t, beyond);
    assert.deepEqual(readFileSync(await download(remote, folder, {}, quick)), body);
  }
});

test('a wrong checksum is refused and nothing is kept', async (t) => {
  const folder = temporary(t);
  const { remote } = await server(t, whole);
  await assert.rejects(download({ ...remote, md5: '0'.repeat(32) }, folder, {}, quick), (error: Error) => {
    assert.ok(error instanceof UserError && !(error instanceof UnreachableError), error.stack);
    assert.match(error.message, new RegExp(`not the file expected: set.bin has md5 0+, this one ${md5}`));
    return true;
  });
  assert.deepEqual(readdirSync(folder), []);
});

test('after a wrong checksum the next place is tried', async (t) => {
  const folder = temporary(t);
  const other = await server(t, (response) => response.end(Buffer.alloc(1000, 7)));
  const good = await server(t, whole);
  const lacking = await server(t, status(404));
  const wrong = { ...good.remote, urls: [other.url, lacking.url] };
  await assert.rejects(download(wrong, folder, {}, quick), (error: Error) => {
    assert.ok(error instanceof UserError && !(error instanceof UnreachableError), error.stack);
    assert.match(error.message, /set.bin: not the file expected: .*; http.*\/set.bin: 404 Not Found$/);
    return true;
  });
  const path = await download({ ...good.remote, urls: [other.url, good.url] }, folder, {}, quick);
  assert.deepEqual(readFileSync(path), body);
  assert.deepEqual(good.ranges, [undefined]);
});

test('a wrong beginning from elsewhere is not held against the place that has the file', async (t) => {
  const folder = temporary(t);
  write(folder, 'set.bin.part', Buffer.alloc(1000, 7));
  const { remote, ranges } = await server(t, whole);
  assert.deepEqual(readFileSync(await download(remote, folder, {}, quick)), body);
  assert.deepEqual(ranges, ['bytes=1000-', undefined]);
});

test('what is longer than the file can be is not fetched to its end', async (t) => {
  const announced: Answer = (response) => response.writeHead(200, { 'content-length': 10 ** 12 }).write('x');
  const endless: Answer = (response) => {
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(2 ** 16)));
    };
    response.on('drain', more);
    more();
  };
  for (const answer of [announced, endless]) {
    const folder = temporary(t);
    const long = await server(t, answer);
    const message = /set.bin: not the file expected: longer than 0.5 MiB, which set.bin is not; it was not kept$/;
    await assert.rejects(download(long.remote, folder, {}, quick), { name: 'UserError', message });
    assert.deepEqual(readdirSync(folder), []);
    const good = await server(t, whole);
    const urls = [long.url, good.url];
    assert.deepEqual(readFileSync(await download({ ...good.remote, urls }, folder, {}, quick)), body);
  }
});

test('a place that lacks the file, fails or is not there gives way to the next, or to a word about each', async (t) => {
  const folder = temporary(t);
  const lacking = await server(t, status(404));
  const failing = await server(t, status(503));
  const good = await server(t, whole);
  const nobody = 'http://127.0.0.1:9/set.bin';
  const bad = [lacking.url, failing.url, nobody];
  await assert.rejects(download({ ...good.remote, urls: bad }, folder, {}, quick), (error: Error) => {
    assert.ok(error instanceof UnreachableError);
    assert.match(error.message, /set.bin: 404 Not Found; .*: 503 Service Unavailable; http:\/\/127.0.0.1:9\/.*: \S/);
    return true;
  });
  assert.deepEqual([lacking.ranges.length, failing.ranges.length], [1, 2]);
  const path = await download({ ...good.remote, urls: [...bad, good.url] }, folder, {}, quick);
  assert.deepEqual(readFileSync(path), body);
});

test('a connection that brings nothing counts as cut', async (t) => {
  const hangs: Answer = (response) => {
    response.writeHead(200, { 'content-length': body.length });
    response.write(body.subarray(0, 1000));
  };
  const { remote } = await server(t, hangs, whole);
  assert.deepEqual(readFileSync(await download(remote, temporary(t), {}, quick)), body);
});

test('where the file cannot be written, that is said', async (t) => {
  const root = temporary(t);
  const { remote } = await server(t, whole);
  await assert.rejects(download(remote, join(write(root, 'file', 'x'), 'folder'), {}, quick), /cannot be written \(E/);
  mkdirSync(join(root, 'set.bin.part'));
  await assert.rejects(download(remote, root, {}, quick), /set.bin: cannot be written \(EISDIR\)/);
});

test('a full disk ends it with an error, and what came is kept', {
  skip: existsSync('/dev/full') ? false : 'no /dev/full',
}, async (t) => {
  const folder = temporary(t);
  const { remote } = await server(t, whole);
  const { symlinkSync } = await import('node:fs');
  symlinkSync('/dev/full', join(folder, 'set.bin.part'));
  await assert.rejects(download(remote, folder, {}, quick), /set.bin: cannot be written \((ENOSPC|EINVAL)\)/);
});

test('it can be stopped, and gone on with later', async (t) => {
  const folder = temporary(t);
  const slow: Answer = (response) => {
    response.writeHead(200, { 'content-length': body.length });
    response.write(body.subarray(0, 100_000));
  };
  const stop = new AbortController();
  const { remote, ranges } = await server(t, slow, whole);
  const options = { signal: stop.signal, onProgress: (done: number) => done >= 100_000 && stop.abort() };
  await assert.rejects(download(remote, folder, options, quick), { name: 'AbortError' });
  assert.deepEqual(readdirSync(folder), ['set.bin.part']);
  assert.deepEqual(readFileSync(await download(remote, folder, {}, quick)), body);
  assert.deepEqual(ranges, [undefined, 'bytes=100000-']);
});

test('of two that want it at once one fetches', async (t) => {
  const folder = temporary(t);
  const { remote, ranges } = await server(t, whole);
  const paths = await Promise.all([download(remote, folder), download(remote, folder)]);
  assert.deepEqual(paths, [join(folder, 'set.bin'), join(folder, 'set.bin')]);
  assert.equal(ranges.length, 1);
  writeFileSync(join(folder, 'set.bin'), 'mine');
  await download(remote, folder);
  assert.equal(readFileSync(join(folder, 'set.bin'), 'utf8'), 'mine');
});
