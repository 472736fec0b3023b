import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { methods } from '../../src/methods/index.js';
import { loadEncoder } from '../../src/weights/index.js';
import { pictures, temporary } from '../cli/running.js';
import { elements } from '../support.js';

const folder = fileURLToPath(new URL('../../../../../examples/methods', import.meta.url));
const root = temporary({ after });
const at = (name: string) => join(root, name);
const images = at('pictures');

/** What an example is given beside pictures and the place of its encoder. Teachers come first. */
const given: Readonly<Record<string, (out: string) => string[]>> = {
  simclr: (out) => [out],
  supervised: (out) => [out, at('head.safetensors')],
  seed: (out) => [at('simclr.safetensors'), out],
  'feature-matching': (out) => [at('simclr.safetensors'), out],
  s2bnn: (out) => [at('simclr.safetensors'), out],
  'simclr-v2': (out) => [at('supervised.safetensors'), at('head.safetensors'), out],
};
const others: Readonly<Record<string, string>> = { s2bnn: 'react-resnet8', dinov2: 'vit-micro' };
const names = [...new Set([...Object.keys(given), ...Object.keys(methods)])];

describe('an example of every method', () => {
  before(() => pictures(images, 40));

  for (const name of names) {
    test(`${name}: pictures in, an encoder out`, () => {
      const out = at(`${name}.safetensors`);
      const words = given[name]?.(out) ?? [out];
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [join(folder, 'dist', `${name}.js`), images, ...words, '2'],
        { env: { ...process.env, OMP_NUM_THREADS: '1' }, encoding: 'utf8' },
      );
      assert.equal(status, 0, stderr);
      const losses = [...stdout.matchAll(/^epoch \d: loss (.*)$/gm)].map(([, loss]) => Number(loss));
      assert.equal(losses.length, 2);
      assert.ok(losses.every(Number.isFinite) && losses[0] !== losses[1], stdout);
      const { encoder, card } = loadEncoder(out);
      assert.equal(card.architecture.backbone, others[name] ?? 'resnet8');
      // 0 in a network that has seen nothing.
      const { 'bn1.running_mean': means, 'norm.bias': shifts } = encoder.stateDict();
      assert.ok(elements((means ?? shifts) as never).some((value) => value !== 0));
      encoder.dispose();
    });
  }

  test('is one file a method, and fits a page', () => {
    const files = readdirSync(folder).filter((file) => file.endsWith('.ts') && file !== 'shared.ts');
    assert.deepEqual(
      files.sort(),
      Object.keys(methods)
        .map((name) => `${name}.ts`)
        .sort(),
    );
    for (const file of files) assert.ok(readFileSync(join(folder, file), 'utf8').split('\n').length < 45, file);
  });
});
