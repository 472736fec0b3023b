import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import type { Browser } from 'playwright-core';
import { type ShownRuns, showRuns } from '../../src/ui/index.js';
import type { Snapshot } from '../../src/web/browser/data.js';
import { evil, isTooWide, keep, launch, narrow, onPage, skip, watched, wide } from '../browser.js';
import { temporary } from '../cli/running.js';
import { healthy, runFolder } from '../report/making.js';

const root = temporary({ after });
const resumed: string[] = [];
let shown: ShownRuns;
let controlled: ShownRuns;
let browser: Browser | undefined;

before(async () => {
  runFolder(join(root, 'one'));
  runFolder(join(root, 'group', 'two'), { metrics: healthy(3), config: { tandem: { changed: ['lr'] }, images: evil } });
  mkdirSync(join(root, 'damaged'));
  writeFileSync(join(root, 'damaged', 'config.json'), '{');
  writeFileSync(join(root, 'damaged', 'metrics.jsonl'), '');
  shown = await showRuns({ root, port: 0 });
  controlled = await showRuns({ root, port: 0, resume: (run) => resumed.push(run) });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await shown?.stop();
  await controlled?.stop();
});

const snapshot = async (at = shown) => (await (await fetch(`${at.url}/runs`)).json()) as Snapshot;

test('what the files tell: progress, state, kept encoder, curves, warnings', async () => {
  const { runs, mayControl, system } = await snapshot();
  assert.deepEqual(
    [runs.map(({ id }) => id), mayControl, system.cores > 0],
    [['damaged', 'group/two', 'one'], false, true],
  );
  const [damaged, two, one] = runs;
  assert.equal(damaged?.state, 'damaged');
  assert.match(damaged?.note ?? '', /config\.json/);
  assert.deepEqual([two?.state, two?.done, two?.epochs, two?.settings], ['stopped', 3, 6, ['lr=0.06']]);
  assert.match(two?.warnings?.[0] ?? '', /^The run is not finished: 3 of 6/);
  assert.equal(one?.state, 'done');
  assert.deepEqual(
    one?.curves?.knnTeacher,
    healthy().map(({ epoch, knnTeacher }) => [epoch, knnTeacher]),
  );
  const other = { pid: 1, started: '', host: 'elsewhere' };
  writeFileSync(join(root, 'one', 'lock'), JSON.stringify(other));
  assert.equal((await snapshot()).runs[2]?.state, 'elsewhere');
  writeFileSync(join(root, 'one', 'lock'), JSON.stringify({ ...other, pid: 2 ** 22, host: hostname() }));
  assert.equal((await snapshot()).runs[2]?.state, 'done', 'a lock of a process that is gone');
});

test('nothing is written into the runs, and nobody stops or resumes one unless that is allowed', async () => {
  const before = readdirSync(join(root, 'one'));
  const ask = (at: ShownRuns, body: unknown, type = 'application/json') =>
    fetch(`${at.url}/control`, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': type } });
  assert.equal((await ask(shown, { run: 'group/two', action: 'resume' })).status, 403);
  assert.equal((await ask(controlled, { run: '../x', action: 'resume' })).status, 404);
  assert.equal((await ask(controlled, { run: 'group/two', action: 'delete' })).status, 400);
  assert.equal((await ask(controlled, { run: 'group/two', action: 'resume' }, 'text/plain')).status, 415);
  assert.equal((await ask(controlled, { run: 'group/two', action: 'stop' })).status, 409);
  assert.deepEqual(resumed, []);
  assert.equal((await ask(controlled, { run: 'group/two', action: 'resume' })).status, 200);
  assert.deepEqual(resumed, [join(root, 'group/two')]);
  assert.equal((await fetch(`${shown.url}/report?run=../../etc`)).status, 404);
  assert.equal((await fetch(`${shown.url}/report?run=one`)).status, 404);
  writeFileSync(join(root, 'one', 'report.html'), '<p>mine');
  assert.equal(await (await fetch(`${shown.url}/report?run=one`)).text(), '<p>mine');
  assert.deepEqual(readdirSync(join(root, 'one')), [...before, 'report.html'].sort());
});

test('no such folder is one clear line', async () => {
  await assert.rejects(
    showRuns({ root: join(root, 'none') }),
    /^UserError: .*none: there is no such folder; give the one/,
  );
});

test('the page follows what runs write, and curves lie over each other', { skip }, async () => {
  const { page, faults } = await watched(browser, new URL(shown.url), { viewport: wide });
  await page.getByText('3 runs, 0 of them training.').waitFor();
  assert.equal(await onPage(page, 'typeof globalThis.hacked'), 'undefined');
  const curves = () =>
    onPage<string[]>(page, 'Chart.getChart("curves").data.datasets.map((x) => x.label + x.data.length)');
  assert.deepEqual(await curves(), ['group/two3', 'one6']);
  appendFileSync(join(root, 'group', 'two', 'metrics.jsonl'), `${JSON.stringify(healthy(4)[3])}\n`);
  await page.getByText('4 of 6', { exact: true }).waitFor();
  assert.deepEqual(await curves(), ['group/two4', 'one6']);
  await page.getByLabel('curve of one').uncheck();
  assert.deepEqual(await curves(), ['group/two4']);
  await page.getByLabel('What').selectOption('loss');
  assert.deepEqual(await curves(), ['group/two4']);
  assert.equal(await page.getByRole('button').count(), 0, 'it only shows');
  await keep(page, 'ui-wide');
  assert.deepEqual(faults, []);
  await page.close();
});

test('on a phone, in the dark; a button asks before it does', { skip }, async () => {
  const { page, faults } = await watched(browser, new URL(controlled.url), { viewport: narrow, colorScheme: 'dark' });
  const button = page.getByRole('button', { name: 'resume group/two' });
  await button.waitFor();
  const asked: string[] = [];
  page.once('dialog', (dialog) => {
    asked.push(dialog.message());
    void dialog.dismiss();
  });
  const before = resumed.length;
  await button.click();
  assert.deepEqual([asked, resumed.length], [['Resume group/two?'], before]);
  page.once('dialog', (dialog) => void dialog.accept());
  await button.click();
  await page.getByText('Asked to resume group/two.').waitFor();
  assert.equal(resumed.length, before + 1);
  assert.equal(await onPage(page, isTooWide), false);
  await keep(page, 'ui-phone');
  assert.deepEqual(faults, []);
  await page.close();
});
