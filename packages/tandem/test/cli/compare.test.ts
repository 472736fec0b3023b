import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { healthy, runFolder } from '../report/making.js';
import { tandem, temporary } from './running.js';

const root = temporary({ after });
const ending = (knnStudent: number) => healthy().map((one) => ({ ...one, knnStudent, knnTeacher: 0.5 }));
const a = runFolder(join(root, 'a'), { metrics: ending(0.6) });
const b = runFolder(join(root, 'b'), { metrics: ending(0.7), config: { seed: 1 } });
const c = runFolder(join(root, 'c'), { metrics: ending(0.8), config: { lr: 0.2 } });
const other = runFolder(join(root, 'other'), { config: { images: 'a|b, "c"' } });

test('a table for the terminal', async (t) => {
  const { code, stdout, stderr } = await tandem(t, 'compare', a, b, c);
  assert.deepEqual([code, stderr], [0, '']);
  const [title, ...lines] = stdout.trimEnd().split('\n');
  assert.match(title ?? '', /^pictures, 32 pixels\./);
  assert.deepEqual(lines, [
    'The same in all: method clbo, steps 60, images seen 600, time 48s',
    'settings  seeds  k-NN student  k-NN teacher',
    'lr=0.06   2      65.00 ± 5.00  50.00 ± 0.00',
    'lr=0.2    1      80.00         50.00',
  ]);
});

test('the encoder that a run keeps has a column of its own, also in JSON', async (t) => {
  const [one, two] = ['student', 'teacher'].map((kept) => {
    const folder = runFolder(join(temporary(t), kept), {
      metrics: ending(0.6),
      config: { lr: kept === 'student' ? 1 : 2 },
    });
    mkdirSync(join(folder, 'encoder'), { recursive: true });
    for (const name of ['student', 'teacher']) writeFileSync(join(folder, 'encoder', `${name}.safetensors`), name);
    writeFileSync(join(folder, 'encoder', 'encoder.safetensors'), kept);
    return folder;
  }) as [string, string];
  const { tables } = JSON.parse((await tandem(t, 'compare', one, two, '--json')).stdout);
  const rows = tables[0].rows as { kept: string; accuracies: Record<string, { mean: number }> }[];
  assert.deepEqual(
    rows.map(({ kept, accuracies }) => [kept, accuracies['k-NN kept']?.mean]),
    [
      ['student', 0.6],
      ['teacher', 0.5],
    ],
  );
  assert.match((await tandem(t, 'compare', one, two)).stdout, /settings {2}k-NN kept {2}k-NN student/);
});

test('in a terminal of 80 columns no line is longer, and each block says which row is which', async (t) => {
  const long = (i: number) => ({
    lr: i,
    weightDecay: 1e-6 * i,
    projHidden: 2048 + i,
    warmup: i / 8,
    momentum: 0.1 * i,
  });
  const runs = [1, 2].map((i) =>
    runFolder(join(temporary(t), `long-${i}`), { metrics: ending(i / 4), config: long(i) }),
  );
  const { columns } = process.stdout;
  t.after(() => {
    process.stdout.columns = columns;
  });
  process.stdout.columns = 80;
  const { stdout } = await tandem(t, 'compare', ...runs);
  const lines = stdout.split('\n');
  assert.ok(
    lines.every((line) => line.length <= 80),
    stdout,
  );
  assert.ok(stdout.includes('25.00') && stdout.includes('50.00') && lines.length > 8, stdout);
  process.stdout.columns = 36;
  const narrow = (await tandem(t, 'compare', ...runs)).stdout;
  assert.ok(
    narrow.split('\n').every((line) => line.length <= 36),
    narrow,
  );
  assert.equal(narrow.match(/^settings/gm)?.length, 2, 'a second block');
});

test('Markdown, with bars escaped, and a table for each protocol', async (t) => {
  const { stdout, stderr } = await tandem(t, 'compare', a, other, '--markdown');
  const rows = stdout.split('\n').filter((line) => line.startsWith('|'));
  assert.deepEqual(rows.slice(0, 3), [
    '| method | seeds | k-NN student | k-NN teacher | steps | images seen | time |',
    '| ------ | ----- | ------------ | ------------ | ----- | ----------- | ---- |',
    '| clbo   | 1     | 60.00        | 50.00        | 60    | 600         | 48s  |',
  ]);
  assert.equal(rows.length, 6);
  assert.match(stderr, /do not compare across tables/);
});

test('CSV, one table with full numbers, quoted where it must be', async (t) => {
  const { stdout } = await tandem(t, 'compare', a, b, other, '--csv');
  const [head, first, second, ...more] = stdout.trimEnd().split('\n');
  assert.match(
    head ?? '',
    /^images,limit,size,method,seeds,epochs,epochs asked,k-NN student,k-NN student standard error,/,
  );
  assert.match(first ?? '', /^pictures,,32,clbo,0 1,6,6,0\.6(5|49999\d+),0\.0(5|49999\d+),2,0\.5,0,2,60,600,48,0,2,/);
  assert.match(second ?? '', /^"a\|b, ""c""",,32,clbo,0,6,6,0\.75,,1,/);
  assert.equal(more.length, 0);
});

test('JSON, with remarks inside and nothing on stderr', async (t) => {
  const { stdout, stderr } = await tandem(t, 'compare', a, other, '--json');
  const { tables, remarks } = JSON.parse(stdout);
  assert.deepEqual(
    tables.map(({ protocol }: { protocol: { images: string } }) => protocol.images),
    ['pictures', 'a|b, "c"'],
  );
  assert.equal(tables[0].rows[0].accuracies['k-NN student'].mean, 0.6);
  assert.match(remarks[0], /do not compare across tables/);
  assert.equal(stderr, '');
});

test('one run is shown alone, with a warning', async (t) => {
  const { code, stdout, stderr } = await tandem(t, 'compare', a);
  assert.equal(code, 0);
  assert.equal(stdout.trimEnd().split('\n').length, 3);
  assert.match(stderr, /^One run only/);
});

test('a run without metrics is shown without numbers, with a warning', async (t) => {
  const empty = runFolder(join(temporary(t), 'empty'), { metrics: [] });
  rmSync(join(empty, 'metrics.jsonl'));
  const { code, stdout, stderr } = await tandem(t, 'compare', a, empty);
  assert.equal(code, 0);
  assert.match(stdout, /0\/6/);
  assert.match(stderr, /empty: no epoch is over yet/);
});

test('wrong usage and folders that are no runs end with one line', async (t) => {
  for (const [argv, code, message] of [
    [[], 2, /missing required argument 'runs'/],
    [[a, a], 2, /a is given twice/],
    [[a, '--csv', '--json'], 2, /^tandem: one of --csv and --json, not both\n$/],
    [[a, root], 1, /no config\.json in it, so it is no run folder/],
    [[a, join(root, 'nowhere')], 1, /nowhere: there is no such run folder/],
  ] as const) {
    const found = await tandem(t, 'compare', ...argv);
    assert.deepEqual([found.code, found.stdout], [code, '']);
    assert.match(found.stderr, message);
  }
});
