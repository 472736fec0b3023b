import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { parquetReadObjects } from 'hyparquet';
import Papa from 'papaparse';
import { noGrad, scope } from 'tandem-torch';
import { load } from '../../src/load/index.js';
import { loadEncoder, loadHead, saveEncoder } from '../../src/weights/index.js';
import { ort } from '../export/exporting.js';
import { pictures, tandem, temporary, tiny } from './running.js';

const root = temporary({ after });
const images = join(root, 'pictures');
const run = join(root, 'run');
const linear = ['--epochs', '20', '--batch', '16'];
const json = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8'));

interface Predictions {
  classes: string[];
  result: { images: number; labelled: number; accuracy: number; ece: number };
  predictions: { file: string; class?: string; predictions: { label: string; probability: number }[] }[];
}

before(async (t) => {
  await pictures(images, 40);
  const trained = await tandem(t as never, 'pretrain', images, '--epochs', '1', '--batch', '20', '--out', run, ...tiny);
  assert.equal(trained.code, 0, trained.stderr);
});

test('without a classifier, the command that trains one is named', async (t) => {
  const { code, stdout, stderr } = await tandem(t, 'predict', run, images);
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(stderr, /^tandem: .*run: has no classifier; train one by: .*linear .*run <images>, or fine-tune it$/m);
});

test('linear keeps its classifier, and predict, classify and three files say the same', async (t) => {
  const made = await tandem(t, 'linear', run, images, ...linear, '--json');
  assert.equal(made.code, 0, made.stderr);
  const { result } = JSON.parse(made.stdout);
  const saved = loadHead(join(run, 'encoder', 'teacher-linear.safetensors'));
  assert.deepEqual(
    [saved.classes, saved.head.shape.widths],
    [
      ['blue', 'red'],
      [32, 2],
    ],
  );
  assert.equal(saved.temperature, result.temperature);
  saved.head.dispose();

  const asked = await tandem(t, 'predict', run, images, '--json');
  assert.equal(asked.code, 0, asked.stderr);
  const found: Predictions = JSON.parse(asked.stdout);
  assert.deepEqual([found.classes, found.result.images, found.result.labelled], [['blue', 'red'], 80, 80]);
  assert.ok(found.result.accuracy > 0.75, `two plain colours: ${found.result.accuracy}`);
  for (const { predictions } of found.predictions) {
    assert.equal(predictions.length, 2);
    const sum = predictions.reduce((all, { probability }) => all + probability, 0);
    assert.ok(Math.abs(sum - 1) < 1e-9 && (predictions[0]?.probability ?? 0) >= 0.5);
  }

  using model = await load(run);
  assert.deepEqual(model.classes, found.classes);
  const paths = found.predictions.map(({ file }) => join(images, file));
  assert.deepEqual(
    await model.classify(paths),
    found.predictions.map(({ predictions }) => predictions),
  );
  assert.deepEqual(await model.classify(paths[0] as string, { top: 1 }), found.predictions[0]?.predictions.slice(0, 1));

  const [csv, parquet] = [join(root, 'p.csv'), join(root, 'p.parquet')];
  assert.equal((await tandem(t, 'predict', run, images, '--csv', csv, '--top', '1')).code, 0);
  assert.equal((await tandem(t, 'predict', run, images, '--parquet', parquet)).code, 0);
  const rows = Papa.parse<Record<string, string>>(readFileSync(csv, 'utf8').trimEnd(), { header: true }).data;
  assert.deepEqual(Object.keys(rows[0] ?? {}), ['file', 'class', 'predicted', 'probability']);
  const bytes = readFileSync(parquet);
  const table = await parquetReadObjects({ file: new Uint8Array(bytes).buffer });
  assert.deepEqual(Object.keys(table[0] ?? {}), [
    ...['file', 'class', 'predicted', 'probability', 'predicted_2', 'probability_2'],
  ]);
  for (const [i, { file, class: own, predictions }] of found.predictions.entries()) {
    assert.deepEqual([rows[i]?.file, rows[i]?.class, rows[i]?.predicted], [file, own, predictions[0]?.label]);
    assert.ok(Math.abs(Number(rows[i]?.probability) - (predictions[0]?.probability ?? 0)) < 1e-6);
    assert.deepEqual(
      [table[i]?.predicted, table[i]?.predicted_2],
      predictions.map(({ label }) => label),
    );
  }
  const again = await tandem(t, 'predict', run, images, '--csv', csv);
  assert.match(again.stderr, /p\.csv exists already and is never overwritten/);
});

// transformers.js takes the ONNX Runtime that it finds under this name.
(globalThis as Record<symbol, unknown>)[Symbol.for('onnxruntime')] = {
  InferenceSession: ort.InferenceSession,
  Tensor: ort.Tensor,
};

