// What someone writes who has installed the packages: type-checked with all strictness, and run, in
// a project that knows nothing of the checkout.

import { strict as assert } from 'node:assert';
import { ones, scope } from 'tandem-torch';
import {
  encoderView,
  features,
  findEncoder,
  loadEncoder,
  openImages,
  type PretrainEvent,
  pretrain,
  resolveConfig,
} from 'tandem-vision';

assert.equal(
  scope(() => ones([2, 3]).sum().item()),
  6,
);

const config = resolveConfig({
  images: './pictures',
  epochs: 1,
  batch: 32,
  backbone: 'resnet8',
  width: 4,
  stem: 'strided',
});
const kinds: PretrainEvent['kind'][] = [];
for await (const event of pretrain(config, { out: 'runs/from-code' })) {
  kinds.push(event.kind);
  if (event.kind === 'epoch') assert.ok(Number.isFinite(event.metrics.loss));
}
assert.ok(kinds.includes('epoch') && kinds.at(-1) === 'end', kinds.join(' '));

const { encoder, card } = loadEncoder(findEncoder('runs/from-code'));
const { train } = await openImages('./one', { size: card.size });
const [count, width] = scope(() => features(encoder, train, { view: encoderView(card), device: 'cpu' }).shape);
assert.deepEqual([count, width], [1, encoder.featureWidth]);
console.log(`one picture, ${width} numbers`);
