import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { metricsOf, pictures, tandem, temporary } from './running.js';

const root = temporary({ after });
const images = join(root, 'pictures');
const small = ['backbone=resnet10', 'stem=strided', 'projHidden=16', 'projDim=16'];

before(async () => {
  await pictures(images, 40);
});

test('--budget: what it chose is told, stands in config.json, and needs no budget again', async (t) => {
  const out = join(root, 'run');
  const words = ['pretrain', images, ...small, '--epochs', '1', 'width=4', '--budget', '1h', '--out', out];
  const { code, stderr } = await tandem(t, ...words);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^chosen for this time: width=4 size=32 epochs=1 batch=64$/m);
  assert.match(stderr, /^forecast: a step \d+\w+, an epoch .*, all /m);
  const { batch, epochs, width, size } = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'));
  assert.deepEqual({ batch, epochs, width, size }, { batch: 64, epochs: 1, width: 4, size: 32 });

  const again = join(root, 'again');
  const repeated = await tandem(t, 'pretrain', '--config', join(out, 'config.json'), '--out', again);
  assert.equal(repeated.code, 0, repeated.stderr);
  assert.match(repeated.stderr, /^forecast: a step /m);
  const numbers = (run: string) => metricsOf(run).map(({ loss, knnStudent }) => [loss, knnStudent]);
  assert.deepEqual(numbers(again), numbers(out));
});

test('--dry-run with --budget shows what would be chosen, as JSON too, and writes nothing', async (t) => {
  const out = join(root, 'dry');
  const words = [images, ...small, 'width=4', '--epochs', '2', '--budget', '90s', '--dry-run', '--out', out, '--json'];
  const { code, stdout, stderr } = await tandem(t, 'pretrain', ...words);
  assert.equal(code, 0, stderr);
  const { config, time } = JSON.parse(stdout);
  assert.deepEqual([config.width, config.epochs, config.batch], [4, 2, 64]);
  assert.deepEqual(Object.keys(time), ['step', 'evaluation', 'epoch', 'all', 'timedBatch']);
});

for (const [time, message] of [
  ['soon', /--budget must be a time such as 90s, 20m or 2h, got soon$/m],
  ['0m', /--budget must be a time such as 90s, 20m or 2h, got 0m$/m],
  ['20', /--budget must be a time such as 90s, 20m or 2h, got 20$/m],
] as const) {
  test(`--budget ${time} is no time`, async (t) => {
    const { code, stderr } = await tandem(t, 'pretrain', images, '--budget', time);
    assert.equal(code, 2);
    assert.match(stderr, message);
  });
}