test("an exported folder classifies: ours, ONNX Runtime's in all precisions, and transformers.js's pipeline", async (t) => {
  const made = await tandem(t, 'export', run, '--out', join(root, 'exported'), '--json');
  assert.equal(made.code, 0, made.stderr);
  const { files, classes } = JSON.parse(made.stdout);
  assert.deepEqual(classes, ['blue', 'red']);
  assert.ok(files.includes('classifier.safetensors'));
  const config = json(root, 'exported', 'config.json');
  assert.deepEqual(
    [config.architectures, config.id2label, config.label2id],
    [['ResNetForImageClassification'], { 0: 'blue', 1: 'red' }, { blue: 0, red: 1 }],
  );
  assert.match(readFileSync(join(root, 'exported', 'README.md'), 'utf8'), /pipeline_tag: image-classification/);
  const paths = ['blue/0000.png', 'red/0003.png', 'red/0007.png'].map((file) => join(images, file));
  using model = await load(run);
  using exported = await load(join(root, 'exported'));
  const own = await model.classify(paths);
  assert.deepEqual(await exported.classify(paths), own);

  const { env, pipeline } = await import('@huggingface/transformers');
  env.localModelPath = root;
  env.allowRemoteModels = false;
  for (const [dtype, apart] of [
    ['fp32', 1e-3],
    ['fp16', 5e-3],
    ['q8', 0.2],
  ] as const) {
    const classify = await pipeline('image-classification', 'exported', { dtype, device: 'auto' });
    const theirs = (await classify(paths)) as unknown as { label: string; score: number }[][];
    for (const [i, guesses] of theirs.entries()) {
      const score = guesses.find(({ label }) => label === own[i]?.[0]?.label)?.score ?? 0;
      assert.ok(Math.abs(score - (own[i]?.[0]?.probability ?? 0)) < apart, `${dtype} ${paths[i]}: ${score}`);
    }
    await classify.dispose();
  }
  const without = await tandem(t, 'export', run, '--out', join(root, 'bare'), '--classifier', 'none', '--no-quantized');
  assert.equal(without.code, 0, without.stderr);
  assert.deepEqual(json(root, 'bare', 'config.json').architectures, ['ResNetModel']);
});

test('a classifier of an encoder since changed is refused; export leaves it out, and says so', async (t) => {
  const file = join(run, 'encoder', 'encoder.safetensors');
  const { encoder, card } = loadEncoder(file);
  scope(() => noGrad(() => encoder.parameters()[0]?.mul_(1.5)));
  for (const name of ['encoder', 'teacher']) saveEncoder(join(run, 'encoder', `${name}.safetensors`), encoder, card);
  encoder.dispose();
  const { code, stderr } = await tandem(t, 'predict', run, images);
  assert.equal(code, 1);
  assert.match(stderr, /teacher-linear\.safetensors: is of this encoder as it was before; train one anew by: /);
  const made = await tandem(t, 'export', run, '--out', join(root, 'late'), '--no-quantized');
  assert.equal(made.code, 0);
  assert.match(made.stderr, /without the classifier: .*as it was before/);
  assert.ok(!existsSync(join(root, 'late', 'classifier.safetensors')));
});

test('a fine-tuned run has a classifier of its own, with more than two layers too', async (t) => {
  const tuned = join(root, 'tuned');
  const argv = ['finetune', run, images, '--labels', '50%', '--epochs', '3', '--batch', '16', '--from-head-layer', '1'];
  assert.equal((await tandem(t, ...argv, '--out', tuned)).code, 0);
  const { code, stdout, stderr } = await tandem(t, 'predict', tuned, images, '--json');
  assert.equal(code, 0, stderr);
  const found: Predictions = JSON.parse(stdout);
  const out = join(root, 'tuned-exported');
  assert.equal((await tandem(t, 'export', tuned, '--out', out, '--no-quantized')).code, 0);
  const session = await ort.InferenceSession.create(join(out, 'onnx', 'model.onnx') as never, { logSeverityLevel: 3 });
  assert.deepEqual(session.outputNames, ['last_hidden_state', 'pooler_output', 'logits']);
  await session.release();
  const { env, pipeline } = await import('@huggingface/transformers');
  env.localModelPath = root;
  const classify = await pipeline('image-classification', 'tuned-exported', { dtype: 'fp32', device: 'auto' });
  const [first] = found.predictions;
  const [best] = (await classify(join(images, first?.file ?? ''))) as unknown as { label: string; score: number }[];
  assert.equal(best?.label, first?.predictions[0]?.label);
  assert.ok(Math.abs((best?.score ?? 0) - (first?.predictions[0]?.probability ?? 0)) < 1e-3);
  await classify.dispose();
});

for (const [what, argv, message] of [
  ['two files', ['--csv', 'a.csv', '--parquet', 'a.parquet'], /give --csv or --parquet, not both/],
  ['another ending', ['--csv', 'a.txt'], /--csv must end in \.csv, got a\.txt/],
  ['no classes', ['--top', '0'], /--top must be a whole number of at least 1/],
  ['an unknown classifier', ['--classifier', 'liner'], /--classifier must be own, linear.*Did you mean 'linear'\?/],
  ['a classifier of its own', ['--classifier', 'own'], /has no classifier of its own; train one by/],
] as const) {
  test(`wrong: ${what}`, async (t) => {
    const { code, stdout, stderr } = await tandem(t, 'predict', run, images, ...argv);
    assert.deepEqual([code === 0, stdout], [false, '']);
    assert.match(stderr.trimEnd(), message);
  });
}

test('a damaged classifier is named', async (t) => {
  const file = join(run, 'encoder', 'teacher-linear.safetensors');
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.subarray(0, bytes.length - 5));
  const { code, stderr } = await tandem(t, 'predict', run, images);
  assert.equal(code, 1);
  assert.match(stderr, /teacher-linear\.safetensors/);
  rmSync(file);
});
