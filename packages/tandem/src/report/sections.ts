import { z } from 'zod';
import { inPoints, percent } from '../math.js';
import type { Evaluation } from '../runs/evaluations.js';
import { classesOf, numberIn, type RunRecord, series } from '../runs/run-record.js';
import { type Html, html } from './html.js';
import { isEarly, openQuestions, warningsOf } from './warnings.js';

/** One line on what the run is. */
export function about({ config }: RunRecord): string {
  const { method, backbone, width, images, limit, size, epochs } = config;
  const few = typeof limit === 'number' ? `, at most ${count(limit)} images` : '';
  return `${method}, ${backbone} of width ${width}, on ${images}${few} at ${size} pixels, ${epochs} epochs`;
}

/** The few numbers that everyone asks for first. */
export function facts(run: RunRecord): Html {
  const last = run.metrics.at(-1);
  if (!last) return html``;
  const number = (name: string, show: (value: number) => string) => {
    const value = numberIn(last, name);
    return value === undefined ? undefined : show(value);
  };
  const classes = classesOf(run);
  const rows: (readonly [name: string, value: string | undefined, note?: string])[] = [
    ['k-NN, average', number('knnAverage', tenths), bestOf(run, 'knnAverage')],
    ['k-NN, teacher', number('knnTeacher', tenths), bestOf(run, 'knnTeacher')],
    ['k-NN, student', number('knnStudent', tenths), bestOf(run, 'knnStudent')],
    ['Classes', classes && count(classes.count), classes && classNote(classes)],
    ['Queries', classes?.queries === undefined ? undefined : count(classes.queries), pictureNote(classes?.queries)],
    ['Loss', number('loss', (x) => x.toPrecision(4))],
    ['Epochs', number('epoch', (x) => `${x} of ${run.config.epochs}`)],
    ['Student steps', number('step', count), number('imagesSeen', (x) => `${count(x)} images seen`)],
    ['Time', number('seconds', time), number('imagesPerSecond', (x) => `${x.toPrecision(3)} images/s`)],
  ];
  return html`<dl class="facts">${rows.map(
    ([name, value, note]) =>
      value !== undefined && html`<div class="card"><dt>${name}</dt><dd>${value}<small>${note}</small></dd></div>`,
  )}</dl>`;
}

function classNote({ count: all, first, majority }: NonNullable<ReturnType<typeof classesOf>>): string {
  const named = Object.entries(first).slice(0, 3);
  const sizes = named.map(([name, size]) => `${name} ${count(size)}`).join(', ');
  return `${sizes}${all > named.length ? ', ...' : ''}; the largest is ${tenths(majority)} of the queries`;
}

/** What chance does to accuracies of few queries. */
function pictureNote(queries = 0): string | undefined {
  return queries > 0 && queries <= 1000 ? `one picture is ${inPoints(1 / queries, 1)} points` : undefined;
}

function bestOf(run: RunRecord, name: string): string | undefined {
  const shares = series(run, name);
  const best = shares.reduce<number>((most, x, i) => ((x ?? -1) > (shares[most] ?? -1) ? i : most), 0);
  const share = shares[best];
  return share === undefined ? undefined : `best ${tenths(share)}, epoch ${run.metrics[best]?.epoch}`;
}

/** What should worry the reader, and what to do. */
export function warnings(run: RunRecord): Html {
  const found = warningsOf(run);
  const open = openQuestions(run);
  return html`<section>
<h2>Is all well?</h2>
${
  found.length === 0
    ? isEarly(run)
      ? html`<p>Too early to tell: so few steps show nothing, good or bad.</p>`
      : html`<p class="fine">Nothing looks wrong.</p>`
    : html`<ul class="warnings">${found.map(({ what, advice }) => html`<li><strong>${what}</strong> ${advice}</li>`)}</ul>`
}
${open.length > 0 && html`<p class="muted">Not judged: ${open.join('; ')}.</p>`}
</section>`;
}

/** Rows that the table of a long run has at most; the file has all. */
const mostRows = 50;

/** The curves' numbers, for those who cannot see them or want them exactly. */
export function metricsTable({ metrics }: RunRecord): Html {
  const names = [...new Set(metrics.flatMap((record) => Object.keys(record)))].filter((name) => name !== 'epoch');
  const every = Math.ceil(metrics.length / mostRows);
  const rows = metrics.filter((_, i) => (metrics.length - 1 - i) % every === 0);
  return html`<details><summary>All numbers${every > 1 && `, every ${every} epochs; metrics.jsonl has all`}</summary>
<div class="scroll card" tabindex="0" role="region" aria-label="Numbers of each epoch"><table class="numbers">
<thead><tr><th scope="col">epoch</th>${names.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows.map(
    (
      record,
    ) => html`<tr><th scope="row">${text(record.epoch)}</th>${names.map((name) => html`<td>${text(record[name])}</td>`)}</tr>
`,
  )}</tbody></table></div></details>`;
}

