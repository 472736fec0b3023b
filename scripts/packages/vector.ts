// What a server does: one encoder, from a run and from its export, and a picture that it has in
// memory.

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { load } from 'tandem-vision';

const picture = readFileSync('one/picture.png');
const rows: Float32Array[] = [];
for (const from of ['runs/killed', 'exported']) {
  using model = await load(from);
  rows.push(await model.embed(picture));
}
assert.deepEqual(rows[1], rows[0]);
console.log(`one buffer, ${rows[0]?.length} numbers`);
