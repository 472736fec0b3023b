import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { svgToPng } from '../../images/index.js';
import { readScatter } from '../../runs/index.js';
import { csv } from '../../text.js';
import type { Figure } from '../definition.js';
import { figurePoints } from '../figures/data.js';
import { drawSvg } from '../figures/draw.js';
import { type ScatterPanel, scatterSpec, specOf } from '../figures/spec.js';
import { folderOf } from '../plan.js';
import type { Outcome } from './outcome.js';

/** Pixels around a PNG: without a font Vega takes texts for wider than they are. */
const margin = 20;

/** A figure in all its forms. */
export interface DrawnFigure {
  /** Of its files, without ending. */
  readonly name: string;
  readonly title: string;
  readonly svg: string;
  readonly png: Uint8Array;
  readonly csv: string;
}

/** The figures of a study, without those that have no number yet. @param folder of its runs */
export async function drawFigures(outcome: Outcome, folder: string): Promise<DrawnFigure[]> {
  const { study } = outcome.planned;
  const drawn: DrawnFigure[] = [];
  for (const [i, figure] of study.figures.entries()) {
    const name = study.figures.length === 1 ? study.name : `${study.name}-${i + 1}`;
    const found = figure.kind === 'scatter' ? scatterOf(outcome, folder) : chartOf(figure, outcome);
    if (!found) continue;
    const svg = await drawSvg(found.spec);
    const png = await svgToPng(svg, margin);
    drawn.push({ name, title: `${study.title}: ${figure.measure}`, svg, png, csv: csv(found.lines) });
  }
  return drawn;
}

function chartOf(figure: Figure, { planned, values, caption }: Outcome) {
  const points = figurePoints(figure, values);
  if (points.length === 0) return undefined;
  const head = ['panel', 'row', 'x', 'mean', 'mean - standard error', 'mean + standard error', 'seeds'];
  return {
    spec: specOf(figure, planned.study, points, caption),
    lines: [head, ...points.map((p) => [p.panel, p.row, p.x, p.mean, p.low, p.high, p.seeds])],
  };
}

/** The layouts of each row's first seed, with their silhouettes. */
function scatterOf({ planned, caption }: Outcome, folder: string) {
  const panels = planned.cells.flatMap(({ row, runs }): ScatterPanel[] => {
    const run = runs[0] && folderOf(folder, runs[0]);
    const scatter = run !== undefined && existsSync(join(run, 'tsne.json')) ? readScatter(run) : undefined;
    if (!scatter) return [];
    const silhouette = scatter.numbers['silhouette, features'];
    const points = scatter.points.map(([x, y], i) => {
      const label = scatter.labels?.[i];
      return { x, y, class: scatter.classNames?.[label ?? -1] ?? String(label ?? '') };
    });
    return [{ title: `${row}${silhouette === undefined ? '' : `, silhouette ${silhouette.toFixed(3)}`}`, points }];
  });
  if (panels.length === 0) return undefined;
  const lines = panels.flatMap(({ title, points }) => points.map((p) => [title, p.class, p.x, p.y]));
  return { spec: scatterSpec(panels, planned.study, caption), lines: [['panel', 'class', 'x', 'y'], ...lines] };
}
