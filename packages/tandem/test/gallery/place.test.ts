import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { best } from '../../src/gallery/folder/best.js';
import { folderPlace } from '../../src/gallery/folder/folder-place.js';
import { Graph } from '../../src/gallery/folder/graph.js';
import { nearestRows, recallOf } from '../../src/gallery/folder/recall.js';
import { Rows } from '../../src/gallery/folder/rows.js';
import { openPlace, shownPlace } from '../../src/gallery/open-place.js';
import { checkUnit } from '../../src/gallery/place.js';
import { postgresPlace } from '../../src/gallery/postgres/postgres-place.js';
import { temporary } from '../cli/running.js';
import { elements, normal } from '../support.js';
import { contract, dot, encoder, rowOf, unit, width } from './contract.js';

const root = temporary({ after });
let databases = 0;
let database: ReturnType<typeof PGlite.create<{ extensions: { vector: typeof vector } }>> | undefined;
after(async () => (await database)?.close());

contract('a folder', async () => folderPlace(join(root, `place-${databases++}`)));
// In this process, as WebAssembly; it starts once, since that takes seconds.
contract('PostgreSQL with pgvector', async () => {
  database ??= PGlite.create({ extensions: { vector } });
  const db = await database;
  await db.exec('drop schema public cascade; create schema public');
  return postgresPlace(db);
});

test('the best of many values are those that sorting puts first, equal ones in their order', () => {
  const values = Float64Array.from(elements(normal([3000], 3)), (x) => Math.round(20 * x));
  const sorted = Array.from(values.keys()).sort((a, b) => (values[b] as number) - (values[a] as number) || a - b);
  for (const k of [1, 10, 500, 3000, 5000]) assert.deepEqual(best(values, k), sorted.slice(0, k));
  assert.deepEqual(best(new Float64Array(0), 5), []);
});

test('a vector without direction or of another length is refused with the reason', () => {
  assert.throws(() => checkUnit(new Float32Array(8), 8, 'it'), /^UserError: it: its features are all zero, so/);
  assert.throws(() => checkUnit(new Float32Array(8).fill(1), 8, 'it'), /has length 2\.8.*, not 1/);
  assert.throws(() => checkUnit(new Float32Array(7), 8, 'it'), /has 7 numbers, the index holds 8/);
  assert.throws(() => checkUnit(new Float32Array(8).fill(Number.NaN), 8, 'it'), /has length NaN/);
});

