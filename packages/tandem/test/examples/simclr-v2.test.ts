import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { pictures, temporary } from '../cli/running.js';

const script = fileURLToPath(new URL('../../../../../examples/simclr-v2/dist/pipeline.js', import.meta.url));
const root = temporary({ after });

test('the pipeline of SimCLR v2 runs, and called again does only what is missing', async () => {
  const images = await pictures(join(root, 'pictures'), 50);
  const folder = join(root, 'runs');
  const call = () => {
    const env = { ...process.env, TANDEM_THREADS: '1', OMP_NUM_THREADS: '1' };
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, images, folder, '--quick'], {
      env,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    return { stdout, begun: stderr.split('\n').filter((line) => /^[a-z]+(-\w+)?$/.test(line)) };
  };
  const first = call();
  assert.deepEqual(first.begun, ['pretrained', 'scratch', 'tuned-0', 'tuned-1', 'self-distilled', 'distilled']);
  const table = [...first.stdout.matchAll(/^(.*\S) +([\d.]+) %$/gm)];
  assert.deepEqual(
    table.map(([, what]) => what),
    [
      'supervised, from scratch',
      'fine-tuned from the features',
      'fine-tuned from the first layer of the head',
      'distilled into a new network of that size',
      'distilled from there into a smaller one',
    ],
  );
  const config = JSON.parse(readFileSync(join(folder, 'distilled', 'config.json'), 'utf8'));
  assert.deepEqual([config.teacher, config.backbone], [join(folder, 'self-distilled'), 'resnet8']);
  rmSync(join(folder, 'distilled'), { recursive: true });
  const again = call();
  assert.deepEqual([again.begun, again.stdout], [['distilled'], first.stdout]);
});
