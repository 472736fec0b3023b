import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import sharp from 'sharp';
import { type ReportParts, reportPage } from '../../src/report/page.js';
import { evil, isTooWide, keep, launch, narrow, onPage, skip, watched, wide } from '../browser.js';
import { temporary } from '../cli/running.js';
import { healthy, type Making, record } from './making.js';

const folder = temporary({ after });
let browser: Browser | undefined;

before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/** Everything that a page can show, with names that would be code if they were not escaped. */
async function everything(): Promise<{ making: Making; parts: ReportParts }> {
  const png = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#c33' } })
    .png()
    .toBuffer();
  const uri = `data:image/png;base64,${png.toString('base64')}`;
  const neighbours = Array.from({ length: 5 }, (_, i) => ({
    uri,
    caption: evil,
    similarity: 0.9 - i / 10,
    right: i < 3,
  }));
  const points = Array.from({ length: 300 }, (_, i): [number, number] => [Math.cos(i) * i, Math.sin(i) * i]);
  return {
    making: {
      config: { images: evil, tandem: { version: evil } },
      metrics: healthy().map((one) => ({ ...one, [evil]: 1, warning: evil })),
      skipped: [{ file: evil, reason: evil }],
      evaluations: [
        {
          command: 'linear',
          protocol: evil,
          settings: { name: evil },
          images: evil,
          encoder: evil,
          epoch: 6,
          result: { accuracy: 0.5, note: evil },
          date: evil,
        },
      ],
    },
    parts: {
      neighbours: { among: 100, queries: Array.from({ length: 4 }, () => ({ uri, caption: evil, neighbours })) },
      scatter: {
        points,
        labels: points.map((_, i) => i % 3),
        classNames: ['cat', evil, 'dog'],
        numbers: { [evil]: 1 },
      },
    },
  };
}

/** The page of such a run, watched. */
async function open(
  making: Making,
  parts: ReportParts,
  how: BrowserContextOptions,
): Promise<{ page: Page; faults: string[] }> {
  const file = join(folder, `${Math.random()}.html`);
  writeFileSync(file, reportPage(record(making, `runs/${evil}`), parts));
  return watched(browser, file, how);
}

const canvases = '[...document.querySelectorAll("canvas")]';
const hasInk = '(c) => c.getContext("2d").getImageData(0, 0, c.width, c.height).data.some((x) => x !== 0)';

test('the page is drawn without a word in the console, a request or foreign code', { skip }, async () => {
  const { making, parts } = await everything();
  const { page, faults } = await open(making, parts, { viewport: wide });
  assert.equal(await onPage(page, 'typeof globalThis.hacked'), 'undefined');
  assert.equal(await onPage(page, 'document.querySelectorAll("script").length'), 3);
  assert.equal(await onPage(page, 'document.querySelectorAll("img:not([src^=\'data:image/png\'])").length'), 0);
  await onPage(page, 'document.querySelectorAll("details").forEach((x) => { x.open = true; })');
  await page.waitForFunction(`${canvases}.every(${hasInk})`);
  const ids = await onPage<string[]>(page, `${canvases}.map((c) => c.id)`);
  assert.equal(ids.length, 10); // eight curves, that of an unknown number, and the layout
  assert.deepEqual(await onPage(page, 'Chart.getChart("curve-0").data.datasets.map((x) => x.data)'), [
    healthy().map(({ knnStudent }) => knnStudent),
    healthy().map(({ knnTeacher }) => knnTeacher),
  ]);
  assert.equal(await onPage(page, isTooWide), false);
  await keep(page, 'wide');
  assert.deepEqual(faults, []);
  await page.close();
});

test('a curve shows its values where one points', { skip }, async () => {
  const { page, faults } = await open({}, {}, { viewport: wide });
  await page.hover('#curve-0');
  await page.waitForFunction('Chart.getChart("curve-0").tooltip.opacity === 1');
  const [line] = await onPage<string[]>(page, 'Chart.getChart("curve-0").tooltip.body.map((x) => x.lines[0])');
  assert.match(line ?? '', /^student: [\d.]+ %$/);
  assert.deepEqual(faults, []);
  await page.close();
});

