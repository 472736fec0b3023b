// S3 against real servers: moto's where `moto_server` is there, and any other that
// TANDEM_TEST_S3=<endpoint> names, with its keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { AwsClient } from 'aws4fetch';
import { distributed } from 'tandem-torch';
import { openImages } from '../../../src/images/index.js';
import { killedAndResumed } from '../../cli/resuming.js';
import { png, temporary, write } from '../making.js';
import { shards } from '../streamed/serving.js';

const cache = mkdtempSync(join(tmpdir(), 'tandem-s3-'));
process.env.XDG_CACHE_HOME = cache;
process.on('exit', () => rmSync(cache, { recursive: true, force: true }));

const hasMoto = spawnSync('moto_server', ['--help']).status === 0;
const { TANDEM_TEST_S3: given, AWS_ACCESS_KEY_ID: key = 'key', AWS_SECRET_ACCESS_KEY: secret = 'secret' } = process.env;
const bucket = `tandem-${process.pid}`;

const servers = [
  { name: "moto's server", skip: !hasMoto && 'moto_server is missing (pip install "moto[server]")', start: startMoto },
  { name: 'the server of TANDEM_TEST_S3', skip: !given && 'TANDEM_TEST_S3 names none', start: async () => given },
];

async function startMoto(): Promise<string> {
  const port = await distributed.freePort();
  const moto = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  moto.unref();
  process.on('exit', () => moto.kill());
  const endpoint = `http://127.0.0.1:${port}`;
  for (let i = 0; i < 100 && !(await fetch(endpoint).catch(() => undefined)); i++) await setTimeout(200);
  return endpoint;
}

for (const { name, skip, start } of servers) {
  describe(`s3:// at ${name}`, { skip }, () => {
    before(async () => {
      const endpoint = await start();
      Object.assign(process.env, { AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: key, AWS_SECRET_ACCESS_KEY: secret });
      const client = new AwsClient({ accessKeyId: key, secretAccessKey: secret, service: 's3', region: 'us-east-1' });
      const put = async (path: string, body?: Buffer | string) => {
        const answer = await client.fetch(`${endpoint}/${bucket}${path}`, { method: 'PUT', ...(body && { body }) });
        assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.text()}`);
      };
      await put('');
      for (const [i, tar] of (await shards(3, 12)).entries()) await put(`/a%20set/s-${i}.tar`, tar);
      for (let n = 0; n < 4; n++) await put(`/loose/${n}%2B%26.png`, await png([n, 0, 7]));
      await put('/loose/readme.md', 'no image');
    });

    test('globs and folders are listed, shards are streamed, and are what a list names', async (t) => {
      for (const where of ['a set/*.tar', 'a set/', 'a set/s-{0..2}.tar', 'a set/s-[0-2].tar']) {
        const data = await openImages(`s3://${bucket}/${where}`, { cache: temporary(t) });
        const batches = data.stream?.batches(12, 1);
        let images = 0;
        for await (const { indices } of batches?.epoch(0) ?? []) images += indices.length;
        assert.deepEqual([data.stream?.count, images, data.train.classes], [36, 36, ['cat', 'dog']], where);
      }
      const rows = [0, 1, 2, 3].map((n) => `s3://${bucket}/loose/${n}+&.png`);
      const list = write(temporary(t), 'list.txt', rows.join('\n'));
      assert.deepEqual((await openImages(list)).train.count, 4);
    });

    test('shards larger than the disk cache are learned from: killed and resumed, bit for bit', async (t) => {
      const tars = await shards(6, 10, 16);
      const client = new AwsClient({ accessKeyId: key, secretAccessKey: secret, service: 's3', region: 'us-east-1' });
      for (const [i, tar] of tars.entries()) {
        const address = `${process.env.AWS_ENDPOINT_URL}/${bucket}/large/${i}.tar`;
        assert.ok((await client.fetch(address, { method: 'PUT', body: tar })).ok);
      }
      const root = temporary(t);
      const room = (3.2 * Math.max(...tars.map(({ length }) => length))) / 2 ** 30;
      const words = [`streamCache=${room}`, 'streamWindow=1', `cache=${join(root, 'shards')}`];
      const images = `s3://${bucket}/large/*.tar`;
      await killedAndResumed({ root, name: 's3', images, epochs: 6, says: /60 images of 3x16x16/, words });
    });

    test('what is not there is named', async () => {
      await assert.rejects(openImages(`s3://${bucket}/none/*.tar`), /nothing fits it there/);
      await assert.rejects(openImages(`s3://${bucket}/a set/s-{0..5}.tar`), /s-3\.tar: HTTP 404/);
      await assert.rejects(openImages(`s3://${bucket}-none/x/*.tar`), /HTTP 404/);
    });
  });
}
