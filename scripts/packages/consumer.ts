// What someone writes who has installed the packages: type-checked with all strictness, and run, in
// a project that knows nothing of the checkout.

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { ones, scope } from 'tandem-torch';
import { load, type PretrainEvent, pretrain, use } from 'tandem-vision';
import { dim, mine, spread } from './mine.js';

for (const name of ['tandem-vision', 'tandem-torch']) {
  const file = import.meta.resolve(name);
  assert.ok(file.startsWith(new URL('node_modules/', import.meta.url).href), `${name} comes from ${file}`);
}

assert.equal(
  scope(() => ones([2, 3]).sum().item()),
  6,
);

await use(dim);
const kinds: PretrainEvent['kind'][] = [];
const { run, metrics, interrupted } = await pretrain({
  data: mine,
  method: spread,
  views: { steps: 'dim:most=0.3' },
  ...{ epochs: 1, batch: 32, backbone: 'resnet8', width: 4, stem: 'strided' },
  out: 'runs/from-code',
  onEvent: (event) => void kinds.push(event.kind),
});
assert.ok(!interrupted && metrics !== undefined && Number.isFinite(metrics.loss));
assert.ok(kinds.includes('epoch') && kinds.at(-1) === 'end', kinds.join(' '));

const model = await load(run);
const [first, again] = await Promise.all([
  model.embed(readFileSync('one/picture.png')),
  model.embed('one/picture.png', { normalize: true }),
]);
assert.equal(first.length, model.width);
assert.ok(Math.abs(Math.hypot(...again) - 1) < 1e-5);
model.dispose();
console.log(`one picture, ${first.length} numbers`);
