import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { withReport } from '../../src/report/index.js';
import { pictures, start, tandem, temporary, tiny } from './running.js';

const root = temporary({ after });
const images = join(root, 'pictures');
const run = join(root, 'run');
const fast = [...tiny, '--batch', '20', '--epochs', '2'];
const page = (folder: string) => readFileSync(join(folder, 'report.html'), 'utf8');
const drawn = (folder: string) => [...page(folder).matchAll(/<img src="data:image\/png;base64,/g)].length;

before(async () => {
  await pictures(images, 30);
});

test('pretraining ends with a report, and `report` makes it again with the same pictures', async (t) => {
  const { code, stderr } = await tandem(t, 'pretrain', images, ...fast, '--out', run);
  assert.equal(code, 0, stderr);
  assert.ok(stderr.includes(`report: ${run}/report.html\ndone: ${run}\n`), stderr);
  assert.equal(drawn(run), 6 * 6); // all six queries with five neighbours each
  const withoutDate = (text: string) => text.replace(/Made by .* UTC/, '');
  const first = withoutDate(page(run));
  rmSync(join(run, 'report.html'));
  const again = await tandem(t, 'report', run, '--json');
  assert.deepEqual(JSON.parse(again.stdout), { run, report: join(run, 'report.html') });
  assert.equal(withoutDate(page(run)), first);
  assert.equal((await tandem(t, 'report', run)).stdout, `${run}/report.html\n`);
  assert.deepEqual(
    readdirSync(run).filter((name) => name.includes('part')),
    [],
  );
});

test('images that have moved are asked for, and the report that there is stays', async (t) => {
  const folder = temporary(t);
  const moved = join(folder, 'moved');
  cpSync(run, moved, { recursive: true });
  const config = JSON.parse(readFileSync(join(run, 'config.json'), 'utf8'));
  writeFileSync(join(moved, 'config.json'), JSON.stringify({ ...config, images: join(folder, 'gone') }));
  const before = page(moved);
  const { code, stderr } = await tandem(t, 'report', moved);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /gone: no such folder or archive\..* Give --images <images> where they are, or --no-pictures\n$/,
  );
  assert.equal(page(moved), before);
  assert.equal((await tandem(t, 'report', moved, '--images', images)).code, 0);
  assert.equal(drawn(moved), 36);
  assert.equal((await tandem(t, 'report', moved, '--no-pictures')).code, 0);
  assert.equal(drawn(moved), 0);
});

test('an interrupted run has a report of what there is, without pictures', async (t) => {
  const out = join(temporary(t), 'run');
  const child = start(['pretrain', images, ...tiny, '--batch', '20', '--epochs', '100000', '--out', out]);
  await child.says('epoch 1/');
  child.process.kill('SIGINT');
  const { code, stderr } = await child.ended;
  assert.equal(code, 130, stderr);
  assert.match(page(out), /The run is not finished: \d+ of 100000 epochs are done/);
  assert.equal(drawn(out), 0);
});

test('a run that fails has a report of its epochs', async (t) => {
  const out = join(temporary(t), 'run');
  const line = ['--batch', '20', '--epochs', '40', 'epochMode=one-pass', 'lambda0=1000', '--out', out];
  const { code, stderr } = await tandem(t, 'pretrain', images, ...tiny, ...line);
  assert.equal(code, 1, stderr);
  assert.match(page(out), /The run is not finished/);
});

test('a report that cannot be written fails no run', async (t) => {
  const damaged = join(temporary(t), 'run');
  cpSync(run, damaged, { recursive: true });
  rmSync(join(damaged, 'report.html'));
  writeFileSync(join(damaged, 'skipped.jsonl'), 'no JSON\n');
  const notes: string[] = [];
  const end = { kind: 'end', run: damaged, metrics: undefined, interrupted: true } as const;
  async function* events() {
    yield end;
  }
  const seen = [];
  for await (const event of withReport(events(), { onNote: (line) => notes.push(line) })) seen.push(event);
  assert.deepEqual(seen, [end]);
  assert.match(notes.join('\n'), /^no report was written: .*skipped\.jsonl:1 is damaged.*$/);
  assert.equal(existsSync(join(damaged, 'report.html')), false);
});

test('what is no run, and what has no encoder, is refused with one line', async (t) => {
  const folder = temporary(t);
  for (const [argv, message] of [
    [[folder], /no config\.json in it, so it is no run folder/],
    [[join(folder, 'no')], /there is no such run folder/],
    [[], /missing required argument 'run'/],
  ] as const) {
    const { code, stdout, stderr } = await tandem(t, 'report', ...argv);
    assert.deepEqual([code === 0, stdout], [false, '']);
    assert.match(stderr, message);
  }
  const bare = join(folder, 'bare');
  cpSync(run, bare, { recursive: true });
  rmSync(join(bare, 'encoder'), { recursive: true });
  assert.match((await tandem(t, 'report', bare)).stderr, /no encoder\/encoder\.safetensors in it/);
  assert.equal((await tandem(t, 'report', bare, '--no-pictures')).code, 0);
});
