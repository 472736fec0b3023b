import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { loadEncoder } from '../../src/weights/index.js';
import { needs, sharedData } from '../images/making.js';
import { metricsOf, tandem, temporary } from './running.js';

const photographs = 'caltech-101-part.tar';
const small = ['--method', 'byol', 'backbone=resnet10', 'width=4', 'projHidden=16', 'projDim=16'];

for (const size of [96, 224]) {
  test(`photographs of many shapes train at ${size} pixels`, needs(photographs), async (t) => {
    const out = join(temporary(t), 'run');
    const few = ['--limit', '16', '--batch', '8', '--epochs', '1', `size=${size}`];
    const { code, stderr } = await tandem(t, 'pretrain', join(sharedData, photographs), ...small, ...few, '--out', out);
    assert.equal(code, 0, stderr);
    const side = Math.ceil((size * 8) / 7);
    assert.ok(stderr.includes(`16 images of 3x${side}x${side}`), stderr);
    assert.match(stderr, /, 2 steps, run folder /);
    const [metrics, ...more] = metricsOf(out);
    assert.deepEqual([metrics?.imagesSeen, more.length], [16, 0]);
    for (const name of ['loss', 'embeddingStd']) {
      assert.ok(Number.isFinite(metrics?.[name]) && metrics?.[name] !== 0, `${name} ${metrics?.[name]}`);
    }
    const file = (name: string) => join(out, 'encoder', `${name}.safetensors`);
    assert.notDeepEqual(readFileSync(file('student')), readFileSync(file('teacher')), 'a step was taken');
    const { encoder, card } = loadEncoder(file('encoder'));
    assert.equal(card.size, size);
    encoder.dispose();
  });
}
