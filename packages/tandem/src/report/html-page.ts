import { type Html, html } from './html.js';

/** What a page of HTML holds. */
export interface HtmlPage {
  readonly title: string;
  /** Content security: what the page may load and run. */
  readonly policy: Html | string;
  readonly style: Html;
  /** Under the title. */
  readonly about: Html | string;
  readonly main: readonly (Html | string | false | undefined)[];
  /** After `Made by Tandem` and the time. */
  readonly origin: Html | string;
  /** At the end of the body. */
  readonly scripts?: readonly Html[];
}

/** A whole page that needs no other file and no network. */
export function htmlPage({ title, policy, style, about, main, origin, scripts = [] }: HtmlPage): string {
  const time = new Date().toISOString().slice(0, 16).replace('T', ' ');
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} - Tandem</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p class="muted">${about}</p>
</header>
<main>
${main.map((part) => html`${part}\n`)}</main>
<footer>Made by Tandem ${time} UTC from ${origin}</footer>
${scripts.map((script) => html`${script}\n`)}</body>
</html>
`.text;
}