test('on a phone nothing is wider than the screen, and text can be read', { skip }, async () => {
  const { making, parts } = await everything();
  const { page, faults } = await open(making, parts, { viewport: narrow });
  assert.equal(await onPage(page, isTooWide), false);
  const lefts =
    '[...document.querySelectorAll("section > .curves > figure")].map((x) => x.getBoundingClientRect().left)';
  assert.equal(new Set(await onPage<number[]>(page, lefts)).size, 1, 'curves stand below each other');
  const smallest =
    'Math.min(...[...document.querySelectorAll("body *")].map((x) => parseFloat(getComputedStyle(x).fontSize)))';
  assert.ok((await onPage<number>(page, smallest)) >= 11);
  const pictures =
    'Math.min(...[...document.querySelectorAll(".query img")].map((x) => x.getBoundingClientRect().width))';
  assert.ok((await onPage<number>(page, pictures)) >= 70);
  await keep(page, 'narrow');
  assert.deepEqual(faults, []);
  await page.close();
});

test('colours follow dark mode, also while the page is open', { skip }, async () => {
  const { making, parts } = await everything();
  const { page, faults } = await open(making, parts, { viewport: wide, colorScheme: 'dark' });
  const colours = () =>
    onPage<string[]>(
      page,
      '[getComputedStyle(document.body).backgroundColor, Chart.getChart("curve-0").data.datasets[0].borderColor]',
    );
  const dark = await colours();
  await keep(page, 'dark');
  await page.emulateMedia({ colorScheme: 'light' });
  // Asked from here: the page's policy lets no one evaluate a condition in it again and again.
  let light = await colours();
  for (let tries = 0; light[1] === dark[1] && tries < 200; tries++) {
    await page.waitForTimeout(50);
    light = await colours();
  }
  assert.notEqual(light[1], dark[1]);
  const brightness = (rgb: string | undefined) => Math.max(...(rgb?.match(/\d+/g) ?? []).map(Number));
  assert.ok(brightness(dark[0]) < 60 && brightness(light[0]) > 200, `${dark} ${light}`);
  assert.deepEqual(faults, []);
  await page.close();
});

test('text stands out from what it is on, in both colour schemes', { skip }, async () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page } = await open(...(Object.values(await everything()) as [Making, ReportParts]), {
      viewport: wide,
      colorScheme,
    });
    const names = ['page', 'card', 'warn-page', 'text', 'muted', 'right', 'wrong'];
    const of = `getComputedStyle(document.documentElement)`;
    const found = await onPage<string[]>(
      page,
      `${JSON.stringify(names)}.map((x) => ${of}.getPropertyValue("--" + x).trim())`,
    );
    const colour = Object.fromEntries(names.map((name, i) => [name, luminance(found[i] ?? '')])) as Record<
      string,
      number
    >;
    for (const [front, back] of [
      ['text', 'page'],
      ['text', 'card'],
      ['text', 'warn-page'],
      ['muted', 'page'],
      ['muted', 'card'],
      ['right', 'card'],
      ['right', 'page'],
      ['wrong', 'card'],
    ] as const) {
      const [a, b] = [colour[front] as number, colour[back] as number].sort((x, y) => y - x) as [number, number];
      const contrast = (a + 0.05) / (b + 0.05);
      assert.ok(contrast >= 4.5, `${front} on ${back}, ${colorScheme}: ${contrast}`);
    }
    await page.close();
  }
});

/** By WCAG 2, of #rrggbb. */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const x = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

test('every picture and curve has words, and without scripts the numbers are there', { skip }, async () => {
  const { making, parts } = await everything();
  const { page, faults } = await open(making, parts, { viewport: wide, javaScriptEnabled: false });
  assert.equal(await page.locator('img:not([alt])').count(), 0);
  assert.equal(await page.locator('canvas:not([role=img][aria-label])').count(), 0);
  assert.equal(await page.locator('h1').count(), 1);
  assert.match((await page.locator('noscript').textContent()) ?? '', /the numbers are in the table below/);
  await page.getByText('All numbers').click();
  assert.ok(await page.getByRole('region', { name: 'Numbers of each epoch' }).isVisible());
  assert.deepEqual(faults, []);
  await page.close();
});
