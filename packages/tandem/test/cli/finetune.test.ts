import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { manualSeed } from 'tandem-torch';
import { buildEncoder } from '../../src/networks/index.js';
import { loadHead, saveEncoder } from '../../src/weights/index.js';
import { metricsOf, pictures, tandem, temporary } from './running.js';

const root = temporary({ after });
const images = join(root, 'pictures');
const encoder = join(root, 'encoder.safetensors');

before(async () => {
  manualSeed(0);
  const architecture = { backbone: 'resnet8', width: 4, stem: 'strided', channels: 3 } as const;
  saveEncoder(encoder, buildEncoder(architecture), {
    architecture,
    size: 32,
    mean: [0.5, 0.5, 0.5],
    std: [0.25, 0.25, 0.25],
  });
  await pictures(images, 50);
});

test('a fine-tuned encoder and its classifier in a folder of their own; the encoder it came from stays', async (t) => {
  const before = readFileSync(encoder);
  const out = join(root, 'tuned');
  const argv = ['finetune', encoder, images, '--labels', '20%', '--epochs', '15', '--batch', '6', '--out', out];
  const { code, stdout, stderr } = await tandem(t, ...argv, '--json');
  assert.equal(code, 0, stderr);
  const { protocol, settings, accuracy, result, run } = JSON.parse(stdout);
  assert.deepEqual([protocol, run], ['fine-tune', out]);
  assert.deepEqual([settings.labels, settings.labelled, settings.bank, settings.queries], [0.2, 18, 90, 10]);
  assert.equal(accuracy, result.accuracy);
  assert.ok(accuracy >= 0.8, `two plain colours should be told apart: ${accuracy}`);
  assert.deepEqual(readFileSync(encoder), before);
  assert.notDeepEqual(readFileSync(join(out, 'encoder', 'encoder.safetensors')), before);
  const { head, classes } = loadHead(join(out, 'encoder', 'head.safetensors'));
  assert.deepEqual(
    [head.shape.widths, classes],
    [
      [16, 2],
      ['blue', 'red'],
    ],
  );
  assert.deepEqual(JSON.parse(readFileSync(join(out, 'result.json'), 'utf8')), result);
  const metrics = metricsOf(out);
  assert.equal(metrics.length, 15);
  assert.ok(Number(metrics.at(-1)?.loss) < Number(metrics[0]?.loss));
  assert.equal(metrics.at(-1)?.top1, accuracy);
  assert.equal(JSON.parse(readFileSync(join(out, 'config.json'), 'utf8')).labels, 0.2);
  assert.equal((await tandem(t, 'knn', out, images)).code, 0, 'it is measured like any other');
  const again = await tandem(t, ...argv);
  assert.equal(again.code, 1);
  assert.match(again.stderr, /tuned exists already and is never overwritten/);
});

for (const [argv, exit, message] of [
  [[], 2, /required option '--labels <share>' not specified/],
  [['--labels', '10'], 2, /--labels must be a share above 0 % and up to 100 %, such as 10%, got 10/],
  [['--labels', '0%'], 2, /--labels must be a share/],
  [['--labels', '101%'], 2, /--labels must be a share/],
  [['--labels', '10%', '--encoder', 'both'], 2, /one encoder is fine-tuned/],
  [
    ['--labels', '100%', '--epochs', '3', '--batch', '8', '--lr', '1e30'],
    1,
    /the loss became (NaN|Infinity|-?\d+) at step \d+|a gradient is not finite/,
  ],
] as const) {
  test(`wrong: ${argv.join(' ') || 'no labels'}`, async (t) => {
    const out = join(root, 'wrong');
    const { code, stdout, stderr } = await tandem(t, 'finetune', encoder, images, ...argv, '--out', out);
    assert.deepEqual([code, stdout], [exit, '']);
    assert.match(stderr, message);
    assert.ok(!existsSync(join(out, 'encoder', 'encoder.safetensors')), 'nothing is taken for a result');
  });
}
