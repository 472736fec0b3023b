import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { stream } from '../../src/random.js';
import { pictures, start, tandem, temporary, writeJson } from '../cli/running.js';

const root = temporary({ after });
const file = join(root, 'mine.json');
const scale = join(root, 'little.json');

before(async () => {
  await pictures(join(root, 'pictures'), 24, ['blue', 'red', 'green']);
  writeJson(join(root, 'base.json'), { images: join(root, 'pictures'), epochs: 4, keepEvery: 2 });
  writeJson(file, {
    title: 'A study of mine',
    about: 'Does the pull help?',
    rows: {
      pull: 'base.json',
      none: { config: 'base.json', with: { prox: false } },
      'as the first': { config: 'base.json', with: { prox: true } },
    },
    measures: {
      'k-NN': { by: 'knn' },
      linear: { by: 'linear' },
      'student over epochs': { by: 'linear', encoder: 'student', over: 'epochs' },
    },
    figures: [
      { kind: 'curves', measure: 'student over epochs' },
      { kind: 'bars', measure: 'linear' },
    ],
    claims: [
      {
        id: 'P',
        says: 'The pull helps.',
        comparisons: [{ of: { row: 'pull', measure: 'linear' }, against: ['none'] }],
      },
    ],
  });
  writeJson(scale, {
    about: 'seconds',
    seeds: 2,
    settings: { batch: 12, size: 16, projHidden: 8, projDim: 8, stem: 'strided' },
    networks: { resnet18: { backbone: 'resnet8', width: 4 } },
    linear: { protocol: 'features', epochs: 3 },
    reports: false,
  });
});

const line = (out: string, ...more: string[]) => ['study', file, '--scale', scale, '--out', out, ...more];

/** What came out, without what every run has of its own. */
function results(out: string): Record<string, unknown>[] {
  return JSON.parse(readFileSync(join(out, 'mine', 'results.json'), 'utf8'));
}

test('a study from nothing: runs that rows share are one, and table, figures, page and verdict are written', async () => {
  const out = join(root, 'whole');
  const { code, stdout, stderr } = await start(line(out)).ended;
  assert.equal(code, 0, stderr);
  const runs = readdirSync(join(out, 'runs')).filter((name) => !name.includes('.'));
  assert.equal(runs.length, 4, 'three rows, two of them one, with two seeds');
  assert.match(stdout, /\| pull \|/);
  const [study] = results(out);
  assert.deepEqual([study?.missing, study?.failures, study?.impossible], [0, [], []]);
  const rows = study?.rows as { name: string; values: { measure: string; values: number[] }[] }[];
  assert.deepEqual(rows[0]?.values, rows[2]?.values);
  // The numbers are those of the runs' own files.
  const last = (run: string) =>
    JSON.parse(
      readFileSync(join(out, 'runs', run, 'metrics.jsonl'), 'utf8')
        .split('\n')
        .at(-2) ?? '',
    );
  const knn = runs.map((run) => last(run).knnTeacher);
  for (const { values } of rows) for (const x of values[0]?.values ?? []) assert.ok(knn.includes(x));
  const curve = readFileSync(join(out, 'mine', 'mine-1.csv'), 'utf8').split('\n');
  assert.deepEqual(
    curve.filter((text) => text.startsWith(',pull')).map((text) => text.split(',')[2]),
    ['2', '4'],
  );
  for (const name of ['mine-1.svg', 'mine-2.png', 'mine-table.csv', 'study.html']) {
    assert.ok(existsSync(join(out, 'mine', name)), name);
  }
  assert.match(readFileSync(join(out, 'mine', 'study.html'), 'utf8'), /decides nothing about the paper/);
});

test('killed again and again and begun again, it comes to the same numbers', async () => {
  const out = join(root, 'killed');
  const random = stream(7);
  for (let i = 0; i < 3; i++) {
    const child = start(line(out));
    await setTimeout(1500 + random.below(3000));
    child.process.kill('SIGKILL');
    await child.ended;
  }
  const { code, stderr } = await start(line(out)).ended;
  assert.equal(code, 0, stderr);
  assert.deepEqual(results(out), results(join(root, 'whole')));
});

test('what is done is not done again, and results alone train nothing', async (t) => {
  const out = join(root, 'whole');
  const times = () => readdirSync(join(out, 'runs'), { recursive: true, encoding: 'utf8' }).sort();
  const before = times();
  const { code, stderr } = await tandem(t, ...line(out, '--results-only'));
  assert.equal(code, 0, stderr);
  assert.deepEqual(times(), before);
  const dry = await tandem(t, ...line(out, '--dry-run', '--json'));
  assert.equal(JSON.parse(dry.stdout).all.done, 4);
});

test('the time elsewhere is told by the rate that was measured there', async (t) => {
  const out = join(root, 'nowhere');
  const dry = async (...more: string[]) => tandem(t, ...line(out, '--dry-run', ...more));
  const { all, rate } = JSON.parse((await dry('--on', 'gpu=5000', 'laptop=.5', '--json')).stdout);
  assert.ok(rate.macsPerSecond > 0 && all.macs > 0);
  assert.deepEqual(all.elsewhere, { gpu: all.macs / 5e12, laptop: all.macs / 5e8 });
  assert.equal(all.seconds, all.macs / rate.macsPerSecond);
  const words = await dry('--on', 'gpu=5000');
  assert.match(
    words.stdout,
    /time left +gpu +claims[\s\S]* at [\d.,]+ G multiply-adds a second, by passes of the costliest/,
  );
  assert.equal(existsSync(out), false);
  for (const wrong of ['gpu', 'gpu=fast', 'gpu=0', '=3']) {
    const { code, stderr } = await dry('--on', wrong);
    assert.deepEqual([code, stderr.includes('--on must be name=rate')], [2, true], wrong);
  }
});

test('a run that fails is tried twice and told, and the others are done; it is tried again later', async () => {
  const out = join(root, 'failing');
  const bad = join(root, 'bad.json');
  const study = JSON.parse(readFileSync(file, 'utf8'));
  const gone = { config: 'base.json', with: { images: join(root, 'not-there-yet') } };
  writeJson(bad, { ...study, rows: { ...study.rows, gone } });
  const again = () => start(['study', bad, '--scale', scale, '--out', out, '--seeds', '1']).ended;
  const { code, stderr } = await again();
  assert.equal(code, 1);
  assert.match(stderr, /tried once more: .*not-there-yet: no such folder/);
  assert.match(stderr, /1 of 3 runs failed twice/);
  const [found] = JSON.parse(readFileSync(join(out, 'bad', 'results.json'), 'utf8'));
  assert.deepEqual(
    found.failures.map((one: { uses: string }) => one.uses),
    ['gone'],
  );
  await pictures(join(root, 'not-there-yet'), 24, ['blue', 'red', 'green']);
  const healed = await again();
  assert.equal(healed.code, 0, healed.stderr);
});

test('a run whose lock a living process holds is left to it', async () => {
  const out = join(root, 'shared');
  const [one, other] = [start(line(out, '--seeds', '1')), start(line(out, '--seeds', '1'))];
  const ends = await Promise.all([one.ended, other.ended]);
  for (const { code, stderr } of ends) assert.equal(code, 0, stderr);
  for (const run of readdirSync(join(out, 'runs')).filter((name) => !name.includes('.'))) {
    const lines = readFileSync(join(out, 'runs', run, 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n');
    assert.equal(lines.length, 4, 'each epoch once');
  }
});
