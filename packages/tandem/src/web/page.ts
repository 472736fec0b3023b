import { inlineScripts, pageStyle } from '../report/assets.js';
import { type Html, html } from '../report/html.js';
import { type HtmlPage, htmlPage } from '../report/html-page.js';

/** A page with scripts of ours that ask its own server alone. */
export interface LivePage extends Omit<HtmlPage, 'policy' | 'style' | 'scripts'> {
  /** Beside the style of all pages. */
  readonly style: Html;
  /** Names of scripts in `browser/`, and whole ones of others. */
  readonly scripts: readonly URL[];
}

/** The page; its policy lets it load nothing but what it brings, and ask its own server. */
export function livePage({ style, scripts, ...page }: LivePage): string {
  const { elements, policy } = inlineScripts(scripts);
  return htmlPage({
    ...page,
    policy: `default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; connect-src 'self'; script-src ${policy}`,
    style: html`${pageStyle()}${style}`,
    scripts: elements,
  });
}

/** A script of `browser/`, as it was compiled. */
export function browserScript(name: string): URL {
  return new URL(`./browser/${name}.js`, import.meta.url);
}
