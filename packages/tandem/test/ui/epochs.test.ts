import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { load } from '../../src/load/index.js';
import { drawViews, readConfigOf } from '../../src/pretrain/index.js';
import { type ShownRuns, showRuns } from '../../src/ui/index.js';
import type { EpochShown, Snapshot } from '../../src/web/browser/data.js';
import {
  accessibilityFaults,
  isTooWide,
  keep,
  launch,
  middle,
  narrow,
  onPage,
  skip,
  watched,
  wide,
} from '../browser.js';
import { pictures, tandem, temporary, tiny } from '../cli/running.js';

const root = temporary({ after });
const images = join(root, 'pictures');
const runs = join(root, 'runs');
const run = join(runs, 'mine');
let shown: ShownRuns;
let browser: Browser | undefined;

before(async (t) => {
  await pictures(images, 12);
  const line = ['pretrain', images, '--epochs', '4', '--batch', '8', '--out', run, ...tiny, 'size=16', 'keepEvery=2'];
  const { code, stderr } = await tandem(t as never, ...line);
  assert.equal(code, 0, stderr);
  shown = await showRuns({ root: runs, port: 0 });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await shown?.stop();
});

interface Told extends Pick<EpochShown, 'among' | 'views'> {
  readonly error?: string;
  readonly queries: readonly {
    readonly file: string;
    readonly neighbours: readonly { readonly file: string; readonly similarity: number }[];
  }[];
}
const ask = async (words: string) => (await (await fetch(`${shown.url}/epoch?${words}`)).json()) as Told;

test('neighbours at an epoch are those of the encoder that the run kept of it', async () => {
  const { runs: all } = (await (await fetch(`${shown.url}/runs`)).json()) as Snapshot;
  assert.deepEqual(all[0]?.encoders, [2, 4]);
  const before = readdirSync(run, { recursive: true });
  for (const epoch of [2, 4]) {
    const { queries, among } = await ask(`run=mine&epoch=${epoch}`);
    using model = await load(join(run, 'encoder', `teacher-epoch${epoch}.safetensors`));
    assert.ok(queries.length > 0 && among > 0);
    for (const { file, neighbours } of queries.slice(0, 3)) {
      const [own, ...others] = await model.embed(
        [file, ...neighbours.map((one) => one.file)].map((name) => join(images, name)),
        { normalize: true },
      );
      for (const [i, { similarity }] of neighbours.entries()) {
        const cosine = others[i]?.reduce((sum, x, j) => sum + x * (own?.[j] ?? 0), 0) ?? 0;
        assert.ok(Math.abs(cosine - similarity) < 1e-4, `epoch ${epoch}: ${cosine} ${similarity}`);
        assert.ok(i === 0 || similarity <= (neighbours[i - 1]?.similarity ?? 0));
      }
    }
  }
  assert.deepEqual(readdirSync(run, { recursive: true }), before, 'nothing is written into the run');
});

test('views at an epoch are those that the run saw in it', async () => {
  const [second, fourth] = [await ask('run=mine&epoch=2'), await ask('run=mine&epoch=4')];
  assert.notEqual(second.views.uri, fourth.views.uri);
  // `tandem views` draws those of the first epochs: the second stands at the right end of two.
  const out = join(root, 'views.png');
  const both = await drawViews(readConfigOf(run), { out, count: 6, draws: 2 });
  const width = both.width - second.views.width;
  assert.ok(width > 0);
  const rightEnd = (image: string | Buffer, whole: number) =>
    sharp(image)
      .extract({ left: whole - width, top: 0, width, height: second.views.height })
      .raw()
      .toBuffer();
  const sheet = Buffer.from(second.views.uri.split(',')[1] ?? '', 'base64');
  assert.deepEqual(await rightEnd(sheet, second.views.width), await rightEnd(out, both.width));
});

test('no encoder of that epoch, no such run, no number: each is said', async () => {
  assert.match((await ask('run=mine&epoch=3')).error ?? '', /the run has no encoder of epoch 3; keepEvery=N keeps one/);
  assert.match((await ask('run=other&epoch=2')).error ?? '', /there is no such run/);
  assert.match((await ask('run=mine&epoch=x')).error ?? '', /epoch must be a whole number/);
});

for (const [name, viewport, colorScheme] of [
  ['wide', wide, 'light'],
  ['middle', middle, 'dark'],
  ['narrow', narrow, 'light'],
  ['narrow in the dark', narrow, 'dark'],
] as const) {
  test(`the page shows them by keyboard alone, ${name}`, { skip }, async () => {
    const { page, faults } = await watched(browser, new URL(shown.url), { viewport, colorScheme });
    await page.getByText('1 run, 0 of them training.').waitFor();
    await page.getByRole('button', { name: 'Look' }).focus();
    await page.keyboard.press('Enter');
    await page
      .getByText(/^Epoch 4 of mine: \d+ of \d+ neighbours are of the same class, among \d+ images\.$/)
      .waitFor();
    const views = () => onPage<string>(page, 'document.querySelector(".views").src');
    const last = await views();
    await page.getByLabel('Epoch', { exact: true }).focus();
    await page.keyboard.press('ArrowLeft');
    await page.getByText(/^Epoch 2 of mine: /).waitFor();
    assert.notEqual(await views(), last);
    assert.equal(await page.getByLabel('Epoch', { exact: true }).getAttribute('aria-valuetext'), 'epoch 2 of 4');
    assert.equal(await onPage(page, isTooWide), false);
    assert.deepEqual(await accessibilityFaults(page), []);
    await keep(page, `ui-epochs-${name.replaceAll(' ', '-')}`);
    assert.deepEqual(faults, []);
    await page.close();
  });
}
