import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Html, html } from './html.js';

/**
 * A style sheet and scripts as text, with the policy that lets these scripts run and nothing else
 * load.
 */
export interface Assets {
  readonly style: Html;
  readonly scripts: Html;
  readonly policy: string;
}

const sheet = new URL('../../../src/report/browser/report.css', import.meta.url);
const ours = new URL('./browser/charts.js', import.meta.url);

/** The style of Tandem's pages. */
export function pageStyle(): Html {
  return new Html(readFileSync(sheet, 'utf8'));
}

/** What the page brings along so that it needs no network. */
export function readAssets(): Assets {
  const read = (url: URL) => readFileSync(url, 'utf8').replace(/^\/\/# sourceMappingURL=.*$/m, '');
  const library = read(new URL('chart.umd.min.js', import.meta.resolve('chart.js')));
  const charts = read(ours);
  const allowed = [library, charts].map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`);
  return {
    style: new Html(read(sheet)),
    scripts: html`<script>${new Html(library)}</script>
<script type="module">${new Html(charts)}</script>`,
    policy: `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src ${allowed.join(' ')}`,
  };
}
