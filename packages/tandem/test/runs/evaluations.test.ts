import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test from 'node:test';
import { keepScatter, readEvaluations, readScatter, recordEvaluation } from '../../src/runs/index.js';
import { runFolder } from '../report/making.js';
import { temporary } from '../support.js';

const knn = { command: 'knn', protocol: 'k-NN', settings: { k: 1 }, images: 'pictures', result: { accuracy: 0.5 } };

/** A run whose kept encoder is the teacher. */
function withEncoders(path: string): string {
  runFolder(path);
  for (const [name, bytes] of Object.entries({ student: 'S', teacher: 'T', encoder: 'T' })) {
    writeFileSync(join(path, 'encoder', `${name}.safetensors`), bytes);
  }
  return path;
}

test('evaluations of a run and of its encoders are kept in order, with whose encoder and which epoch', (t) => {
  const run = withEncoders(join(temporary(t), 'run'));
  const file = join(run, 'evaluations.jsonl');
  assert.equal(recordEvaluation(run, knn), file);
  for (const name of ['student', 'teacher', 'encoder']) {
    assert.equal(recordEvaluation(join(run, 'encoder', `${name}.safetensors`), knn), file);
  }
  const all = readEvaluations(run);
  assert.deepEqual(
    all.map(({ encoder }) => encoder),
    ['teacher', 'student', 'teacher', 'teacher'],
  );
  assert.deepEqual(
    all.map(({ epoch }) => epoch),
    [6, 6, 6, 6],
  );
  const { date, encoder: _e, epoch: _n, place, ...rest } = all[0] as (typeof all)[number];
  assert.deepEqual([rest, place], [knn, resolve('pictures')]);
  assert.ok(Math.abs(Date.parse(date) - Date.now()) < 60_000);
});

test('the kept encoder is known by its bytes', (t) => {
  const run = withEncoders(join(temporary(t), 'run'));
  for (const bytes of ['S', 'T', 'another']) {
    writeFileSync(join(run, 'encoder', 'encoder.safetensors'), bytes);
    recordEvaluation(run, knn);
  }
  assert.deepEqual(
    readEvaluations(run).map(({ encoder }) => encoder),
    ['student', 'teacher', 'encoder'],
  );
});

test('what belongs to no run is kept nowhere', (t) => {
  const folder = temporary(t);
  const file = join(folder, 'resnet18.safetensors');
  writeFileSync(file, '');
  assert.equal(recordEvaluation(file, knn), undefined);
  assert.equal(recordEvaluation(folder, knn), undefined);
  assert.equal(keepScatter(file, { points: [[0, 0]], numbers: {} }), undefined);
  assert.equal(existsSync(join(folder, 'evaluations.jsonl')), false);
});

test('after a torn line the next one stands by itself', (t) => {
  const run = withEncoders(join(temporary(t), 'run'));
  recordEvaluation(run, knn);
  appendFileSync(join(run, 'evaluations.jsonl'), '{"command":"kn');
  assert.equal(readEvaluations(run).length, 1);
  recordEvaluation(run, { ...knn, settings: { k: 2 } });
  assert.deepEqual(
    readEvaluations(run).map(({ settings }) => settings.k),
    [1, 2],
  );
});

test('a layout is kept whole and read again; a damaged one is named', (t) => {
  const run = withEncoders(join(temporary(t), 'run'));
  assert.equal(readScatter(run), undefined);
  const scatter = { points: [[1, 2] as [number, number]], labels: [0], classNames: ['a'], numbers: { kl: 1.5 } };
  assert.equal(keepScatter(join(run, 'encoder', 'student.safetensors'), scatter), join(run, 'tsne.json'));
  assert.deepEqual(readScatter(run), scatter);
  writeFileSync(join(run, 'tsne.json'), readFileSync(join(run, 'tsne.json'), 'utf8').slice(0, 20));
  assert.throws(() => readScatter(run), /tsne\.json is damaged; `tandem tsne` makes it anew/);
});
