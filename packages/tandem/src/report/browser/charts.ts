// Runs in the report's page, beside Chart.js: draws what the page holds as JSON, in the colours of
// its style sheet.

import type { Chart as ChartClass, ChartConfiguration, ChartDataset, PointStyle } from 'chart.js';
import type { Line, PageData, PageScatter, Plot } from './data.js';

// biome-ignore lint/style/useNamingConvention: the name that Chart.js gives itself on a page
declare const Chart: typeof ChartClass;

const pageData: PageData = JSON.parse(document.getElementById('data')?.textContent ?? '{"charts":[]}');
const drawn: ChartClass[] = [];

/** Shapes beside colours, for those who do not see the colours apart. */
const shapes: readonly PointStyle[] = ['circle', 'triangle', 'rect', 'rectRot', 'star', 'crossRot', 'cross'];
const classColours = 10;

/** A colour of the style sheet, which knows of dark mode. */
const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

function draw(): void {
  for (const chart of drawn.splice(0)) chart.destroy();
  Chart.defaults.color = colour('muted');
  Chart.defaults.borderColor = colour('grid');
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.animation = false;
  Chart.defaults.maintainAspectRatio = false;
  for (const chart of pageData.charts) put(chart.id, curves(chart));
  if (pageData.scatter) put(pageData.scatter.id, scatter(pageData.scatter));
}

function put(id: string, config: ChartConfiguration<'line'> | ChartConfiguration<'scatter'>): void {
  const canvas = document.getElementById(id);
  if (canvas instanceof HTMLCanvasElement) drawn.push(new Chart(canvas, config as ChartConfiguration));
}

function curves({ epochs, lines, percent }: Plot): ChartConfiguration<'line'> {
  const shown = (value: number) => (percent ? `${+(value * 100).toPrecision(4)} %` : brief(value));
  return {
    type: 'line',
    data: { labels: [...epochs], datasets: lines.map((line, i) => dataset(line, dashOf(lines, i))) },
    options: {
      interaction: { mode: 'index', intersect: false },
      plugins: {
        legend: {
          display: lines.length > 1,
          align: 'start',
          labels: { usePointStyle: true, boxHeight: 7, color: colour('text') },
        },
        tooltip: {
          callbacks: {
            title: ([first]) => `epoch ${first?.label}`,
            label: ({ dataset: { label }, parsed }) => `${label}: ${parsed.y === null ? '' : shown(parsed.y)}`,
          },
        },
      },
      scales: {
        x: {
          title: { display: true, text: 'epoch' },
          grid: { display: false },
          ticks: { maxTicksLimit: 9, maxRotation: 0 },
        },
        y: {
          grace: '5%',
          border: { display: false },
          ticks: { maxTicksLimit: 6, callback: (value) => shown(Number(value)) },
        },
      },
    },
  };
}

/** Shapes of the points of curves, beside colours. */
const points: Partial<Record<Line['role'], PointStyle>> = { teacher: 'triangle', average: 'rect' };

/** Levels to compare with are told apart by their dashes. */
const dashes: readonly (readonly number[])[] = [
  [5, 4],
  [1.5, 3],
  [10, 4],
];

function dashOf(lines: readonly Line[], at: number): readonly number[] {
  if (lines[at]?.role !== 'limit') return [];
  const before = lines.slice(0, at).filter(({ role }) => role === 'limit').length;
  return dashes[before % dashes.length] ?? [];
}

function dataset({ name, values, role }: Line, dash: readonly number[]): ChartDataset<'line'> {
  const own = colour(role);
  const isLimit = role === 'limit';
  return {
    label: name,
    data: [...values],
    borderColor: own,
    backgroundColor: own,
    borderWidth: isLimit ? 1.5 : 2,
    borderDash: [...dash],
    // One point alone is no line; many would hide it.
    pointRadius: isLimit || values.filter((x) => x !== null).length > 25 ? 0 : 3,
    pointHitRadius: 8,
    pointStyle: isLimit ? 'line' : (points[role] ?? 'circle'),
    spanGaps: true,
    tension: 0,
  };
}

function scatter({ classes }: PageScatter): ChartConfiguration<'scatter'> {
  const points = classes.reduce((sum, { points: own }) => sum + own.length, 0);
  const hidden = { display: false, grid: { display: false } };
  return {
    type: 'scatter',
    data: {
      datasets: classes.map(({ name, points: own }, i) => ({
        label: name,
        data: own.map(([x, y]) => ({ x, y })),
        backgroundColor: colour(`class-${i % classColours}`),
        borderColor: colour(`class-${i % classColours}`),
        borderWidth: 1,
        pointStyle: shapes[Math.floor(i / 2) % shapes.length] ?? 'circle',
        pointRadius: points > 3000 ? 1.5 : 2.5,
      })),
    },
    options: {
      plugins: {
        legend: {
          display: classes.length > 1,
          position: 'bottom',
          labels: { usePointStyle: true, boxHeight: 8, color: colour('text') },
        },
        tooltip: { callbacks: { label: ({ dataset: { label } }) => label ?? '' } },
      },
      scales: { x: hidden, y: hidden },
    },
  };
}

/** A few digits, so that an axis stays narrow on a phone. */
function brief(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5)
    ? value.toExponential(1).replace('.0e', 'e')
    : String(+value.toPrecision(4));
}

draw();
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
