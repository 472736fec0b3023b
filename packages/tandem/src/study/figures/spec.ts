import type { Figure, Study } from '../definition.js';
import { isShare } from '../outcome/table.js';
import type { FigurePoint } from './data.js';

/** A figure in Vega-Lite's language, which is JSON. */
export type Spec = Readonly<Record<string, unknown>>;

const size = { width: 340, height: 240 };
const font = 'system-ui, sans-serif';

/** Colours that stay apart for the colour-blind (Okabe and Ito), then shades of grey. */
const colours = [
  '#0072b2',
  '#e69f00',
  '#009e73',
  '#cc79a7',
  '#56b4e9',
  '#d55e00',
  '#8a7a00',
  '#000000',
  '#777777',
  '#aaaaaa',
];

const config = {
  background: '#ffffff',
  font,
  axis: { grid: true, gridColor: '#e5e5e5', domainColor: '#999999', tickColor: '#999999', labelLimit: 320 },
  header: { labelFont: font, titleFont: font },
  legend: { labelLimit: 260, symbolOpacity: 1 }, // else as pale as the bands
  view: { stroke: null },
};

/** The drawing of a figure's points. @param caption stands under it */
export function specOf(figure: Figure, study: Study, points: readonly FigurePoint[], caption: string): Spec {
  const scale = isShare(study, figure.measure) ? 100 : 1;
  const values = points.map((point) => ({
    ...point,
    ...{ mean: scale * point.mean, low: scale * point.low, high: scale * point.high },
  }));
  const y = { type: 'quantitative', title: `${figure.measure}${scale === 100 ? ' (%)' : ''}`, scale: { zero: false } };
  const rows = [...new Set(points.map(({ row }) => row))];
  const colour = {
    field: 'row',
    type: 'nominal',
    title: null,
    scale: { domain: rows, range: rows.map((_, i) => colours[i % colours.length]) },
  };
  const panels = figure.panels.length > 1 ? figure.panels : [{ title: '' }];
  const draw = figure.kind === 'bars' ? bars : lines;
  const drawn = panels.map(({ title }) => ({
    ...(title !== '' && { title }),
    data: { values: values.filter((point) => panels.length === 1 || point.panel === title) },
    ...draw({ figure, study, y, colour, rows, points }),
  }));
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: {
      text: study.title,
      subtitle: wrapped(caption, drawn.length > 1 ? 110 : 64),
      anchor: 'start',
      frame: 'group',
      subtitleColor: '#555555',
    },
    config,
    ...(drawn.length === 1 ? drawn[0] : { hconcat: drawn }),
  };
}

interface Drawing {
  readonly figure: Figure;
  readonly study: Study;
  readonly y: object;
  readonly colour: object;
  readonly rows: readonly string[];
  readonly points: readonly FigurePoint[];
}

/** Means as a line, standard errors as a band around it. */
function lines({ figure, study, y, colour }: Drawing): Spec {
  const title = figure.kind === 'curves' ? figure.axis : study.xName;
  const x = {
    field: 'x',
    type: 'quantitative',
    title,
    scale: figure.log ? { type: 'log', base: 2, nice: false } : { zero: false, nice: false },
    axis: figure.log ? { values: study.x, format: 'd' } : figure.kind === 'curves' ? { tickMinStep: 1 } : {},
  };
  return {
    ...size,
    layer: [
      {
        mark: { type: 'area', opacity: 0.18 },
        encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, color: colour },
      },
      {
        mark: { type: 'line', point: { size: 22 }, strokeWidth: 1.6 },
        encoding: { x, y: { ...y, field: 'mean' }, color: colour },
      },
    ],
  };
}

/** A bar a row, in the order of the study, with its standard error; a panel each x. */
function bars({ y, colour, rows, points }: Drawing): Spec {
  const xs = [...new Set(points.map(({ x }) => x))];
  const row = { field: 'row', type: 'nominal', sort: rows, title: null };
  const value = { ...y, scale: { zero: true } };
  const layer = [
    {
      mark: { type: 'bar', height: { band: 0.7 } },
      encoding: { y: row, x: { ...value, field: 'mean' }, color: { ...colour, legend: null } },
    },
    {
      mark: { type: 'rule', strokeWidth: 1.5, color: '#222222' },
      encoding: { y: row, x: { ...value, field: 'low' }, x2: { field: 'high' } },
    },
  ];
  const one = { width: size.width, height: { step: 22 }, layer };
  if (xs.length < 2) return one;
  return { facet: { field: 'x', type: 'nominal', title: null, sort: xs }, columns: 3, spec: one };
}

/** Lines of at most so many letters, broken between words. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** One panel of a t-SNE grid. */
export interface ScatterPanel {
  readonly title: string;
  readonly points: readonly { readonly x: number; readonly y: number; readonly class: string }[];
}

/** t-SNE layouts beside each other, four in a line. */
export function scatterSpec(panels: readonly ScatterPanel[], study: Study, caption: string): Spec {
  const axis = { type: 'quantitative', axis: null, scale: { zero: false } };
  const values = panels.flatMap(({ title, points }) => points.map((point) => ({ ...point, title })));
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: { text: study.title, subtitle: wrapped(caption, 120), anchor: 'start', subtitleColor: '#555555' },
    config,
    data: { values },
    facet: { field: 'title', type: 'nominal', title: null, sort: panels.map(({ title }) => title) },
    columns: 4,
    spec: {
      width: 210,
      height: 210,
      mark: { type: 'circle', size: 9, opacity: 0.7 },
      encoding: {
        x: { ...axis, field: 'x' },
        y: { ...axis, field: 'y' },
        color: { field: 'class', type: 'nominal', title: null, scale: { scheme: 'tableau10' } },
      },
    },
    resolve: { scale: { x: 'independent', y: 'independent' } },
  };
}
