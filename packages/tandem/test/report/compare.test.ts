import assert from 'node:assert/strict';
import test from 'node:test';
import { statisticOf } from '../../src/report/compare.js';
import { compareRuns } from '../../src/report/index.js';
import type { Evaluation } from '../../src/runs/index.js';
import { healthy, type Making, record } from './making.js';

const run = (path: string, config: object, rest: Making = {}) => record({ ...rest, config }, path);

/** A healthy run that ends with this accuracy of its student. */
const ending = (knnStudent: number) => ({ metrics: healthy().map((one) => ({ ...one, knnStudent })) });

const linear = (accuracy: number, settings: object = { epochs: 10 }): Evaluation => ({
  command: 'linear',
  protocol: 'linear (features)',
  settings: { ...settings },
  images: 'pictures',
  encoder: 'teacher',
  epoch: 6,
  result: { accuracy },
  date: '2026-01-01T00:00:00.000Z',
});

test("a run of an earlier version stands in one row with today's, though its words are others", () => {
  const { tables } = compareRuns([
    run('old', { epochMode: 'E2', teacherBn: 'B1', seed: 0 }),
    run('new', { epochMode: 'one-pass', teacherBn: 'own', seed: 1 }),
    run('other', { epochMode: 'E1a', teacherBn: 'own', seed: 0 }),
  ]);
  assert.deepEqual(
    tables[0]?.rows.map(({ runs, settings }) => ({ runs, settings })),
    [
      { runs: ['old', 'new'], settings: { epochMode: 'one-pass' } },
      { runs: ['other'], settings: { epochMode: 'k-passes' } },
    ],
  );
});

test('mean and standard error', () => {
  // Of 2, 4, 9: mean 5, deviation sqrt((9 + 1 + 16) / 2) = sqrt(13), over sqrt(3).
  const found = statisticOf([2, undefined, 4, 9]);
  assert.equal(found?.mean, 5);
  assert.ok(Math.abs((found?.standardError ?? 0) - Math.sqrt(13 / 3)) < 1e-12);
  assert.deepEqual(found?.values, [2, 4, 9]);
  assert.deepEqual(statisticOf([3]), { mean: 3, values: [3] });
  assert.equal(statisticOf([undefined]), undefined);
});

test('runs that differ only in seed are one row, and the settings that differ are named', () => {
  const { tables, remarks } = compareRuns([
    run('a', { seed: 0 }, ending(0.6)),
    run('b', { seed: 0, lr: 0.2 }, ending(0.9)),
    run('c', { seed: 1, knnEvery: 5, dataRoot: '/data' }, ending(0.7)),
  ]);
  assert.deepEqual(remarks, []);
  const [table, ...more] = tables;
  assert.equal(more.length, 0);
  assert.deepEqual(table?.protocol, { images: 'pictures', limit: undefined, size: 32 });
  assert.deepEqual(table?.columns, ['k-NN student', 'k-NN teacher']);
  assert.deepEqual(
    table?.rows.map(({ runs, seeds, settings }) => ({ runs, seeds, settings })),
    [
      { runs: ['a', 'c'], seeds: [0, 1], settings: { lr: 0.06 } },
      { runs: ['b'], seeds: [0], settings: { lr: 0.2 } },
    ],
  );
  const [both, one] = table?.rows ?? [];
  const close = (x: number | undefined, y: number) =>
    assert.ok(Math.abs((x ?? Number.NaN) - y) < 1e-12, `${x}, not ${y}`);
  close(both?.accuracies['k-NN student']?.mean, 0.65);
  close(both?.accuracies['k-NN student']?.standardError, 0.05);
  assert.equal(one?.accuracies['k-NN student']?.standardError, undefined);
  assert.deepEqual([both?.steps, both?.imagesSeen, both?.seconds?.mean, both?.epochs], [60, 600, 48, 6]);
});

test('a setting that only one method has is named where its own runs differ in it', () => {
  const simclr = { method: 'simclr', temperature: 0.5 };
  const names = (...configs: object[]) => {
    const [table] = compareRuns(configs.map((config, i) => run(`r${i}`, config))).tables;
    return Object.keys(table?.rows[0]?.settings ?? {});
  };
  assert.deepEqual(names({ lookahead: 2 }, simclr), []);
  assert.deepEqual(names({ lookahead: 2 }, { lookahead: 3 }, simclr), ['lookahead']);
  assert.deepEqual(names({ temperature: 0.1 }, simclr), ['temperature']);
  assert.deepEqual(names({}, { features: 64 }), ['features']);
});

for (const [what, config] of [
  ['images', { images: 'others' }],
  ['limit', { limit: 100 }],
  ['size', { size: 64 }],
] as const) {
  test(`another ${what} is another table, with a warning`, () => {
    const { tables, remarks } = compareRuns([run('a', {}), run('b', { ...config, seed: 1 })]);
    assert.deepEqual(
      tables.map(({ rows }) => rows.map(({ runs }) => runs)),
      [[['a']], [['b']]],
    );
    assert.match(remarks[0] ?? '', /do not compare across tables/);
  });
}

