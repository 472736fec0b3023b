import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { flattenConfig } from '../../src/pretrain/index.js';
import { experimentsFolder } from '../../src/study/find.js';
import { costOf } from '../../src/study/forecast.js';
import { allStudies, planStudies, readScale, readStudy, studiesNamed } from '../../src/study/index.js';
import { writeJson } from '../cli/running.js';
import { temporary } from '../support.js';

const scales = ['tiny', 'small', 'full'].map(readScale);

describe('the studies that come with Tandem', () => {
  for (const scale of scales) {
    test(`every cell of every study can be run at scale ${scale.name}`, () => {
      const { studies, runs } = planStudies(allStudies(), scale);
      for (const { study, impossible } of studies) assert.deepEqual(impossible, [], study.name);
      assert.equal(new Set(runs.map(({ id }) => id)).size, runs.length);
      for (const { id, config } of runs) assert.equal(config.execution.precision, 'float32', id);
      for (const run of runs) for (const need of Object.values(run.needs)) assert.ok(runs.includes(need));
      const order = new Map(runs.map((run, i) => [run, i]));
      const isAfter = runs.every((run, i) => Object.values(run.needs).every((need) => (order.get(need) ?? i) < i));
      assert.ok(isAfter, 'a run stands after those that it needs');
    });
  }

  test('every claim of the CLBO paper is judged by one of them, and so are the controls', () => {
    const ids = studiesNamed('clbo').flatMap(({ claims }) => claims.map(({ id }) => id.split(',')[0]));
    for (let c = 1; c <= 17; c++) assert.ok(ids.includes(`C${c}`), `C${c}`);
    for (const id of ['X1', 'X3']) assert.ok(ids.includes(id), id);
    const names = studiesNamed('clbo').map(({ name }) => name);
    const tables = [1, 2, 3, 4].map((i) => `table${i}`);
    const figures = [2, 3, 4, 5, 6, 7, 8, 9].map((i) => `figure${i}`);
    for (const name of [...tables, ...figures, 'open-choices']) assert.ok(names.includes(name), name);
  });

  test('runs that tables and figures share are one run', () => {
    const [full] = scales.filter(({ name }) => name === 'full');
    assert.ok(full);
    const clbo = planStudies(studiesNamed('clbo'), full, { seeds: 1 });
    const [of] = clbo.runs.filter(({ uses }) => uses.includes('table3 CLBO, cifar10'));
    for (const use of ['table4 6 CLBO', 'figure5 CLBO', 'figure6 CLBO', 'figure7 CLBO, 256', 'figure9 CLBO, 512']) {
      assert.ok(of?.uses.includes(use), use);
    }
  });

  test('at full scale a run has the settings of its configuration, and the control twice the epochs', () => {
    const [full] = scales.filter(({ name }) => name === 'full');
    assert.ok(full);
    const { studies } = planStudies(studiesNamed('control'), full, { seeds: 1 });
    const epochs = Object.fromEntries(
      (studies[0]?.cells ?? []).map(({ row, runs }) => [row, flattenConfig(runs[0]?.config as never).epochs]),
    );
    assert.equal(epochs['CLBO, K = 2'], 800);
    assert.equal(epochs['SimCLR, twice the epochs'], 1600);
    const steps = Object.fromEntries(
      (studies[0]?.cells ?? []).map(({ row, runs }) => [row, costOf(runs[0] as never).steps]),
    );
    assert.equal(steps['CLBO, K = 2'], 195 * 2 * 800);
    assert.equal(steps['CLBO, K = 2'], steps['BYOL, twice the epochs']);
    assert.equal(steps['CLBO, K = 2, one pass'], steps.MoCo);
  });
});

describe('studies of users', () => {
  test('what is wrong with a study is said in one line that names file, place and the nearest name', (t) => {
    const folder = temporary(t);
    const base = { title: 'a', about: 'b', rows: { one: 'one.json' }, measures: { 'k-NN': { by: 'knn' } } };
    const fails = (changes: object, message: RegExp) =>
      assert.throws(() => readStudy(writeJson(join(folder, 'study.json'), { ...base, ...changes })), message);
    fails({ titel: 1 }, /study\.json is no study: it: Unrecognized key: "titel"/);
    fails({ measures: { a: { by: 'knm' } } }, /measures\.a\.by/);
    fails({ figures: [{ kind: 'bars', measure: 'k-nn' }] }, /there is no measure 'k-nn'. Did you mean 'k-NN'\?/);
    const claim = { id: 'C', says: 'd', comparisons: [{ of: { row: 'ome', measure: 'k-NN' }, against: 'others' }] };
    fails({ claims: [claim] }, /there is no row 'ome'. Did you mean 'one'\?/);
    assert.throws(() => studiesNamed('contrl'), /there is no study 'contrl'.*Did you mean 'control'\?/);
    assert.throws(() => readScale('smal'), /Did you mean 'small'\?/);
    assert.ok(experimentsFolder().endsWith('experiments'));
  });
});
