import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EncoderFacts, Place } from '../../src/gallery/place.js';
import { elements, normal } from '../support.js';

export const width = 8;
export const encoder: EncoderFacts = { sha256: 'a'.repeat(64), path: 'runs/a', width };
const other: EncoderFacts = { sha256: 'b'.repeat(64), path: 'runs/b', width };

/** Rows of length 1. */
export function unit(n: number, seed: number, d = width): Float32Array {
  const rows = Float32Array.from(elements(normal([n, d], seed)));
  for (let i = 0; i < n; i++) {
    const row = rows.subarray(i * d, (i + 1) * d);
    row.set(row.map((x) => x / Math.hypot(...row)));
  }
  return rows;
}

export const rowOf = (rows: Float32Array, i: number, d = width) => rows.slice(i * d, (i + 1) * d);
export const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, j) => sum + x * (b[j] as number), 0);

/** What holds of every place that vectors are kept in. @param make an empty one */
export function contract(name: string, make: () => Promise<Place>, skip: string | false = false): void {
  describe(`vectors in ${name}`, { skip }, () => {
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
