import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { measureKnn } from '../../src/evaluate/index.js';
import { openImages } from '../../src/images/index.js';
import { measureBaselines, readBaselines } from '../../src/report/baselines.js';
import { encoderFile, pictures, temporary } from '../cli/running.js';

const root = temporary({ after });

test('baselines are those of tandem knn, kept in the run, and left out where they would take long', async () => {
  const images = await pictures(join(root, 'pictures'), 20);
  const encoder = encoderFile(join(root, 'encoder.safetensors'));
  const data = await openImages(images, { size: 16 });
  assert.equal(readBaselines(root), undefined);
  const found = measureBaselines(root, encoder, data, false, { device: 'cpu' });
  const { baselines } = await measureKnn({ encoder, images, k: 1, baselines: true });
  assert.deepEqual(found, { pixels: baselines?.[0]?.accuracy, untrained: baselines?.[1]?.accuracy });
  assert.deepEqual(JSON.parse(readFileSync(join(root, 'baselines.json'), 'utf8')), found);
  assert.deepEqual(readBaselines(root), found);
  const many = { ...data, queries: data.queries && { ...data.queries, count: 1e9 } };
  assert.equal(measureBaselines(root, encoder, many as typeof data, false, { device: 'cpu' }), undefined);
  const { reference: _, ...unlabelled } = data;
  assert.equal(measureBaselines(root, encoder, unlabelled, true, { device: 'cpu' }), undefined);
});
