// `npm run docs`: builds the site of docs/ into docs/.vitepress/dist, and looks for broken links.
// `npm run docs -- --dev` shows the pages while they are written. Its packages are apart from the
// toolkit's, in docs/package.json, and come from npm alone.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { Failure, root, run, runMain, step } from '../run.mjs';

const docs = join(root, 'docs');
const dist = join(docs, '.vitepress/dist');

await runMain(async () => {
  await install();
  await step('api', 'reading the docstrings', () =>
    tool('typedoc/bin/typedoc', ['--options', '.vitepress/typedoc.json']),
  );
  if (process.argv.includes('--dev')) return void (await run('npx', ['vitepress', 'dev'], { cwd: docs, show: true }));
  await step('site', 'building docs/.vitepress/dist', () => tool('vitepress/bin/vitepress.js', ['build']));
  const broken = brokenLinks();
  if (broken.length > 0) throw new Failure('There are broken links.', { output: broken.join('\n') });
});

/** Once for each state of the lock file. */
async function install() {
  const stamp = join(docs, 'node_modules/.tandem-lock');
  const wanted = createHash('sha256')
    .update(readFileSync(join(docs, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  await step('npm', 'installing what builds the site', async () => {
    const { code, output } = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: docs });
    if (code !== 0) throw new Failure('npm ci failed in docs.', { output, cure: "Is npm's registry within reach?" });
    writeFileSync(stamp, wanted);
  });
}

/** @param {string} path @param {string[]} args */
async function tool(path, args) {
  const { code, output } = await run(process.execPath, [join(docs, 'node_modules', path), ...args], { cwd: docs });
  if (code !== 0) throw new Failure(`${path} failed.`, { output });
}

/** Links of the built pages, those of menus too, that lead to no page or no place on it. */
function brokenLinks() {
  const files = /** @type {string[]} */ (readdirSync(dist, { recursive: true })).filter((file) =>
    file.endsWith('.html'),
  );
  const pages = new Map(files.map((file) => [join(dist, file), readFileSync(join(dist, file), 'utf8')]));
  const places = new Map(
    [...pages].map(([path, text]) => [path, new Set([...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))]),
  );
  const broken = new Set();
  for (const [path, text] of pages) {
    for (const [, href] of text.matchAll(/<a [^>]*href="([^"]*)"/g)) {
      if (/^([a-z]+:|\/\/)/.test(href)) continue;
      const [page, place] = href.replaceAll('&amp;', '&').split('#');
      const target =
        page === '' ? path : join(page.startsWith('/') ? dist : dirname(path), page.replace(/(^|\/)$/, '$1index.html'));
      const file = pages.has(target) ? target : `${target}.html`;
      if (!pages.has(file)) broken.add(`${relative(dist, path)}: no page ${href}`);
      else if (place && !places.get(file)?.has(decodeURIComponent(place)))
        broken.add(`${relative(dist, path)}: no place ${href}`);
    }
  }
  return [...broken];
}
