import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { pretrain, resolveConfig, resume } from '../../src/pretrain/index.js';
import { keptEncoder, openEncoders } from '../../src/runs/index.js';
import { metricsOf, pictures, temporary } from '../cli/running.js';
import { whatCameOut } from '../faults/runs.js';

const root = temporary({ after });
const images = join(root, 'pictures');
before(() => pictures(images, 30).then(() => {}));

/** @param until the step after which it is interrupted */
async function run(name: string, more: object, until = Number.POSITIVE_INFINITY): Promise<string> {
  const out = join(root, name);
  const controller = new AbortController();
  const network = { backbone: 'resnet8', width: 4, stem: 'strided', size: 16, projHidden: 8, projDim: 8 };
  const config = resolveConfig({ images, ...network, batch: 12, epochs: 3, lr: 0.1, ...more });
  for await (const event of pretrain(config, { out, signal: controller.signal })) {
    if (event.kind === 'step' && event.step === until) controller.abort();
  }
  return out;
}

const bytes = (out: string, file: string) => readFileSync(join(out, 'encoder', `${file}.safetensors`));

for (const method of ['simclr', 'byol']) {
  test(`averageWeights with ${method}: the average is measured and kept; a cut run resumes to the same bits`, async () => {
    const whole = await run(`${method}-whole`, { method, averageWeights: 0.9, keepEvery: 2, keepBest: 'knn' });
    assert.ok(bytes(whole, 'encoder').equals(bytes(whole, 'average')));
    assert.ok(!bytes(whole, 'average').equals(bytes(whole, 'student')));
    assert.ok(existsSync(join(whole, 'encoder', 'average-epoch2.safetensors')));
    assert.equal(keptEncoder(whole), 'average');
    const opened = openEncoders(whole).map(({ name, kept, encoder }) => {
      encoder.dispose();
      return `${name} ${kept}`;
    });
    assert.deepEqual(opened.sort(), ['average true', 'student false', ...(method === 'byol' ? ['teacher false'] : [])]);
    const metrics = metricsOf(whole);
    for (const { knnAverage } of metrics) assert.ok(typeof knnAverage === 'number' && knnAverage > 0);

    const cut = await run(`${method}-cut`, { method, averageWeights: 0.9, keepEvery: 2, keepBest: 'knn' }, 4);
    for await (const _ of resume(cut)) {
    }
    assert.deepEqual(whatCameOut(cut), whatCameOut(whole));
    for (const file of ['average', 'best', 'head']) assert.ok(bytes(cut, file).equals(bytes(whole, file)), file);

    // What learns is what it was without.
    const without = await run(`${method}-without`, { method });
    assert.ok(bytes(without, 'student').equals(bytes(whole, 'student')));
    assert.ok(!existsSync(join(without, 'encoder', 'average.safetensors')));
    const common = (out: string) => metricsOf(out).map(({ loss, knnStudent, lr }) => ({ loss, knnStudent, lr }));
    assert.deepEqual(common(without), common(whole));
  });
}
