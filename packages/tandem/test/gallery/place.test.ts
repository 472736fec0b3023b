import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { folderPlace } from '../../src/gallery/folder/folder-place.js';
import { Graph } from '../../src/gallery/folder/graph.js';
import { Rows } from '../../src/gallery/folder/rows.js';
import { openPlace, shownPlace } from '../../src/gallery/open-place.js';
import { checkUnit, type EncoderFacts, type Place } from '../../src/gallery/place.js';
import { postgresPlace } from '../../src/gallery/postgres/postgres-place.js';
import { temporary } from '../cli/running.js';
import { elements, normal } from '../support.js';

const root = temporary({ after });
const width = 8;
const encoder: EncoderFacts = { sha256: 'a'.repeat(64), path: 'runs/a', width };
const other: EncoderFacts = { sha256: 'b'.repeat(64), path: 'runs/b', width };

/** Rows of length 1. */
function unit(n: number, seed: number, d = width): Float32Array {
  const rows = Float32Array.from(elements(normal([n, d], seed)));
  for (let i = 0; i < n; i++) {
    const row = rows.subarray(i * d, (i + 1) * d);
    row.set(row.map((x) => x / Math.hypot(...row)));
  }
  return rows;
}

const rowOf = (rows: Float32Array, i: number, d = width) => rows.slice(i * d, (i + 1) * d);
const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, j) => sum + x * (b[j] as number), 0);

let databases = 0;
let database: ReturnType<typeof PGlite.create<{ extensions: { vector: typeof vector } }>> | undefined;
after(async () => (await database)?.close());
const places: Record<string, () => Promise<Place>> = {
  'a folder': async () => folderPlace(join(root, `place-${databases++}`)),
  // In this process, as WebAssembly; it starts once, since that takes seconds.
  'PostgreSQL with pgvector': async () => {
    database ??= PGlite.create({ extensions: { vector } });
    const db = await database;
    await db.exec('drop schema public cascade; create schema public');
    return postgresPlace(db);
  },
};

for (const [name, make] of Object.entries(places)) {
  describe(`vectors in ${name}`, () => {
    test('are found by cosine, exactly, in order, by class and by path; encoders and folders are kept apart', async () => {
      const place = await make();
      assert.deepEqual(await place.encoders(), []);
      const rows = unit(40, 1);
      const files = Array.from({ length: 40 }, (_, i) => `${i % 2 ? 'odd' : 'even'}/it's "${i}".png`);
      const images = files.map((file, i) => ({ file, class: i % 2 ? 'odd' : undefined, state: `${i}` }));
      const collection = await place.collection(encoder, '/pictures');
      await collection.put(images.slice(0, 25), rows.subarray(0, 25 * width));
      await collection.put(images.slice(25), rows.subarray(25 * width));
      assert.equal(await collection.finish(), undefined);
      await collection.close();
      for (const [facts, name] of [
        [encoder, '/more'],
        [other, '/pictures'],
      ] as const) {
        const more = await place.collection(facts, name);
        await more.put([{ file: 'x.png', state: '' }], unit(1, 5));
        await more.close();
      }
      assert.deepEqual((await place.encoders()).map(({ sha256 }) => sha256).sort(), [encoder.sha256, other.sha256]);

      assert.deepEqual([await place.classes(encoder), await place.classes(other)], [['odd'], []]);

      const asked = rowOf(unit(1, 2), 0);
      const { matches, among } = await place.search(encoder, { vector: asked, k: 5 });
      assert.equal(among, 41);
      const all = [
        ...files.map((file, i) => ({ file, similarity: dot(rowOf(rows, i), asked) })),
        { file: 'x.png', similarity: dot(unit(1, 5), asked) },
      ];
      const wanted = all.sort((a, b) => b.similarity - a.similarity).slice(0, 5);
      for (const [i, { file, similarity }] of matches.entries()) {
        assert.equal(file, wanted[i]?.file);
        assert.ok(Math.abs(similarity - (wanted[i]?.similarity ?? 0)) < 1e-6);
      }
      const odd = await place.search(encoder, { vector: asked, k: 100, class: 'odd' });
      assert.deepEqual([odd.among, odd.matches.length], [20, 20]);
      assert.ok(odd.matches.every((one) => one.class === 'odd' && one.images === '/pictures'));
      const path = await place.search(encoder, { vector: asked, k: 100, path: `it's "1` });
      assert.deepEqual([path.among, path.matches.length], [11, 11]);
      assert.deepEqual((await place.search(encoder, { vector: asked, k: 3, class: "o'dd%" })).matches, []);
      const alone = await place.search(other, { vector: asked, k: 5 });
      assert.deepEqual([alone.among, alone.matches.map(({ file }) => file)], [1, ['x.png']]);
      await place.close();
    });

    test('changed images take the place of earlier ones, removed ones are gone, and states say which are which', async () => {
      const place = await make();
      const rows = unit(4, 7);
      const collection = await place.collection(encoder, '/p');
      const image = (file: string, state: string) => ({ file, state });
      await collection.put([image('a', '1'), image('b', '1'), image('c', '1')], rows.subarray(0, 3 * width));
      await collection.put([image('b', '2')], rows.subarray(3 * width));
      await collection.remove(['c']);
      assert.deepEqual(Object.fromEntries(await collection.states()), { a: '1', b: '2' });
      await collection.close();
      const { matches, among } = await place.search(encoder, { vector: rowOf(rows, 3), k: 10 });
      assert.equal(among, 2);
      assert.equal(matches[0]?.file, 'b');
      assert.ok(Math.abs((matches[0]?.similarity ?? 0) - 1) < 1e-6, 'the new vector');
      await place.close();
    });
  });
}

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
    assert.ok(await Graph.update(open, n - 100, () => {}));
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
    assert.match(error.message, /^postgres:\/\/me@127\.0\.0\.1:9\/pictures: does not answer \(.*\)$/);
    return true;
  });
  assert.equal(shownPlace('postgresql://u:p%40@h/d'), 'postgresql://u@h/d');
});
