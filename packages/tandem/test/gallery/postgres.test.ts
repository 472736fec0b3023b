import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import sharp from 'sharp';
import { noGrad, scope } from 'tandem-torch';
import { openPlace } from '../../src/gallery/open-place.js';
import { loadEncoder, saveEncoder } from '../../src/weights/index.js';
import { encoderFile, pictures, start, tandem, temporary } from '../cli/running.js';
import { contract, encoder, rowOf, unit, width } from './contract.js';
import { postgresServer } from './postgres-server.js';

// A real server, where PostgreSQL and pgvector are installed.

const root = temporary({ after });
const found = await postgresServer(join(root, 'postgres'));
const skip = typeof found === 'string' && found;
const server = typeof found === 'string' ? undefined : found;
after(() => server?.end());
const url = server?.url ?? '';
const ask = async (sql: string) => (await server?.ask(sql)) ?? [];
const fresh = async () => {
  await ask('drop schema public cascade; create schema public');
  return openPlace(url, { mustExist: false });
};

contract('a PostgreSQL server with pgvector', fresh, skip);

test('two writers of one encoder: the second is told; a large index is approximate, and exact when asked', {
  skip,
}, async () => {
  const place = await fresh();
  const collection = await place.collection(encoder, '/p');
  const other = await openPlace(url, { mustExist: false });
  await assert.rejects(other.collection(encoder, '/p'), /another process is writing this encoder's vectors/);
  await other.close();
  const n = 20_500;
  const rows = unit(n, 21);
  await collection.put(
    Array.from({ length: n }, (_, i) => ({ file: `${i}`, state: '' })),
    rows,
  );
  assert.equal(await collection.finish(), 'search is approximate, by an HNSW index of pgvector');
  await collection.close();
  const asked = unit(20, 22);
  let right = 0;
  for (let i = 0; i < 20; i++) {
    const vector = rowOf(asked, i);
    const [exact, quick] = [
      await place.search(encoder, { vector, k: 10, exact: true }),
      await place.search(encoder, { vector, k: 10 }),
    ];
    const best = Math.max(...Array.from({ length: n }, (_, j) => dotOf(rows, j, vector)));
    assert.ok(Math.abs((exact.matches[0]?.similarity ?? 0) - best) < 1e-5);
    const names = new Set(exact.matches.map(({ file }) => file));
    right += quick.matches.filter(({ file }) => names.has(file)).length;
  }
  assert.ok(right >= 190, `${right} of 200`);
  await place.close();
});

function dotOf(rows: Float32Array, j: number, vector: Float32Array): number {
  return vector.reduce((sum, x, d) => sum + x * (rows[j * width + d] as number), 0);
}

test('a server that is killed under an indexer: one clear line, nothing is lost, and the same command goes on', {
  skip,
}, async (t) => {
  await (await fresh()).close();
  const network = encoderFile(join(root, 'encoder.safetensors'));
  const many = join(root, 'many');
  const count = 3000;
  mkdirSync(many);
  const small = await sharp({ create: { width: 16, height: 16, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  for (let i = 0; i < count; i++) writeFileSync(join(many, `${i}.png`), small);
  const indexed = async () => {
    const [table] = await ask("select tablename from pg_tables where tablename ~ '^tandem_[0-9a-f]{16}$'");
    return table ? Number((await ask(`select count(*) as n from ${table.tablename}`))[0]?.n) : 0;
  };
  const child = start(['index', network, many, '--to', url]);
  while ((await indexed()) === 0) await setTimeout(20);
  await server?.kill();
  const { code, stderr } = await child.ended;
  assert.equal(code, 1, stderr);
  const last = stderr.trimEnd().split('\n').at(-1) ?? '';
  assert.match(
    last,
    /^tandem: postgres:\/\/tandem@127\.0\.0\.1:\d+\/postgres: does not answer \(.+\); see that it runs, then call this again$/,
  );
  assert.doesNotMatch(stderr, /secret|\n\s+at /);
  const picture = join(many, '1.png');
  const dead = await tandem(t, 'search', url, picture);
  assert.deepEqual([dead.code, dead.stdout], [1, '']);
  assert.match(dead.stderr, /^tandem: postgres:.*: does not answer \(.*\); see that it runs, then call this again\n$/);

  await server?.begin();
  const kept = await indexed();
  assert.ok(kept > 0 && kept < count, `${kept} of ${count}`);
  const again = await tandem(t, 'index', network, many, '--to', url, '--json');
  assert.equal(again.code, 0, again.stderr);
  assert.deepEqual(JSON.parse(again.stdout).result, {
    images: count,
    added: count - kept,
    changed: 0,
    removed: 0,
    skipped: 0,
  });
  assert.equal(await indexed(), count);
  const searched = await tandem(t, 'search', url, picture, '--k', '2', '--json');
  assert.equal(searched.code, 0, searched.stderr);
  const { result } = JSON.parse(searched.stdout);
  assert.deepEqual([result.among, result.matches.length], [count, 2]);
  assert.ok(result.matches[0].similarity > 1 - 1e-6);
});

test('a changed folder and another encoder in one server are kept apart', { skip }, async (t) => {
  await (await fresh()).close();
  const images = await pictures(join(root, 'pictures'), 6);
  const network = join(root, 'other.safetensors');
  const { encoder: changed, card } = loadEncoder(encoderFile(join(root, 'encoder.safetensors')));
  scope(() => noGrad(() => changed.parameters()[0]?.mul_(-1)));
  saveEncoder(network, changed, card);
  changed.dispose();
  const first = await tandem(t, 'index', network, images, '--to', url, '--json');
  assert.equal(first.code, 0, first.stderr);
  writeFileSync(join(images, 'red', '0001.png'), await sharp(join(images, 'blue', '0002.png')).toBuffer());
  const again = await tandem(t, 'index', network, images, '--to', url, '--json');
  const { result } = JSON.parse(again.stdout);
  assert.deepEqual([result.images, result.added, result.changed], [12, 0, 1]);
  const nothing = await tandem(
    t,
    'search',
    url,
    join(images, 'red', '0002.png'),
    '--encoder',
    join(root, 'encoder.safetensors'),
  );
  assert.equal(nothing.code, 1);
  assert.match(nothing.stderr, /has no vectors of .*encoder\.safetensors as it is now, only of .*other\.safetensors/);
});
