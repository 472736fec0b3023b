import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Html, html } from './html.js';

/** A style sheet and scripts as text, with the policy of a page that loads nothing else. */
export interface Assets {
  readonly style: Html;
  readonly scripts: readonly Html[];
  readonly policy: string;
}

const sheet = new URL('../../../src/report/browser/report.css', import.meta.url);
const ours = new URL('./browser/charts.js', import.meta.url);

/** The style of Tandem's pages. */
export function pageStyle(): Html {
  return new Html(readFileSync(sheet, 'utf8'));
}

/** The library of charts. */
export function chartLibrary(): URL {
  return new URL('chart.umd.min.js', import.meta.resolve('chart.js'));
}

/** Scripts as elements of a page, and the sources that its policy must name to let them run. */
export function inlineScripts(urls: readonly URL[]): { readonly elements: Html[]; readonly policy: string } {
  const texts = urls.map((url) => readFileSync(url, 'utf8').replace(/^\/\/# sourceMappingURL=.*$/m, ''));
  const hashes = texts.map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`);
  return {
    elements: texts.map((text) => html`<script type="module">${new Html(text)}</script>`),
    policy: hashes.join(' '),
  };
}

/** What the page of a run brings along so that it needs no network. */
export function readAssets(): Assets {
  const { elements, policy } = inlineScripts([chartLibrary(), ours]);
  return {
    style: pageStyle(),
    scripts: elements,
    policy: `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src ${policy}`,
  };
}
