import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { contactSheet } from '../../src/curate/contact-sheet.js';
import { evil, isTooWide, keep, launch, narrow, onPage, skip, watched, wide } from '../browser.js';
import { temporary } from '../cli/running.js';

const root = temporary({ after });
const images = join(root, 'pictures');
let browser: Browser | undefined;

before(async () => {
  browser = await launch();
  mkdirSync(images);
  for (let i = 0; i < 40; i++) {
    const background = { r: 6 * i, g: 255 - 6 * i, b: 128 };
    await sharp({ create: { width: 160, height: 120, channels: 3, background } })
      .jpeg()
      .toFile(join(images, `a name that is long, as names of cameras and exports may be ${i}.jpg`));
  }
});
after(() => browser?.close());

async function sheet(sections = 3): Promise<string> {
  const file = join(root, `${Math.random()}.html`);
  const name = (i: number) => `a name that is long, as names of cameras and exports may be ${i % 40}.jpg`;
  const pictures = (count: number) => Array.from({ length: count }, (_, i) => ({ file: name(i), note: evil }));
  const page = {
    title: `Near-duplicates in ${evil}`,
    about: evil,
    sections: [
      { title: evil, pictures: [...pictures(3), { file: evil, note: 'gone' }] },
      ...Array.from({ length: sections - 1 }, (_, i) => ({ title: `Group ${i + 2}`, pictures: pictures(30) })),
    ],
  };
  writeFileSync(file, await contactSheet(page, { encoder: root, images }, {}));
  return file;
}

for (const [size, viewport] of Object.entries({ wide, narrow, tablet: { width: 768, height: 1024 } })) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`a contact sheet shows its pictures and nothing else, ${size}, ${colorScheme}`, { skip }, async () => {
      const { page, faults } = await watched(browser, await sheet(), { viewport, colorScheme });
      assert.equal(await onPage(page, 'typeof globalThis.hacked'), 'undefined');
      assert.equal(await onPage(page, 'document.querySelectorAll("script").length'), 0);
      assert.equal(await page.locator('img[alt]').count(), 3 + 24 + 24);
      assert.equal(await page.locator('img:not([alt]), img:not([src^="data:image/png"])').count(), 0);
      assert.deepEqual(await page.locator('.missing').allTextContents(), ['no picture']);
      assert.deepEqual(await page.locator('section > p').allTextContents(), ['and 6 more', 'and 6 more']);
      assert.equal(await onPage(page, isTooWide), false);
      const narrowest =
        'Math.min(...[...document.querySelectorAll(".tile")].map((x) => x.getBoundingClientRect().width))';
      assert.ok((await onPage<number>(page, narrowest)) >= 100);
      await keep(page, `contact-sheet-${size}-${colorScheme}`);
      assert.deepEqual(faults, []);
      await page.close();
    });
  }
}

test('a page holds some hundred pictures, and says of how many groups', { skip }, async () => {
  const { page, faults } = await watched(browser, await sheet(100), { viewport: wide });
  const shown = await page.locator('section').count();
  assert.ok(shown > 20 && shown < 30);
  assert.match(
    (await page.locator('header').textContent()) ?? '',
    new RegExp(`The first ${shown} of 100 are shown\\.`),
  );
  assert.deepEqual(faults, []);
  await page.close();
});
