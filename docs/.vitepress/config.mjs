// The pages of docs/ as a site: `npm run docs` builds it, `npm run docs -- --dev` shows it while you
// write. The same Markdown is read on a forge, so links are relative and anchors are GitHub's.

import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';
import { slug } from '../../scripts/docs/pages.mjs';
import { drawings } from './drawings.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const docs = join(root, 'docs');

/** Where files outside of the pages can be read; unknown on a machine that is no forge's. */
const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_SHA: commit } = process.env;
const forge = repository && `${server}/${repository}/blob/${commit ?? 'main'}`;

/** The title of a page. @param {string} page */
const titleOf = (page) => /^# (.*)$/m.exec(readFileSync(join(docs, page), 'utf8'))?.[1].replace(/[`,]/g, '') ?? page;

/** A part of the sidebar. @param {string} text @param {string} folder @param {string[]} names */
const part = (text, folder, names, collapsed = false) => ({
  text,
  collapsed,
  items: names.map((name) => ({
    text: titleOf(`${folder}${name}.md`),
    link: `/${folder}${name}`.replace(/README$/, ''),
  })),
});

const sidebar = [
  { text: 'Start', link: '/start' },
  part('Guide', 'guide/', [
    'pictures',
    'views',
    'methods',
    'runs',
    'evaluation',
    'fine-tuning',
    'search',
    'export',
    'reproducing',
    'from-pytorch',
    'troubleshooting',
  ]),
  part('Reference', 'reference/', [
    'commands',
    'settings',
    'run-folder',
    'images',
    'decoders',
    'views',
    'networks',
    'evaluation',
    'exported-folder',
    'report',
    'typescript',
    'engine',
    'compatibility',
  ]),
  part(
    'Methods',
    'reference/methods/',
    [
      'README',
      'clbo',
      'simclr',
      'moco',
      'mocov3',
      'byol',
      'simsiam',
      'moby',
      'barlow-twins',
      'vicreg',
      'dino',
      'dinov2',
      'seed',
      'feature-matching',
      's2bnn',
      'simclr-v2',
      'supervised',
    ],
    true,
  ),
  {
    text: 'TypeScript API',
    collapsed: true,
    items: [
      { text: 'tandem-vision', link: '/reference/api/tandem' },
      { text: 'tandem-torch', link: '/reference/api/torch/' },
    ],
  },
  part(
    'Internals',
    'internals/',
    [
      'README',
      'step',
      'engine',
      'replay',
      'gpu',
      'reliability',
      'decisions',
      'dependencies',
      'findings',
      'add-a-method',
      'add-a-data-source',
      'add-a-backbone',
      'add-an-operator',
    ],
    true,
  ),
  part('Results', 'results/', ['README'], true),
  part(
    'Performance',
    'performance/',
    [
      'README',
      ...['training', 'engine', 'winograd', 'images', 'evaluation', 'scale', 'methods', 'small-runs'].map(
        (name) => `notes/2026-11-22-${name}`,
      ),
    ],
    true,
  ),
];

/**
 * Links as a forge reads them become links as VitePress wants them: README.md is a folder's index,
 * and what lies outside of the pages is read on the forge, or is plain text where there is none.
 * @param {import('vitepress').MarkdownRenderer} md
 */
function links(md) {
  md.core.ruler.push('links', ({ tokens, env }) => {
    for (const { children } of tokens) {
      const open = [];
      for (const token of children ?? []) {
        if (token.type === 'link_open') open.push(token);
        if (token.type !== 'link_close') continue;
        const link = open.pop();
        const href = link.attrGet('href');
        if (/^([a-z]+:|#)/.test(href)) continue;
        const target = resolve(dirname(env.path), decodeURI(href));
        const outside = relative(docs, target).startsWith('..');
        if (!outside) link.attrSet('href', href.replace(/README\.md/, 'index.md'));
        else if (forge) link.attrSet('href', `${forge}/${relative(root, target)}`);
        else for (const end of [link, token]) end.tag = 'span';
        if (outside && !forge) link.attrs = null;
      }
    }
  });
}

/** Two riders, one behind the other. */
const icon =
  'data:image/svg+xml,<svg xmlns=%22http://www.w3.org/2000/svg%22 viewBox=%220 0 32 32%22>' +
  '<circle cx=%2211%22 cy=%2216%22 r=%229%22 fill=%22%230072b2%22/>' +
  '<circle cx=%2221%22 cy=%2216%22 r=%229%22 fill=%22%23d55e00%22 fill-opacity=%22.8%22/></svg>';

export default defineConfig({
  base: process.env.SITE_BASE ?? '/',
  lang: 'en',
  title: 'Tandem',
  description: 'Self-supervised learning of image encoders, in TypeScript on libtorch',
  head: [['link', { rel: 'icon', href: icon }]],
  rewrites: (id) => id.replace(/README\.md$/, 'index.md'),
  markdown: {
    anchor: { slugify: slug },
    toc: { slugify: slug },
    config(md) {
      links(md);
      drawings(md);
    },
  },
  themeConfig: {
    nav: [
      { text: 'Start', link: '/start' },
      { text: 'Guide', link: '/guide/pictures', activeMatch: '/guide/' },
      { text: 'Reference', link: '/reference/', activeMatch: '/reference/' },
      { text: 'Internals', link: '/internals/', activeMatch: '/internals/' },
      { text: 'Performance', link: '/performance/', activeMatch: '/performance/' },
    ],
    sidebar,
    outline: { level: [2, 3] },
    search: { provider: 'local' },
    ...(forge && { socialLinks: [{ icon: 'github', link: `${server}/${repository}` }] }),
  },
});