/** Each evaluation of its encoders; undefined where there is none. */
export function evaluations({ evaluations: all }: RunRecord): Html | undefined {
  if (all.length === 0) return undefined;
  return html`<section>
<h2>Evaluations</h2>
<div class="scroll card" tabindex="0" role="region" aria-label="Evaluations"><table>
<thead><tr>${evaluationColumns.map(([name]) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${all.map(
    (one) => html`<tr>${evaluationColumns.map(([, cell]) => html`<td>${cell(one)}</td>`)}</tr>
`,
  )}</tbody></table></div>
</section>`;
}

const evaluationColumns: readonly (readonly [name: string, cell: (one: Evaluation) => Html | string])[] = [
  ['Protocol', ({ protocol }) => protocol],
  ['Encoder', ({ encoder }) => encoder],
  ['Images', ({ images }) => images],
  ['Accuracy', ({ result }) => (typeof result.accuracy === 'number' ? tenths(result.accuracy) : '')],
  ['Other numbers', ({ result: { accuracy: _, ...rest } }) => pairs(rest)],
  ['Settings', ({ settings: chosen }) => pairs(chosen)],
  ['Epoch', ({ epoch }) => text(epoch)],
  ['Date', ({ date }) => date.slice(0, 10)],
];

/** Those that are short enough: no confusion matrices. */
function pairs(entries: Readonly<Record<string, unknown>>): Html {
  const said = Object.entries(entries).map(([name, value]) => `${name}=${text(value)}`);
  return html`<div class="free">${said.filter((pair) => pair.length <= 40).join(' ')}</div>`;
}

/** All settings by name. */
export function settings({ config }: RunRecord): Html {
  const { tandem: environment, ...rest } = config;
  const changed = changedNames.safeParse(environment).data?.changed;
  return html`<section><h2>Settings</h2>
${
  changed &&
  html`<p class="muted">${changed.length > 0 ? html`Those with a <span class="mark">●</span> differ from the defaults.` : 'All are the defaults.'}</p>`
}${list(rest, changed)}</section>`;
}

/** Earlier versions did not write it. */
const changedNames = z.object({ changed: z.array(z.string()) });

/** Folder, versions, device and precision. */
export function environment({ config, path }: RunRecord): Html {
  const machine = typeof config.tandem === 'object' && config.tandem !== null ? config.tandem : {};
  // Views and the images' digest are for other programs.
  const { version, libtorch, threads } = machine as Record<string, unknown>;
  const { device, precision, memoryFormat } = config;
  return html`<section><h2>Environment</h2>${list({ folder: path, tandem: version, libtorch, threads, device, precision, memoryFormat })}</section>`;
}

/** @param marked names that are marked */
function list(entries: Readonly<Record<string, unknown>>, marked: readonly string[] = []): Html {
  const rows = Object.entries(entries).filter(([, value]) => value !== undefined);
  return html`<div class="card columns"><dl>${rows.map(
    ([name, value]) => html`<div${marked.includes(name) && html` class="changed"`}><dt>${name}${
      marked.includes(name) && html` <span class="mark" role="img" aria-label="not the default">●</span>`
    }</dt><dd>${text(value)}</dd></div>
`,
  )}</dl></div>`;
}

const mostFiles = 100;

/** Files that could not be decoded; undefined where there is none. */
export function skippedFiles({ skipped }: RunRecord): Html | undefined {
  if (skipped.length === 0) return undefined;
  const more = skipped.length - mostFiles;
  return html`<section><h2>Files that could not be read</h2>
<details><summary>${skipped.length === 1 ? '1 file' : `${count(skipped.length)} files`}</summary><div class="scroll card" tabindex="0" role="region" aria-label="Files"><table><tbody>
${skipped.slice(0, mostFiles).map(({ file, reason }) => html`<tr><th scope="row">${text(file)}</th><td>${text(reason)}</td></tr>`)}
</tbody></table>${more > 0 && html`<p>and ${count(more)} more in skipped.jsonl</p>`}</div></details></section>`;
}

/** A value for the eye: numbers short. */
function text(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : String(+value.toPrecision(5));
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** A share in tenths of a per cent. */
const tenths = (share: number) => percent(share, 1);
const count = (n: number) => n.toLocaleString('en');

function time(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return `${Math.round(seconds)} s`;
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
