import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openImages } from '../../../src/images/index.js';
import { settings } from '../../../src/images/sources/s3/settings.js';
import { urlOf } from '../../../src/images/sources/s3/sign.js';
import { temporary } from '../making.js';
import { shards } from '../streamed/serving.js';

const cache = mkdtempSync(join(tmpdir(), 'tandem-s3-'));
process.env.XDG_CACHE_HOME = cache;
process.on('exit', () => rmSync(cache, { recursive: true, force: true }));

test('a listing goes on over pages, with names that XML escapes', async (t) => {
  const tar = (await shards(1, 3))[0] as Buffer;
  const keys = ['p/a&b<0>.tar', 'p/c\'1".tar', 'p/d 2.tar'];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://x');
    if (request.method === 'HEAD' || !url.searchParams.has('list-type')) return response.end(tar);
    const page = Number(url.searchParams.get('continuation-token') ?? 0);
    assert.equal(url.searchParams.get('prefix'), 'p/');
    const name = (keys[page] as string).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
    const next =
      page < 2 ? `<IsTruncated>true</IsTruncated><NextContinuationToken>${page + 1}</NextContinuationToken>` : '';
    const entry = `<Contents><Key>${name}</Key><Size>${tar.length}</Size></Contents>`;
    response.end(`<?xml version="1.0"?><ListBucketResult>${next}${entry}</ListBucketResult>`);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => server.closeAllConnections());
  t.after(() => server.close());
  process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const data = await openImages('s3://pages/p/*.tar', { cache: temporary(t) });
  assert.equal(data.stream?.count, 9);
});

test("endpoint, region and keys are those that Amazon's tools would use", async (t) => {
  const root = temporary(t);
  writeFileSync(join(root, 'config'), '[profile lab]\nregion = eu-north-1\nendpoint_url = http://10.0.0.1:9000\n');
  writeFileSync(
    join(root, 'credentials'),
    '[default]\naws_access_key_id=A\n\n[lab]\naws_access_key_id = B\naws_secret_access_key = s/=\n',
  );
  const files = { AWS_CONFIG_FILE: join(root, 'config'), AWS_SHARED_CREDENTIALS_FILE: join(root, 'credentials') };
  assert.deepEqual(await settings({ ...files, AWS_PROFILE: 'lab' }), {
    endpoint: 'http://10.0.0.1:9000',
    region: 'eu-north-1',
    keys: { accessKeyId: 'B', secretAccessKey: 's/=', sessionToken: undefined },
  });
  assert.deepEqual(await settings(files), { endpoint: undefined, region: 'us-east-1', keys: undefined });
  const own = await settings({ ...files, AWS_ACCESS_KEY_ID: 'C', AWS_SECRET_ACCESS_KEY: 'd', AWS_SESSION_TOKEN: 'e' });
  assert.deepEqual(own.keys, { accessKeyId: 'C', secretAccessKey: 'd', sessionToken: 'e' });
  process.env.AWS_ENDPOINT_URL = 'http://127.0.0.1:9/';
  assert.equal(await urlOf('s3://b/a b/c+d(1).tar'), 'http://127.0.0.1:9/b/a%20b/c%2Bd%281%29.tar');
  delete process.env.AWS_ENDPOINT_URL;
  assert.equal(await urlOf('s3://b/k'), 'https://b.s3.us-east-1.amazonaws.com/k');
  assert.equal(await urlOf('s3://b.c/k'), 'https://s3.us-east-1.amazonaws.com/b.c/k');
});
