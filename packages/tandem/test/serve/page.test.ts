import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { type Served, serve } from '../../src/serve/index.js';
import { keep, launch, narrow, skip, tabbed, watched, wide } from '../browser.js';
import { temporary } from '../cli/running.js';
import { material } from './serving.js';

const root = temporary({ after });
let images: string;
let served: Served;
let browser: Browser | undefined;

before(async () => {
  if (skip) return;
  const made = await material(root);
  images = made.images;
  served = await serve({ encoder: made.run, index: made.index, port: 0 });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await served?.stop();
});

const shown = (page: Page) =>
  page.$$eval('#found img', (all) => all.map((one) => (one as unknown as { alt: string }).alt));
const isDone = (page: Page, text: string) => page.getByRole('status').filter({ hasText: text }).waitFor();

test('a picture that is dropped finds those that are alike; the class and the name filter', { skip }, async () => {
  const { page, faults } = await watched(browser, new URL(served.url), { viewport: wide });
  const bytes = readFileSync(join(images, 'red', '0002.png')).toString('base64');
  await page.evaluate(`{
    const carried = new DataTransfer();
    carried.items.add(new File([Uint8Array.from(atob('${bytes}'), (c) => c.charCodeAt(0))], 'mine.png'));
    document.querySelector('.drop').dispatchEvent(new DragEvent('drop', { dataTransfer: carried, bubbles: true, cancelable: true }));
  }`);
  await isDone(page, 'The 12 nearest of 24 images.');
  assert.equal((await shown(page))[0], 'red/0002.png');
  await page.getByLabel('Class').selectOption('blue');
  await isDone(page, 'The 12 nearest of 12 images.');
  assert.ok((await shown(page)).every((name) => name.startsWith('blue/')));
  await page.getByLabel('File name holds').fill('0003');
  await page.keyboard.press('Enter');
  await isDone(page, 'The 1 nearest of 1 images.');
  await page.getByLabel('File name holds').fill('nothing');
  await page.keyboard.press('Enter');
  await isDone(page, 'Nothing is indexed that fits.');
  assert.deepEqual(faults, []);
  await page.close();
});

test('on a phone, in the dark, by keyboard alone', { skip }, async () => {
  const { page, faults } = await watched(browser, new URL(served.url), { viewport: narrow, colorScheme: 'dark' });
  assert.deepEqual(await tabbed(page), ['input#picture', 'select#class', 'input#path', 'select#k']);
  await page.getByLabel('Choose a picture').setInputFiles(join(images, 'blue', '0004.png'));
  await isDone(page, 'The 12 nearest of 24 images.');
  assert.equal(await page.evaluate('document.documentElement.scrollWidth > innerWidth'), false);
  await keep(page, 'serve-phone');
  assert.deepEqual(faults, []);
  await page.close();
});

test('what is no picture is said in words', { skip }, async () => {
  const { page, faults } = await watched(browser, new URL(served.url), { viewport: wide });
  await page
    .getByLabel('Choose a picture')
    .setInputFiles({ name: 'x.png', mimeType: 'image/png', buffer: Buffer.from('hello') });
  await isDone(page, 'the picture cannot be read: not an image');
  assert.deepEqual(faults, []);
  await page.close();
});
