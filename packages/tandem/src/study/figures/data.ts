import { statisticOf } from '../../report/compare.js';
import type { Figure } from '../definition.js';
import type { StudyValues } from '../outcome/values.js';

/** One point of a figure: a mean over seeds, with its standard error. */
export interface FigurePoint {
  readonly panel: string;
  readonly row: string;
  readonly x: string | number;
  readonly mean: number;
  /** The mean less and more its standard error; the mean itself with one seed. */
  readonly low: number;
  readonly high: number;
  readonly seeds: number;
}

/** The numbers that a figure draws, panel by panel. */
export function figurePoints({ panels, measure, kind, axis }: Figure, values: StudyValues): FigurePoint[] {
  const all = [...new Set(values.cells.map(({ row }) => row))];
  return panels.flatMap(({ title, rows = all }) =>
    rows.flatMap((row) => {
      const own = kind === 'curves' ? curve(values, row, measure, axis) : ends(values, row, measure);
      return own.flatMap(([x, numbers]) => {
        const found = statisticOf(numbers);
        if (!found) return [];
        const { mean, standardError: error = 0 } = found;
        return [{ panel: title, row, x, mean, low: mean - error, high: mean + error, seeds: numbers.length }];
      });
    }),
  );
}

type Numbers = [x: string | number, numbers: number[]];

function ends(values: StudyValues, row: string, measure: string): Numbers[] {
  return values
    .xOf(row)
    .map((x) => [typeof x === 'number' ? x : String(x), [...values.values(row, x, measure).values()]]);
}

/** By epoch or step; of several x of a row the first. */
function curve(values: StudyValues, row: string, measure: string, axis: Figure['axis']): Numbers[] {
  const [x = ''] = values.xOf(row);
  const found = new Map<number, number[]>();
  for (const points of values.points(row, x, measure).values()) {
    for (const { epoch, step, value } of points) {
      const at = axis === 'steps' ? step : epoch;
      found.set(at, [...(found.get(at) ?? []), value]);
    }
  }
  return [...found].sort(([a], [b]) => a - b);
}
