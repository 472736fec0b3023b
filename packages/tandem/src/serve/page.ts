import { tileStyle } from '../gallery/index.js';
import { html } from '../report/html.js';
import { browserScript, livePage } from '../web/page.js';

/** The page to search an index with: a picture in, those that are alike out. */
export function servePage({ classes, place }: { readonly classes: readonly string[]; readonly place: string }): string {
  return livePage({
    title: 'Search by picture',
    about: 'Drop a picture, choose one, or paste one: the indexed pictures that are most like it are shown.',
    style: html`${tileStyle}${style}`,
    main: [
      html`<form id="search" class="card ask">
<label class="drop" for="picture"><span>Choose a picture, or drop one here</span><input id="picture" type="file" accept="image/*"></label>
<img id="asked" alt="" width="160" height="160" hidden>
<div class="fields">
${
  classes.length > 0 &&
  html`<p><label for="class">Class</label><select id="class"><option value="">all</option>${classes.map(
    (name) => html`<option>${name}</option>`,
  )}</select></p>`
}
<p><label for="path">File name holds</label><input id="path" type="search" autocomplete="off"></p>
<p><label for="k">How many</label><select id="k">${[12, 24, 48, 96].map((n) => html`<option>${n}</option>`)}</select></p>
</div>
</form>
<p id="status" role="status" aria-live="polite"></p>
<section aria-labelledby="found-title"><h2 id="found-title">Found</h2><div id="found" class="tiles" tabindex="-1"></div></section>
<noscript><p>This page needs its script; <code>tandem search</code> does the same without.</p></noscript>`,
    ],
    origin: html`the index ${place}.`,
    scripts: [browserScript('search')],
  });
}

const style = html`.ask{display:flex;flex-wrap:wrap;gap:1rem;align-items:flex-start;margin-top:1.25rem}.drop{flex:1 1 16rem;display:grid;gap:.75rem;place-content:center;justify-items:center;min-height:10rem;padding:1rem;border:2px dashed var(--limit);border-radius:.5rem;cursor:pointer;text-align:center}.drop.over{border-color:var(--plain);background:var(--page)}.ask #asked{object-fit:contain;border-radius:.5rem}.fields{flex:1 1 14rem;display:grid;gap:.5rem}.fields p{display:grid;gap:.15rem}.fields label{font-size:.875rem;color:var(--muted)}input,select,button{font:inherit;color:var(--text);background:var(--page);border:1px solid var(--limit);border-radius:.4rem;padding:.4rem .6rem;max-width:100%}input[type=file]{max-width:16rem;font-size:.875rem}:focus-visible{outline:3px solid var(--plain);outline-offset:2px}.wrong-status{color:var(--wrong)}`;
