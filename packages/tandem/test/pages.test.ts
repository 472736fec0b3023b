// Every page of Tandem, opened in a real browser at three widths, light and dark: no serious
// finding of axe's check of accessibility, no word in the console, nothing asked of others, nothing
// wider than the screen, and all that can be used is reached by keyboard.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import type { Browser } from 'playwright-core';
import { contactSheet } from '../src/curate/contact-sheet.js';
import { openGallery, searchPage } from '../src/gallery/index.js';
import { reportPage } from '../src/report/page.js';
import { type Served, serve } from '../src/serve/index.js';
import { planStudies, readScale, studiesNamed, writeOutcome } from '../src/study/index.js';
import { type ShownRuns, showRuns } from '../src/ui/index.js';
import {
  accessibilityFaults,
  isTooWide,
  keep,
  launch,
  middle,
  narrow,
  onPage,
  skip,
  tabbed,
  watched,
  wide,
} from './browser.js';
import { temporary } from './cli/running.js';
import { healthy, record, runFolder } from './report/making.js';
import { material } from './serve/serving.js';

const root = temporary({ after });
const pages: Record<string, string | URL> = {};
let browser: Browser | undefined;
let served: Served;
let shown: ShownRuns;

before(async () => {
  if (skip) return;
  const { run, images, index } = await material(root);
  const picture = readFileSync(join(images, 'red', '0001.png'));
  const gallery = await openGallery(index);
  const found = await gallery.search(picture, { k: 5 });
  await gallery.close();
  const uri = `data:image/png;base64,${picture.toString('base64')}`;
  const neighbours = Array.from({ length: 5 }, () => ({
    uri,
    caption: 'red',
    file: 'red/1.png',
    similarity: 0.9,
    right: true,
  }));
  const parts = {
    neighbours: { among: 20, queries: [{ uri, caption: 'red', file: 'red/2.png', neighbours }] },
    baselines: { pixels: 0.4, untrained: 0.3 },
    scatter: {
      points: [
        [0, 0],
        [1, 1],
      ] as [number, number][],
      labels: [0, 1],
      classNames: ['a', 'b'],
      numbers: { x: 1 },
    },
  };
  const one = record({ config: { tandem: { changed: ['lr'] } }, skipped: [{ file: 'a', reason: 'b' }] });
  pages.report = written('report', reportPage(one, parts));
  pages['report of a run that begins'] = written('early', reportPage(record({ metrics: healthy(1) })));
  pages['page of a search'] = written('search', await searchPage({ name: 'x', picture, place: index }, found));
  const sheet = {
    title: 'Groups',
    about: 'x',
    sections: [{ title: 'One', pictures: [{ file: 'red/0001.png', note: 'kept' }] }],
  };
  pages['contact sheet'] = written('sheet', await contactSheet(sheet, { encoder: run, images }, {}));
  const plan = planStudies(studiesNamed('clbo').slice(0, 6), readScale('tiny'), { seeds: 1 });
  pages['page of a study'] = (await writeOutcome('clbo', plan, join(root, 'study'))).page;
  served = await serve({ encoder: run, index, port: 0 });
  pages['page to search'] = new URL(served.url);
  runFolder(join(root, 'runs', 'one'));
  runFolder(join(root, 'runs', 'two'), { metrics: healthy(3) });
  shown = await showRuns({ root: join(root, 'runs'), port: 0, resume: () => {} });
  pages['page over runs'] = new URL(shown.url);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await served?.stop();
  await shown?.stop();
});

function written(name: string, text: string): string {
  const file = join(root, `${name}.html`);
  writeFileSync(file, text);
  return file;
}

const usable = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';
const usableOnPage = `[...document.querySelectorAll('${usable}')].filter((x) => x.checkVisibility()).length`;

test('what is wrong for some is found', { skip }, async () => {
  const file = written(
    'wrong',
    '<!doctype html><html lang="en"><title>x</title><main><h1>x</h1><img src="data:,"><input></main>',
  );
  const { page } = await watched(browser, file, { viewport: wide });
  const found = (await accessibilityFaults(page)).map((fault) => fault.split(':')[0]);
  assert.deepEqual(found, ['image-alt', 'label']);
  await page.close();
});

for (const name of [
  'report',
  'report of a run that begins',
  'page of a search',
  'contact sheet',
  'page of a study',
  'page to search',
  'page over runs',
]) {
  test(`the ${name} can be used by everyone`, { skip }, async () => {
    for (const [size, viewport] of Object.entries({ narrow, middle, wide })) {
      for (const colorScheme of ['light', 'dark'] as const) {
        const { page, faults } = await watched(browser, pages[name] as string | URL, { viewport, colorScheme });
        if (name === 'page over runs') await page.getByText('2 runs, 0 of them training.').waitFor();
        assert.deepEqual(await accessibilityFaults(page), [], `${size} ${colorScheme}`);
        assert.equal(await onPage(page, isTooWide), false, `${size} ${colorScheme}`);
        if (colorScheme === 'light') {
          assert.equal((await tabbed(page)).length, await onPage<number>(page, usableOnPage), `${size}: by keyboard`);
        }
        await keep(page, `pages-${name.replaceAll(' ', '-')}-${size}-${colorScheme}`);
        assert.deepEqual(faults, [], `${size} ${colorScheme}`);
        await page.close();
      }
    }
  });
}
