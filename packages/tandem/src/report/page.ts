import type { RunRecord, Scatter } from '../runs/index.js';
import { printable } from '../text.js';
import { readAssets } from './assets.js';
import type { Watched } from './attention.js';
import type { KnnBaselines } from './baselines.js';
import type { PageData, PageScatter } from './browser/data.js';
import { classSection } from './class-section.js';
import { type Curve, curvesOf } from './curves.js';
import { type Html, html, jsonForScript } from './html.js';
import { htmlPage } from './html-page.js';
import type { Neighbours, Query } from './neighbours.js';
import { about, environment, evaluations, facts, metricsTable, settings, skippedFiles, warnings } from './sections.js';

/** What a report shows beside what stands in the run folder. */
export interface ReportParts {
  /** Of some images of the run. */
  readonly neighbours?: Neighbours | undefined;
  /** Where its transformer looks in some images. */
  readonly attention?: readonly Watched[] | undefined;
  /** What its k-NN has to beat, where that was measured. */
  readonly baselines?: KnnBaselines | undefined;
  /** The last t-SNE of the run. */
  readonly scatter?: Scatter | undefined;
  /** Why there are no pictures of neighbours. */
  readonly withoutNeighbours?: string | undefined;
}

/**
 * A run as one HTML page that needs no other file and no network. Its policy lets only its own
 * scripts run, whatever names of classes and files hold.
 */
export function reportPage(
  run: RunRecord,
  { neighbours, attention, baselines, scatter, withoutNeighbours }: ReportParts = {},
): string {
  const { style, scripts, policy } = readAssets();
  const curves = curvesOf(run, baselines);
  const layout = scatter && pageScatter(scatter);
  const data: PageData = { charts: curves.map(({ chart }) => chart), ...(layout && { scatter: layout }) };
  return htmlPage({
    ...{ title: run.name, policy, style, about: about(run) },
    main: [
      facts(run),
      warnings(run),
      curveSection(run, curves),
      neighbourSection(neighbours, withoutNeighbours),
      attention && attentionSection(attention),
      scatter && layout && scatterSection(scatter, layout),
      evaluations(run),
      classSection(run),
      settings(run),
      environment(run),
      skippedFiles(run),
    ],
    origin: html`the files of this run; <code>tandem report</code> makes it anew.`,
    scripts: [html`<script type="application/json" id="data">${jsonForScript(data)}</script>`, ...scripts],
  });
}

function curveSection(run: RunRecord, curves: readonly Curve[]): Html {
  if (curves.length === 0) return html`<section><h2>Curves</h2><p>No epoch is over yet.</p></section>`;
  const others = curves.filter(({ main }) => !main);
  return html`<section>
<h2>Curves</h2>
<noscript><p>The curves are drawn by a script; the numbers are in the table below.</p></noscript>
<div class="curves">${curves.filter(({ main }) => main).map(curveFigure)}</div>
${others.length > 0 && html`<details><summary>${others.length} more</summary><div class="curves">${others.map(curveFigure)}</div></details>`}
${metricsTable(run)}
</section>`;
}

function curveFigure({ chart, title, reading }: Curve): Html {
  const ends = chart.lines
    .filter(({ role }) => role !== 'limit')
    .map(
      ({ name, values }) => `${name} from ${values.find((x) => x !== null)} to ${values.findLast((x) => x !== null)}`,
    );
  return html`<figure class="card">
<figcaption><h3>${title}</h3><p class="muted">${reading}</p></figcaption>
<div class="chart"><canvas id="${chart.id}" role="img" aria-label="${title}: ${ends.join(', ')}"></canvas></div>
</figure>
`;
}

