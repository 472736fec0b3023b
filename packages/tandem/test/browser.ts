import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
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
export const middle = { width: 820, height: 1100 };
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

/**
 * A page that is watched: whatever it logs, fails at or asks of others than itself, or its own
 * server, is a fault.
 * @param place a file, or where a server shows it
 */
export async function watched(
  browser: Browser | undefined,
  place: string | URL,
  how: BrowserContextOptions,
): Promise<{ page: Page; faults: string[] }> {
  const { href: url, origin } = typeof place === 'string' ? pathToFileURL(place) : place;
  const faults: string[] = [];
  const page = await (browser as Browser).newPage(how);
  page.on('console', (message) => faults.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('request', (request) => {
    const asked = request.url();
    const isOwn = asked === url || (origin !== 'null' && asked.startsWith(`${origin}/`));
    if (!isOwn && !/^(data|blob):/.test(asked)) faults.push(`request: ${asked}`);
  });
  await page.goto(url);
  return { page, faults };
}

export async function keep(page: Page, name: string): Promise<void> {
  if (keptIn) await page.screenshot({ path: join(keptIn, `${name}.png`), fullPage: true });
}

export const onPage = <T>(page: Page, code: string) => page.evaluate<T>(code);

/** Serious findings of axe's check of accessibility, a line each. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  // As a text that is evaluated, since a page's own policy lets in no script of others.
  await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  return page.evaluate(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => id + ': ' + node.html.slice(0, 160) + ' ' + node.failureSummary)))`);
}

/** What the keyboard alone reaches, in order: tag and id of each element. */
export async function tabbed(page: Page, most = 60): Promise<string[]> {
  const reached: string[] = [];
  for (let i = 0; i < most; i++) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate<string>(
      '(() => { const e = document.activeElement; return e === document.body ? "" : e.tagName.toLowerCase() + (e.id && "#" + e.id); })()',
    );
    if (at === '') break;
    reached.push(at);
  }
  return reached;
}