describe('a folder', () => {
  const folderIn = (place: string) => join(place, readdirSync(place)[0] as string);

  test('that a writer died in keeps what was whole, and a second writer waits for the first', async () => {
    const path = join(root, 'killed');
    const rows = unit(6, 3);
    const images = ['a', 'b', 'c', 'd', 'e', 'f'].map((file) => ({ file, state: '1' }));
    const first = await folderPlace(path).collection(encoder, '/p');
    await assert.rejects(async () => folderPlace(path).collection(encoder, '/p'), /is being written/);
    await first.put(images.slice(0, 3), rows.subarray(0, 3 * width));
    await first.put(images.slice(3), rows.subarray(3 * width));
    await first.close();
    const folder = folderIn(path);
    // Cut in the middle of the second block, as a full disk or a killed process leaves it.
    truncateSync(join(folder, 'files.jsonl'), readFileSync(join(folder, 'files.jsonl')).length - 20);
    appendFileSync(join(folder, 'features.f32'), 'half');
    const read = await folderPlace(path).search(encoder, { vector: rowOf(rows, 0), k: 9 });
    assert.deepEqual([read.among, read.matches[0]?.file], [3, 'a']);
    const again = await folderPlace(path).collection(encoder, '/p');
    assert.deepEqual([...(await again.states()).keys()], ['a', 'b', 'c']);
    await again.put(images.slice(3), rows.subarray(3 * width));
    await again.close();
    const healed = await folderPlace(path).search(encoder, { vector: rowOf(rows, 4), k: 1 });
    assert.deepEqual([healed.among, healed.matches[0]?.file], [6, 'e']);
  });

  test('that is damaged is named', async () => {
    const path = join(root, 'damaged');
    const collection = await folderPlace(path).collection(encoder, '/p');
    await collection.put([{ file: 'a', state: '' }], unit(1, 1));
    await collection.close();
    const folder = folderIn(path);
    truncateSync(join(folder, 'features.f32'), 5);
    await assert.rejects(
      folderPlace(path).search(encoder, { vector: unit(1, 1), k: 1 }),
      /is damaged: vectors are missing/,
    );
    writeFileSync(join(folder, 'about.json'), '{"format":2}');
    await assert.rejects(folderPlace(path).encoders(), /is no part of an index of this version; remove it/);
  });

  test("with USearch's graph finds nearly all of the nearest, also what came or went after the graph was made", async () => {
    const path = join(root, 'graph');
    const [n, d] = [3000, 32];
    const rows = unit(n, 11, d);
    const facts = { ...encoder, width: d };
    const image = (i: number) => ({ file: `${i}`, state: '' });
    const collection = await folderPlace(path).collection(facts, '/p');
    await collection.put(
      Array.from({ length: n - 100 }, (_, i) => image(i)),
      rows.subarray(0, (n - 100) * d),
    );
    const open = Rows.open(folderIn(path));
    assert.ok(open);
    assert.ok(await Graph.update(open));
    open.close();
    await collection.put(
      Array.from({ length: 100 }, (_, i) => image(n - 100 + i)),
      rows.subarray((n - 100) * d),
    );
    await collection.remove(['7']);
    await collection.close();
    const place = folderPlace(path);
    let right = 0;
    const queries = unit(20, 12, d);
    for (let i = 0; i < 20; i++) {
      const vector = rowOf(queries, i, d);
      const [exact, quick] = await Promise.all(
        [true, false].map((e) => place.search(facts, { vector, k: 10, exact: e })),
      );
      const names = new Set(exact?.matches.map(({ file }) => file));
      right += quick?.matches.filter(({ file }) => names.has(file)).length ?? 0;
      assert.equal(quick?.among, n - 1);
    }
    assert.ok(right >= 190, `${right} of 200`);
    const late = await place.search(facts, { vector: rowOf(rows, n - 1, d), k: 1 });
    assert.equal(late.matches[0]?.file, `${n - 1}`);
    const gone = await place.search(facts, { vector: rowOf(rows, 7, d), k: 1 });
    assert.notEqual(gone.matches[0]?.file, '7');
    await place.close();
    assert.ok(existsSync(join(folderIn(path), 'graph.usearch')));
  });

  test('whose graph is brought up to date knows only its new rows anew; a damaged graph is made again', async () => {
    const path = join(root, 'grown');
    const rows = unit(400, 31);
    const collection = await folderPlace(path).collection(encoder, '/p');
    const put = (from: number, to: number) =>
      collection.put(
        Array.from({ length: to - from }, (_, i) => ({ file: `${from + i}`, state: '' })),
        rows.subarray(from * width, to * width),
      );
    const updated = async () => {
      const open = Rows.open(folderIn(path)) as Rows;
      const done: number[] = [];
      const graph = await Graph.update(open, (n) => done.push(n));
      open.close();
      return { known: graph?.rows, done };
    };
    await put(0, 300);
    assert.deepEqual(await updated(), { known: 300, done: [300] });
    assert.deepEqual(await updated(), { known: 300, done: [] });
    const measured = Rows.open(folderIn(path)) as Rows;
    const vectors = rows.slice(0, 5 * width);
    const order = (i: number) => Array.from({ length: 300 }, (_, j) => j).sort((a, b) => near(b, i) - near(a, i));
    const near = (j: number, i: number) => dot(rowOf(rows, j), rowOf(rows, i));
    assert.deepEqual(
      nearestRows(measured, vectors, 7),
      [0, 1, 2, 3, 4].map((i) => order(i).slice(0, 7)),
    );
    const exact = (vector: Float32Array, k: number) =>
      nearestRows(measured, vector, k)[0]?.map((row) => `${row}`) ?? [];
    assert.equal(recallOf(measured, exact), 1);
    assert.equal(
      recallOf(measured, (vector, k) => exact(vector, k).slice(0, 6)),
      0.5,
    );
    measured.close();
    await put(300, 400);
    // Its note may be older than itself, where a process was killed between the two.
    assert.deepEqual(await updated(), { known: 400, done: [400] });
    const file = join(folderIn(path), 'graph.usearch');
    writeFileSync(file, readFileSync(file).subarray(0, 40));
    const place = folderPlace(path);
    const found = await place.search(encoder, { vector: rowOf(rows, 7), k: 1 });
    assert.equal(found.matches[0]?.file, '7', 'all are compared');
    await place.close();
    assert.deepEqual(await updated(), { known: 400, done: [400] });
    await collection.close();
  });
});

test('places that are none, and a server that does not answer, are one line without the password', async () => {
  await assert.rejects(
    openPlace(join(root, 'nowhere'), { mustExist: true }),
    /there is no such index; make it with tandem index/,
  );
  writeFileSync(join(root, 'file'), '');
  await assert.rejects(openPlace(join(root, 'file'), { mustExist: false }), /a file; an index is a folder/);
  await assert.rejects(
    openPlace('mysql://x/y', { mustExist: false }),
    /a folder, or postgres:\/\/\.\.\., can hold an index/,
  );
  const dead = 'postgres://me:secret@127.0.0.1:9/pictures';
  await assert.rejects(openPlace(dead, { mustExist: false }), (error: Error) => {
    assert.match(
      error.message,
      /^postgres:\/\/me@127\.0\.0\.1:9\/pictures: does not answer \(.*\); see that it runs, then call this again$/,
    );
    return true;
  });
  assert.equal(shownPlace('postgresql://u:p%40@h/d'), 'postgresql://u@h/d');
});