function neighbourSection(found: Neighbours | undefined, why: string | undefined): Html | undefined {
  if (!found) return why === undefined ? undefined : html`<section><h2>Nearest neighbours</h2><p>${why}</p></section>`;
  const known = found.queries.some(({ neighbours }) => neighbours.some(({ right }) => right !== undefined));
  return html`<section>
<h2>Nearest neighbours</h2>
<p class="muted">Left, an image the encoder was asked for; right, the five it finds most alike among ${count(found.among)} images,
nearest first. The number is their cosine similarity.${known && ' ✓ is the same class, ✗ another.'}</p>
<div class="queries">${found.queries.map(queryFigure)}</div>
</section>`;
}

function queryFigure({ uri, caption, file, neighbours }: Query): Html {
  return html`<div class="card query">
<figure class="asked"><img src="${uri}" alt="asked: ${caption}"><figcaption>${caption}${fileNote(file)}</figcaption></figure>
${neighbours.map(
  (
    n,
  ) => html`<figure class="${n.right === undefined ? '' : n.right ? 'right' : 'wrong'}"><img src="${n.uri}" alt="${n.caption}">
<figcaption>${mark(n.right)}${n.similarity.toFixed(2)} ${n.caption}${fileNote(n.file)}</figcaption></figure>
`,
)}</div>
`;
}

function attentionSection(pictures: readonly Watched[]): Html {
  return html`<section>
<h2>Attention</h2>
<p class="muted">Where the class token of the last block looks: bright is looked at, a square is a patch. Each picture, then the
mean of its heads over it, then head by head.</p>
<div class="queries">${pictures.map(attentionFigure)}</div>
</section>`;
}

function attentionFigure({ uri, caption, file, mean, heads }: Watched): Html {
  return html`<div class="card query looks">
<figure class="asked"><img src="${uri}" alt="${caption}"><figcaption>${caption}${fileNote(file)}</figcaption></figure>
<figure><span class="over"><img src="${uri}" alt="${caption}"><img src="${mean}" alt="where all heads look"></span>
<figcaption>all heads</figcaption></figure>
${heads.map(
  (
    map,
    i,
  ) => html`<figure><img src="${map}" alt="where head ${i + 1} looks"><figcaption>head ${i + 1}</figcaption></figure>
`,
)}</div>
`;
}

function fileNote(file: string | undefined): Html | undefined {
  return file === undefined ? undefined : html` <small title="${file}">${file}</small>`;
}

function mark(right: boolean | undefined): Html | undefined {
  if (right === undefined) return undefined;
  return html`<span class="mark"><span aria-hidden="true">${right ? '✓' : '✗'}</span><span class="hidden">${right ? 'right' : 'wrong'}</span></span> `;
}

function scatterSection({ title, points, numbers }: Scatter, { id, classes }: PageScatter): Html {
  return html`<section>
<h2>${title ?? 't-SNE'}</h2>
<figure class="card">
<figcaption class="muted">${count(points.length)} images by their features: near each other is alike. Axes mean nothing.</figcaption>
<div class="chart square"><canvas id="${id}" role="img" aria-label="${title ?? 't-SNE'} of ${points.length} images in ${classes.length} classes"></canvas></div>
<dl class="facts">${Object.entries(numbers).map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${+value.toPrecision(3)}</dd></div>`,
  )}</dl>
</figure>
</section>`;
}

/** Points by class, rounded to what can be seen. */
function pageScatter({ points, labels, classNames }: Scatter): PageScatter {
  const most = points.reduce((most, [x, y]) => Math.max(most, Math.abs(x), Math.abs(y)), 1e-9);
  const rounded = (x: number) => +((x / most) * 1000).toFixed(1);
  const classes: { name: string; points: [number, number][] }[] = [];
  for (const [i, [x, y]] of points.entries()) {
    const label = labels?.[i] ?? 0;
    classes[label] ??= { name: printable(classNames?.[label] ?? (labels ? `class ${label}` : 'images')), points: [] };
    classes[label].points.push([rounded(x), rounded(y)]);
  }
  return { id: 'scatter', classes: classes.filter((one) => one !== undefined) };
}

const count = (n: number) => n.toLocaleString('en');
