// Runs in the page of `tandem ui`, beside Chart.js: shows what its server tells, as it changes.

import type { Chart as ChartClass, ChartConfiguration } from 'chart.js';
import type { RunSummary, Snapshot } from './data.js';

// biome-ignore lint/style/useNamingConvention: the name that Chart.js gives itself on a page
declare const Chart: typeof ChartClass;

const byId = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const status = byId('status');
const metric = byId<HTMLSelectElement>('metric');
const colours = 10;
/** Runs whose curves are hidden; those that come are shown. */
const hidden = new Set<string>();
let now: Snapshot | undefined;
let chart: ChartClass<'line', { x: number; y: number }[]> | undefined;

const cssColour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const colourOf = (i: number) => cssColour(`class-${i % colours}`);

/** An element with text or elements in it. */
function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  facts: Partial<HTMLElementTagNameMap[K]> = {},
  ...inside: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(tag), facts);
  made.append(...inside);
  return made;
}

function show(snapshot: Snapshot): void {
  now = snapshot;
  const { runs, system } = snapshot;
  const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  byId('system').textContent =
    `This machine: load ${system.load.toFixed(2)} on ${system.cores} cores, ${gib(system.freeMemory)} of ${gib(system.memory)} free.`;
  const training = runs.filter(({ state }) => state === 'training').length;
  say(
    runs.length === 0
      ? 'There is no run here yet.'
      : `${runs.length} ${runs.length === 1 ? 'run' : 'runs'}, ${training} of them training.`,
  );
  keepingFocus(() => byId('runs').replaceChildren(...runs.map(row)));
  byId('warnings').replaceChildren(...runs.flatMap(warnings));
  chooseMetrics(runs);
  draw();
  document.dispatchEvent(new CustomEvent('runs', { detail: snapshot }));
}

/** Said once: what reads the page aloud need not repeat it. */
function say(text: string): void {
  if (status.textContent !== text) status.textContent = text;
}

/** Rows are made anew; whoever stands on a button or box of one goes on standing there. */
function keepingFocus(change: () => void): void {
  const { id } = document.activeElement ?? {};
  change();
  if (id) document.getElementById(id)?.focus();
}

function row(run: RunSummary, i: number): HTMLElement {
  const box = make('input', { type: 'checkbox', checked: !hidden.has(run.id), id: `shown-${i}` });
  box.setAttribute('aria-label', `curve of ${run.name}`);
  box.addEventListener('change', () => {
    if (box.checked) hidden.delete(run.id);
    else hidden.add(run.id);
    draw();
  });
  const swatch = make('span', { className: 'swatch' });
  swatch.style.background = colourOf(i);
  const { done = 0, epochs = 0, left, accuracy, kept, settings = [], method = '', backbone = '', images = '' } = run;
  const bar = make('progress', { max: Math.max(epochs, 1), value: done });
  bar.setAttribute('aria-label', `epochs of ${run.name}`);
  return make(
    'tr',
    {},
    make('td', {}, box, swatch),
    make('th', { scope: 'row' }, run.name, make('div', { className: 'muted' }, [method, backbone, images].join(' '))),
    make('td', {}, stateText(run)),
    make('td', {}, bar, ` ${done} of ${epochs}`),
    make('td', {}, left === undefined ? '' : duration(left)),
    make('td', {}, accuracy === undefined ? '' : `${(100 * accuracy).toFixed(1)} %`),
    make('td', {}, kept ?? ''),
    make('td', {}, make('div', { className: 'free' }, settings.join(' '))),
    make('td', {}, ...actions(run, i)),
  );
}

function stateText({ state, note }: RunSummary): string {
  if (state === 'elsewhere') return 'training on another machine, or was when it was copied';
  return note ? `${state}: ${note}` : state;
}

function actions(run: RunSummary, i: number): (Node | string)[] {
  const report = make('a', { href: `report?run=${encodeURIComponent(run.id)}`, id: `report-${i}` }, 'report');
  report.setAttribute('aria-label', `report of ${run.name}`);
  const action = run.state === 'training' ? 'stop' : run.state === 'stopped' ? 'resume' : undefined;
  if (!now?.mayControl || action === undefined) return run.hasReport ? [report] : [];
  const button = make('button', { type: 'button', id: `${action}-${i}` }, action);
  button.setAttribute('aria-label', `${action} ${run.name}`);
  button.addEventListener('click', () => void control(run, action));
  return run.hasReport ? [report, ' ', button] : [button];
}

async function control({ id, name }: RunSummary, action: 'stop' | 'resume'): Promise<void> {
  const question = action === 'stop' ? `Stop ${name}? It is saved, and can be resumed.` : `Resume ${name}?`;
  if (!confirm(question)) return;
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch('control', { method: 'POST', headers, body: JSON.stringify({ run: id, action }) });
  say(answer.ok ? `Asked to ${action} ${name}.` : (await answer.json()).error);
}

function warnings({ name, warnings: found = [], open = [] }: RunSummary): Node[] {
  if (found.length === 0 && open.length === 0) return [];
  const list = make('ul', { className: 'warnings' }, ...found.map((text) => make('li', {}, text)));
  const rest = open.length > 0 ? [make('p', { className: 'muted' }, `Not judged: ${open.join('; ')}.`)] : [];
  return [make('h3', {}, name), ...(found.length > 0 ? [list] : []), ...rest];
}

/** The numbers that some run has, k-NN of the teacher first where there is one. */
function chooseMetrics(runs: readonly RunSummary[]): void {
  const names = [...new Set(runs.flatMap(({ curves = {} }) => Object.keys(curves)))].sort();
  if (names.join() === [...metric.options].map(({ value }) => value).join()) return;
  const before =
    metric.value || ['knnAverage', 'knnTeacher', 'knnStudent', 'loss'].find((name) => names.includes(name)) || '';
  metric.replaceChildren(...names.map((name) => make('option', { value: name }, name)));
  metric.value = names.includes(before) ? before : (names[0] ?? '');
}

function draw(): void {
  if (!now) return;
  Chart.defaults.color = cssColour('muted');
  Chart.defaults.borderColor = cssColour('grid');
  const datasets = now.runs.flatMap(({ id, name, curves = {} }, i) => {
    const points = curves[metric.value];
    if (!points || hidden.has(id)) return [];
    const data = points.map(([x, y]) => ({ x, y }));
    return [
      {
        label: name,
        data,
        borderColor: colourOf(i),
        backgroundColor: colourOf(i),
        pointRadius: data.length > 25 ? 0 : 3,
      },
    ];
  });
  chart ??= new Chart<'line', { x: number; y: number }[]>(byId<HTMLCanvasElement>('curves'), config());
  chart.data = { datasets };
  chart.update();
}

function config(): ChartConfiguration<'line', { x: number; y: number }[]> {
  return {
    type: 'line',
    data: { datasets: [] },
    options: {
      animation: false,
      maintainAspectRatio: false,
      interaction: { mode: 'nearest', intersect: false },
      plugins: { legend: { position: 'bottom', labels: { usePointStyle: true } } },
      scales: {
        x: { type: 'linear', title: { display: true, text: 'epoch' }, ticks: { precision: 0 } },
        y: { grace: '5%', ticks: { maxTicksLimit: 6 } },
      },
    },
  };
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

metric.addEventListener('change', draw);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  chart?.destroy();
  chart = undefined;
  if (now) show(now);
});
const events = new EventSource('events');
events.addEventListener('message', ({ data }) => show(JSON.parse(data)));
events.addEventListener('error', () => say('The server does not answer; what is shown is as it was.'));
