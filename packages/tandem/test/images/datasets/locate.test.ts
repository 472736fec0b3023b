import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { firstFile, locate, type Whereabouts } from '../../../src/images/datasets/locate.js';
import { temporary } from '../making.js';

const body = 'pixels';

function whereabouts(url: string): Whereabouts<string> {
  return {
    name: 'set',
    folders: ['set', 'SET'],
    expected: 'set.bin',
    origin: 'It comes from far away',
    downloads: [
      { file: 'set.bin', urls: [url], md5: createHash('md5').update(body).digest('hex'), mostBytes: 2 ** 20 },
    ],
    async locateIn(folder) {
      const file = await firstFile([join(folder, 'set.bin')]);
      return file === undefined ? undefined : { files: file };
    },
  };
}

test('a set that is missing is fetched into the data root, and found there the next time', async (t) => {
  let asked = 0;
  const http = createServer((_, response) => {
    asked++;
    response.end(body);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  t.after(() => http.close());
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/`;
  const dataRoot = temporary(t);
  const seen: string[] = [];
  for (let i = 0; i < 2; i++) {
    const onProgress = (_done: number, _total: number | undefined, what: string) => seen.push(what);
    const file = await locate(whereabouts(url), { dataRoot, download: true }, { onProgress });
    assert.equal(file, join(dataRoot, 'set', 'set.bin'));
    assert.equal(readFileSync(file, 'utf8'), body);
  }
  assert.equal(asked, 1);
  assert.ok(seen.includes('fetching set.bin'));
  await assert.rejects(
    locate(whereabouts(url), { dataRoot: temporary(t), download: false }, {}),
    /set: not found: expected set.bin/,
  );
  assert.equal(asked, 1);
});

test('where it cannot be fetched either, one line says where it belongs and where it comes from', async (t) => {
  const dataRoot = temporary(t);
  // Port 9 is refused at once.
  const url = 'http://127.0.0.1:9/set.bin';
  await assert.rejects(locate(whereabouts(url), { dataRoot, download: true }, {}), (error: Error) => {
    const { message } = error;
    assert.match(
      message,
      /^set: not found: expected set.bin in a folder 'set' under .*; it could not be fetched either/,
    );
    assert.match(message, /http:\/\/127.0.0.1:9\/set.bin: .*It comes from far away$/);
    assert.ok(message.includes(dataRoot) && !message.includes('\n'));
    return true;
  });
});
