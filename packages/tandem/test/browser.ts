import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const places = ['chromium', 'chromium-browser', 'google-chrome'].map((name) => `/usr/bin/${name}`);
const executablePath = places.find((path) => existsSync(path));

/** Why tests of pages are skipped; false where a browser is installed. */
export const skip = executablePath === undefined && 'no Chromium is installed: apt-get install chromium';

/** Pictures of the pages are kept in this folder where it is given, to be looked at. */
const keptIn = process.env.TANDEM_SCREENSHOTS;

export const wide = { width: 1280, height: 900 };
export const narrow = { width: 360, height: 740 };
/** A name that would be code if it were not escaped. */
export const evil = '<script>globalThis.hacked=1</script><img src=x onerror="globalThis.hacked=1">';

/** Whether the page is wider than the screen, in the page's words. */
export const isTooWide = 'document.documentElement.scrollWidth > innerWidth';

/** A real browser; undefined where none is installed. */
export async function launch(): Promise<Browser | undefined> {
  if (skip) return undefined;
  // Chromium's sandbox refuses root.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ ...(executablePath && { executablePath }), args });
}

/** A page that is watched: whatever it logs, fails at or asks for besides itself is a fault. */
export async function watched(
  browser: Browser | undefined,
  file: string,
  how: BrowserContextOptions,
): Promise<{ page: Page; faults: string[] }> {
  const url = pathToFileURL(file).href;
  const faults: string[] = [];
  const page = await (browser as Browser).newPage(how);
  page.on('console', (message) => faults.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('request', (request) => {
    if (request.url() !== url && !request.url().startsWith('data:')) faults.push(`request: ${request.url()}`);
  });
  await page.goto(url);
  return { page, faults };
}

export async function keep(page: Page, name: string): Promise<void> {
  if (keptIn) await page.screenshot({ path: join(keptIn, `${name}.png`), fullPage: true });
}

export const onPage = <T>(page: Page, code: string) => page.evaluate<T>(code);
