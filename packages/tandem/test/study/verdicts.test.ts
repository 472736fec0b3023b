import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { studySchema } from '../../src/study/definition.js';
import { readScale } from '../../src/study/index.js';
import { outcomesOf } from '../../src/study/outcome/outcome.js';
import type { Verdict } from '../../src/study/outcome/verdicts.js';
import { folderOf, planStudies } from '../../src/study/plan.js';
import { temporary, writeJson } from '../cli/running.js';
import { assertClose } from '../support.js';

const root = temporary({ after });
writeJson(join(root, 'base.json'), { images: 'cifar10', epochs: 2 });

type Numbers = Readonly<Record<string, readonly number[]>>;

/** The verdict on a claim about rows with these k-NN accuracies, one a seed. */
let made = 0;
function verdictOn(comparisons: readonly object[], rows: Numbers, over: object = {}): Verdict {
  const folder = join(root, String(made++));
  const study = studySchema.parse({
    title: 'a',
    about: 'b',
    rows: Object.fromEntries(
      Object.keys(rows).map((row, i) => [row, { config: 'base.json', with: { lr: (i + 1) / 100 } }]),
    ),
    measures: { 'k-NN': { by: 'knn' } },
    claims: [{ id: 'C', says: 'so', comparisons }],
    ...over,
  });
  const plan = planStudies([{ ...study, name: 's', file: join(root, 's.json') }], readScale('full'));
  for (const { row, runs } of plan.studies[0]?.cells ?? []) {
    for (const run of runs) {
      const accuracy = rows[row]?.[run.seed];
      if (accuracy === undefined) continue;
      const path = folderOf(folder, run);
      mkdirSync(join(path, 'encoder'), { recursive: true });
      writeJson(join(path, 'config.json'), {});
      writeJson(join(path, 'trained.json'), {});
      writeFileSync(join(path, 'metrics.jsonl'), `${JSON.stringify({ epoch: 2, step: 8, knnStudent: accuracy })}\n`);
    }
  }
  return outcomesOf(plan, folder)[0]?.verdicts[0] as Verdict;
}

const best = [{ of: { row: 'A', measure: 'k-NN' }, against: 'others' }];

test('far above every other row in each seed: confirmed, with the nearest row and its numbers', () => {
  const found = verdictOn(best, { A: [0.6, 0.62, 0.61], B: [0.3, 0.321, 0.31], C: [0.5, 0.521, 0.509] });
  assert.equal(found.verdict, 'confirmed');
  assert.match(found.reason, /A \(k-NN\) less C, .* is \+10\.00 ± 0\.06 points over 3 seeds \(p = /);
});

test('a difference within noise decides nothing, in either direction', () => {
  assert.equal(verdictOn(best, { A: [0.6, 0.5, 0.55], B: [0.55, 0.52, 0.5] }).verdict, 'not decided');
  assert.equal(verdictOn(best, { A: [0.55, 0.52, 0.5], B: [0.6, 0.5, 0.55] }).verdict, 'not decided');
});

test('clearly below one row: refuted, whatever the others', () => {
  const found = verdictOn(best, { A: [0.4, 0.42, 0.41], B: [0.6, 0.621, 0.612], C: [0.2, 0.221, 0.209] });
  assert.equal(found.verdict, 'refuted');
  assert.match(found.reason, /A \(k-NN\) less B/);
});

test('pairs count: seeds differ more than rows, and still the row that is always ahead is ahead', () => {
  const found = verdictOn(best, { A: [0.3, 0.5, 0.7], B: [0.29, 0.489, 0.6905] });
  assert.equal(found.verdict, 'confirmed');
});

test('what one comparison alone would confirm, many do not: Holm', () => {
  const near = [0.6, 0.62, 0.61];
  const less = [0.585, 0.612, 0.59];
  assert.equal(verdictOn(best, { A: near, B: less }).verdict, 'confirmed');
  const many = Object.fromEntries([...'BCDEFGH'].map((name) => [name, less]));
  const claims = Object.keys(many).map((name) => ({ of: { row: 'A', measure: 'k-NN' }, against: [name] }));
  assert.equal(verdictOn(claims, { A: near, ...many }).verdict, 'not decided');
});

test('one seed decides nothing, and missing runs are named', () => {
  assert.match(verdictOn(best, { A: [0.9], B: [0.1] }).reason, /Fewer than two seeds/);
  const found = verdictOn(best, { A: [0.9, 0.91, 0.92], B: [0.1, 0.11, 0.12], C: [] });
  assert.equal(found.verdict, 'not decided');
  assert.match(found.reason, /1 of 2 comparisons have fewer than two seeds/);
});

test('a range: within it confirmed, outside refuted, at its edge not decided', () => {
  const within = [{ of: { row: 'A', measure: 'k-NN' }, against: ['B'], least: -0.01, most: 0.01 }];
  assert.equal(verdictOn(within, { A: [0.5, 0.51, 0.52], B: [0.5, 0.511, 0.52] }).verdict, 'confirmed');
  assert.equal(verdictOn(within, { A: [0.55, 0.56, 0.57], B: [0.5, 0.511, 0.52] }).verdict, 'refuted');
  assert.equal(verdictOn(within, { A: [0.5, 0.53, 0.52], B: [0.5, 0.511, 0.52] }).verdict, 'not decided');
});

test('a number: below 20 %', () => {
  const below = [{ of: { row: 'A', measure: 'k-NN' }, against: 0.2, most: 0 }];
  assert.equal(verdictOn(below, { A: [0.1, 0.11, 0.1] }).verdict, 'confirmed');
  assert.equal(verdictOn(below, { A: [0.4, 0.41, 0.4] }).verdict, 'refuted');
});

test('a gain over another row is compared seed by seed', () => {
  const gain = [
    {
      of: { row: 'A', minus: 'B', measure: 'k-NN' },
      against: [{ row: 'C', minus: 'D', measure: 'k-NN' }],
    },
  ];
  const found = verdictOn(gain, { A: [0.5, 0.6], B: [0.4, 0.5], C: [0.31, 0.41], D: [0.3, 0.4] });
  assertClose(found.comparisons[0]?.differences ?? [], [0.09, 0.09], { atol: 1e-12 });
});
