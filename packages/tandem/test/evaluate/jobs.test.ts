import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { scope } from 'tandem-torch';
import { knnSplit } from '../../src/evaluate/index.js';
import {
  accuracy,
  embedImages,
  encoderView,
  exportEncoder,
  features,
  type ImageSet,
  knn,
  loadEncoder,
  measureKnn,
  measureLinear,
  openImages,
} from '../../src/index.js';
import { card, encoderFile, pictures, temporary } from '../cli/running.js';

// What the commands do, called from TypeScript.

const root = temporary({ after });
const images = join(root, 'pictures');
const encoder = encoderFile(join(root, 'encoder.safetensors'));

before(async () => {
  await pictures(images, 300);
  writeFileSync(join(images, 'blue', '0000x.png'), 'no picture');
});

/** Says what a job reports, one after another. */
function listening() {
  const notes: string[] = [];
  const progress: [done: number, total: number | undefined, what: string][] = [];
  return {
    notes,
    progress,
    onNote: (line: string) => void notes.push(line),
    onProgress: (...report: (typeof progress)[number]) => void progress.push(report),
  };
}

test('measureKnn gives the accuracy of knn on the features, and reports what it does', async () => {
  const heard = listening();
  const { records, reference, queries } = await measureKnn({ encoder, images, k: 3, limit: 60 }, heard);
  const split = knnSplit(await openImages(images, { size: 16, margin: 8 / 7, limit: 60 }));
  assert.ok(split);
  const { encoder: network } = loadEncoder(encoder);
  const view = encoderView(card);
  const embed = (set: ImageSet) => features(network, set, { view, device: 'cpu' });
  const expected = scope(() => {
    const predicted = knn(embed(split.reference), split.reference.labels, embed(split.queries), { k: 3 });
    return accuracy(predicted, split.queries.labels);
  });
  network.dispose();
  assert.deepEqual(
    records.map(({ protocol, settings, result, file }) => [protocol, settings.k, result.accuracy, file]),
    [['k-NN', 3, expected, encoder]],
  );
  assert.deepEqual([reference, queries], [split.reference.count, split.queries.count]);
  assert.ok(heard.notes.some((line) => line.startsWith('1 image could not be read, skipped: blue/0000x.png')));
  assert.ok(
    heard.progress.some(([done, total, what]) => done === reference && total === done && what === 'reference set'),
  );
});

test('what a job is asked wrongly is an error of the user', async () => {
  await assert.rejects(measureKnn({ encoder, images, k: 10_000 }), {
    name: 'UsageError',
    message: /^--k must be at most/,
  });
  await assert.rejects(measureLinear({ encoder, images, protocol: 'features', lr: [1] }), { name: 'UsageError' });
  await assert.rejects(measureKnn({ encoder: join(root, 'none'), images }), { name: 'UserError' });
  await assert.rejects(measureKnn({ encoder, images, which: 'student' }), { name: 'UsageError' });
  await assert.rejects(embedImages({ encoder, images, out: join(root, 'x.csv') }), { name: 'UsageError' });
});

test('embedImages stops at its signal, and the same call resumes to the same bytes', async () => {
  const [cut, whole] = [join(root, 'cut.npy'), join(root, 'whole.npy')];
  const stopping = new AbortController();
  const why = new Error('enough');
  const first = embedImages(
    { encoder, images, out: cut },
    { signal: stopping.signal, onProgress: (done, total) => total === 601 && done < total && stopping.abort(why) },
  );
  await assert.rejects(first, why);
  assert.ok(!existsSync(cut) && existsSync(`${cut}.partial`));
  const heard = listening();
  const made = await embedImages({ encoder, images, out: cut }, heard);
  assert.deepEqual([made.images, made.width, made.skipped.length, made.files.length], [600, 16, 1, 2]);
  assert.ok(
    heard.notes.some((line) => /^resuming after \d+ of 601 images$/.test(line)),
    heard.notes.join(),
  );
  await embedImages({ encoder, images, out: whole });
  assert.deepEqual(readFileSync(cut), readFileSync(whole));
  await assert.rejects(embedImages({ encoder, images, out: cut }), { message: /cut\.npy exists already/ });
});

test('exportEncoder stops at its signal and leaves nothing', async () => {
  const out = join(root, 'exported');
  const stopping = new AbortController();
  const onProgress = (_: number, __: number | undefined, what: string) => what === 'calibrating' && stopping.abort();
  await assert.rejects(exportEncoder({ encoder, images, out, limit: 20 }, { signal: stopping.signal, onProgress }));
  assert.equal(existsSync(out), false);
  const { files, quantized } = await exportEncoder({ encoder, out, quantized: false });
  assert.ok(files.includes('onnx/model.onnx') && files.every((file) => existsSync(join(out, file))));
  assert.equal(quantized, 'it was left out by --no-quantized');
});
