import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { readRun } from '../../src/runs/index.js';
import { healthy, runFolder } from '../report/making.js';
import { temporary } from '../support.js';

test('a run is read with all its files', (t) => {
  const path = runFolder(join(temporary(t), 'a'), { skipped: [{ file: 'b.png', reason: 'cut' }] });
  const run = readRun(path);
  assert.deepEqual([run.name, run.config.lr, run.skipped[0]?.file], ['a', 0.06, 'b.png']);
  assert.deepEqual(run.metrics, healthy());
  assert.deepEqual(run.evaluations, []);
});

test('a last line that was being written does not count', (t) => {
  const path = runFolder(join(temporary(t), 'a'));
  appendFileSync(join(path, 'metrics.jsonl'), '{"epoch":7,"lo');
  assert.equal(readRun(path).metrics.length, 6);
});

test('a run without metrics has none', (t) => {
  const path = runFolder(join(temporary(t), 'a'));
  rmSync(join(path, 'metrics.jsonl'));
  assert.deepEqual(readRun(path).metrics, []);
});

const bad: [what: string, make: (folder: string) => string, message: RegExp][] = [
  ['nothing there', (folder) => join(folder, 'no'), /no: there is no such run folder$/],
  [
    'a file',
    (folder) => {
      writeFileSync(join(folder, 'f'), '');
      return join(folder, 'f');
    },
    /f: a file; give the folder of a run$/,
  ],
  [
    'another folder',
    (folder) => {
      mkdirSync(join(folder, 'pictures'));
      return join(folder, 'pictures');
    },
    /pictures: no config\.json in it, so it is no run folder of tandem pretrain$/,
  ],
  [
    'a damaged configuration',
    (folder) => {
      writeFileSync(join(runFolder(join(folder, 'a')), 'config.json'), '{"lr": 0.');
      return join(folder, 'a');
    },
    /a\/config\.json is damaged: it is not a JSON object$/,
  ],
  [
    'a damaged line in the middle',
    (folder) => {
      appendFileSync(join(runFolder(join(folder, 'a')), 'metrics.jsonl'), '[1]\n{"epoch":8}\n');
      return join(folder, 'a');
    },
    /a\/metrics\.jsonl:7 is damaged: it is not a JSON object; take that line out to use the others$/,
  ],
  [
    'a line that is no evaluation',
    (folder) => {
      writeFileSync(join(runFolder(join(folder, 'a')), 'evaluations.jsonl'), '{"command":"knn"}\n');
      return join(folder, 'a');
    },
    /a\/evaluations\.jsonl:1 is damaged: it is not an evaluation$/,
  ],
];

for (const [what, make, message] of bad) {
  test(`refused: ${what}`, (t) => {
    assert.throws(() => readRun(make(temporary(t))), { name: 'UserError', message });
  });
}