test('evaluations with the same settings share a column, others have their own, with a warning', () => {
  const { tables, remarks } = compareRuns([
    run('a', { seed: 0 }, { evaluations: [linear(0.1), linear(0.6)] }),
    run('b', { seed: 1 }, { evaluations: [linear(0.8)] }),
    run('c', { lr: 0.2 }, { evaluations: [linear(0.9, { epochs: 100 })] }),
  ]);
  const [first, second] = tables[0]?.rows ?? [];
  const [ten, hundred] = ['linear (features) epochs=10 teacher', 'linear (features) epochs=100 teacher'] as const;
  assert.deepEqual(tables[0]?.columns.slice(2), [ten, hundred]);
  assert.deepEqual(first?.accuracies[ten]?.values, [0.6, 0.8]); // the latest of equal ones
  assert.equal(first?.accuracies[hundred], undefined);
  assert.deepEqual(second?.accuracies[hundred]?.values, [0.9]);
  assert.equal(second?.accuracies[ten], undefined);
  assert.deepEqual(remarks, [
    'linear (features) was measured in 2 ways that cannot be compared (epochs differ): each has a column of its own.',
  ]);
});

test('the same images count as the same, however their path is spelled', () => {
  const on = (path: string, images: string, seed: number, tandem: object) =>
    run(path, { images, seed, tandem }, { evaluations: [{ ...linear(0.5), images, place: '/data/pictures' }] });
  const spelled = (...of: [images: string, tandem: object][]) =>
    compareRuns(of.map(([images, tandem], i) => on(`r${i}`, images, i, tandem)));
  const here = { folder: '/data' };
  const { tables, remarks } = spelled(['pictures', here], ['./pictures', here], ['/data/pictures', { folder: '/' }]);
  assert.deepEqual(
    tables.map(({ rows }) => rows.map(({ seeds }) => seeds)),
    [[[0, 1, 2]]],
  );
  assert.deepEqual([remarks, tables[0]?.columns.at(-1)], [[], 'linear (features) teacher']);
  const [same, other] = ['a', 'b'].map((sha256) => ({ ...here, images: { sha256 } })) as [object, object];
  assert.equal(spelled(['pictures', same], ['copied', same]).tables.length, 1);
  assert.equal(spelled(['pictures', same], ['pictures', other]).tables.length, 2);
});

test('several seeds of one evaluation count as their mean, and other encoders apart', () => {
  const evaluations = [
    linear(0.5, { seed: 0 }),
    linear(0.7, { seed: 1 }),
    { ...linear(0.3), settings: {}, encoder: 'student' },
  ];
  const [table] = compareRuns([run('a', {}, { evaluations }), run('b', { lr: 1 })]).tables;
  assert.deepEqual(table?.columns.slice(2), ['linear (features) student', 'linear (features) teacher']);
  const mean = table?.rows[0]?.accuracies['linear (features) teacher']?.mean;
  assert.ok(Math.abs((mean ?? 0) - 0.6) < 1e-12);
});

test('an evaluation of an earlier epoch is left out, with a warning', () => {
  const { tables, remarks } = compareRuns([
    run('a', {}, { evaluations: [{ ...linear(0.5), epoch: 3 }] }),
    run('b', { lr: 1 }),
  ]);
  assert.deepEqual(tables[0]?.columns, ['k-NN student', 'k-NN teacher']);
  assert.deepEqual(remarks, ['a: linear (features) of epoch 3 is left out, the run is at epoch 6.']);
});

test('runs that stopped early are rows of their own, and are reported', () => {
  const { tables, remarks } = compareRuns([
    run('a', { seed: 0 }),
    run('b', { seed: 1 }, { metrics: healthy(3) }),
    run('c', { seed: 2 }, { metrics: [] }),
  ]);
  assert.deepEqual(
    tables[0]?.rows.map(({ epochs, epochsAsked, runs }) => [epochs, epochsAsked, runs]),
    [
      [6, 6, ['a']],
      [3, 6, ['b']],
      [0, 6, ['c']],
    ],
  );
  assert.deepEqual(remarks, ['b: stopped after 3 of 6 epochs.', 'c: no epoch is over yet, so there are no numbers.']);
});

test('what makes a comparison doubtful is reported', () => {
  assert.deepEqual(compareRuns([run('a', {})]).remarks, ['One run only: give more run folders to compare it with.']);
  assert.deepEqual(compareRuns([run('a', {}), run('b', {})]).remarks, [
    'a and 1 more: the same seed twice; the standard error is too small for that.',
  ]);
  const newer = { seed: 1, tandem: { version: '0.2.0' } };
  assert.deepEqual(compareRuns([run('a', {}), run('b', newer)]).remarks, [
    'The runs are of different versions of Tandem: 0.1.0, 0.2.0.',
  ]);
  assert.throws(() => compareRuns([run('a', {}), run('./a', {})]), { name: 'UsageError', message: /given twice/ });
});
