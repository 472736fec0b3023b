import { chartLibrary } from '../report/assets.js';
import { html } from '../report/html.js';
import { browserScript, livePage } from '../web/page.js';

/** The page over all runs of a folder; its script fills it, and keeps it so. */
export function uiPage(root: string): string {
  return livePage({
    title: 'Runs',
    about: html`All runs in ${root}, as they are now.`,
    style,
    main: [
      html`<p id="system" class="muted"></p>
<p id="status" role="status" aria-live="polite">Loading ...</p>
<section aria-labelledby="runs-title"><h2 id="runs-title">Compare</h2>
<div class="scroll card" tabindex="0" role="region" aria-label="Runs"><table><thead><tr><th scope="col">Curve</th><th scope="col">Run</th><th scope="col">State</th><th scope="col">Epochs</th><th scope="col">Left</th><th scope="col">k-NN, kept</th><th scope="col">Kept</th><th scope="col">Settings</th><th scope="col">More</th></tr></thead><tbody id="runs"></tbody></table></div>
</section>
<section aria-labelledby="curve-title"><h2 id="curve-title">Curves</h2>
<p><label for="metric">What</label> <select id="metric"></select></p>
<figure class="card"><div class="chart tall"><canvas id="curves" role="img" aria-label="Curves of the chosen runs"></canvas></div></figure>
</section>
<section aria-labelledby="epochs-title"><h2 id="epochs-title">Epoch by epoch</h2>
<p class="muted">Views are what the network saw of some images in that epoch; neighbours are what the encoder of that epoch finds alike. A run keeps encoders to look back at with <code>keepEvery=N</code>; the last is always there.</p>
<p id="epoch-none">No run here has an encoder yet.</p>
<p class="choices" id="epoch-choices" hidden><label for="epoch-run">Run</label> <select id="epoch-run"></select>
<label for="epoch">Epoch</label> <input type="range" id="epoch" min="0" max="0" step="1" value="0"> <output id="epoch-number" for="epoch"></output>
<button type="button" id="look">Look</button></p>
<p id="epoch-status" role="status" aria-live="polite" class="muted"></p>
<div id="epoch-shown"></div>
</section>
<section aria-labelledby="warnings-title"><h2 id="warnings-title">Is all well?</h2><div id="warnings"></div></section>
<noscript><p>This page needs its script; <code>tandem compare</code> shows the same in a terminal.</p></noscript>`,
    ],
    origin: html`${root}.`,
    scripts: [chartLibrary(), browserScript('runs'), browserScript('epochs')],
  });
}

const style = html`.chart.tall{height:22rem}progress{width:6rem;accent-color:var(--plain)}select,button{font:inherit;color:var(--text);background:var(--page);border:1px solid var(--limit);border-radius:.4rem;padding:.3rem .6rem;max-width:100%}button{cursor:pointer}input[type=checkbox]{width:1.1rem;height:1.1rem;accent-color:var(--plain)}:focus-visible{outline:3px solid var(--plain);outline-offset:2px}.swatch{display:inline-block;width:.8rem;height:.8rem;border-radius:.2rem;margin-left:.3rem}#warnings h3,#epoch-shown h3{margin-top:1rem}.choices:not([hidden]){display:flex;flex-wrap:wrap;gap:.5rem;align-items:center}input[type=range]{width:12rem;max-width:100%;accent-color:var(--plain)}.views{max-width:100%;height:auto;border-radius:.4rem}a{color:var(--plain)}`;
