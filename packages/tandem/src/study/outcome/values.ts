import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type RunRecord, readRun } from '../../runs/index.js';
import type { Measure, Quantity } from '../definition.js';
import { type Point, pointsOf } from '../measures.js';
import { type Cell, folderOf, measureAt, type Plan, type PlannedStudy } from '../plan.js';

/** Numbers by seed. */
export type BySeed = ReadonlyMap<number, number>;

/** What the runs of a study came to, as far as they are trained and measured. */
export class StudyValues {
  readonly #planned: PlannedStudy;
  readonly #folder: string;
  readonly #scale: Plan['scale'];
  readonly #records: Map<string, RunRecord | undefined>;

  /** @param records of runs that were read before, by id; the others are added */
  constructor(planned: PlannedStudy, { scale }: Plan, folder: string, records: Map<string, RunRecord | undefined>) {
    this.#planned = planned;
    this.#folder = folder;
    this.#scale = scale;
    this.#records = records;
  }

  get cells(): readonly Cell[] {
    return this.#planned.cells;
  }

  /** Whether a run has come to its end. */
  isTrained({ id }: { readonly id: string }): boolean {
    return this.#recordOf(id) !== undefined;
  }

  /** The x of a row, in order. */
  xOf(row: string): Cell['x'][] {
    return this.cells.filter((cell) => cell.row === row).map(({ x }) => x);
  }

  /** What each run of a cell says of a measure, its end or its curve; without the silent ones. */
  points(row: string, x: Cell['x'], measure: string): ReadonlyMap<number, readonly Point[]> {
    const cell = this.cells.find((one) => one.row === row && one.x === x);
    const how = measureAt(this.#planned.study.measures[measure] as Measure, this.#scale);
    const found = new Map<number, readonly Point[]>();
    for (const run of cell?.runs ?? []) {
      const record = this.#recordOf(run.id);
      const points = record ? pointsOf(record, how) : [];
      if (points.length > 0) found.set(run.seed, points);
    }
    return found;
  }

  /** The last number of each run of a cell. */
  values(row: string, x: Cell['x'], measure: string): BySeed {
    const entries = [...this.points(row, x, measure)];
    return new Map(entries.map(([seed, points]) => [seed, (points.at(-1) as Point).value]));
  }

  /** A quantity of a claim by seed; of `each` x the one that is given. */
  quantity({ row, minus, measure, take }: Quantity, x: Cell['x']): BySeed {
    const own = this.#taken(row, measure, take, x);
    if (minus === undefined) return own;
    const other = this.#taken(minus, measure, take, x);
    return new Map([...own].flatMap(([seed, value]) => pair(seed, value, other.get(seed))));
  }

  #taken(row: string, measure: string, take: Quantity['take'], x: Cell['x']): BySeed {
    if (take === 'value') return this.values(row, x, measure);
    if (take === 'slope' || take === 'spread') return this.#overX(row, measure, take);
    const found = [...this.points(row, x, measure)];
    return new Map(found.map(([seed, points]) => [seed, ofCurve(points, take)]));
  }

  /** Of seeds that have every x. */
  #overX(row: string, measure: string, take: 'slope' | 'spread'): BySeed {
    const all = this.xOf(row).map((x) => ({ x, values: this.values(row, x, measure) }));
    const seeds = this.#planned.seeds.filter((seed) => all.every(({ values }) => values.has(seed)));
    return new Map(
      seeds.map((seed) => {
        const y = all.map(({ values }) => values.get(seed) as number);
        return [
          seed,
          take === 'spread'
            ? Math.max(...y) - Math.min(...y)
            : slope(
                all.map(({ x }) => Math.log2(Number(x))),
                y,
              ),
        ];
      }),
    );
  }

  #recordOf(id: string): RunRecord | undefined {
    const folder = folderOf(this.#folder, { id });
    if (!this.#records.has(id)) {
      this.#records.set(id, existsSync(join(folder, 'trained.json')) ? readRun(folder) : undefined);
    }
    return this.#records.get(id);
  }
}

function pair(seed: number, value: number, other: number | undefined): [number, number][] {
  return other === undefined ? [] : [[seed, value - other]];
}

/** Of least squares. */
function slope(x: readonly number[], y: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const covariance = x.reduce((sum, value, i) => sum + (value - mx) * ((y[i] as number) - my), 0);
  return covariance / x.reduce((sum, value) => sum + (value - mx) ** 2, 0);
}

function ofCurve(points: readonly Point[], take: 'early' | 'peak' | 'fall'): number {
  const last = points.at(-1) as Point;
  const values = points.map(({ value }) => value);
  if (take === 'peak') return Math.max(...values);
  if (take === 'fall') return Math.max(...values) - last.value;
  return (points.find(({ epoch }) => epoch >= last.epoch / 4) as Point).value;
}
