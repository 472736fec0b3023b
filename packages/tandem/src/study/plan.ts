import { createHash } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.js';

import { findMethod } from '../methods/index.js';
import { flattenConfig, type RunConfig, readConfigFile, resolveConfig, runOptions } from '../pretrain/index.js';
import type { Measure, Row, Scale } from './definition.js';
import type { FoundStudy } from './find.js';
import { scaled } from './scale.js';

/** One run of a study, or of several that share it. */
export interface PlannedRun {
  /** The name of its folder: images, method, a digest of all that decides what comes out, seed. */
  readonly id: string;
  /** As given to `resolveConfig`; run folders that it needs are named by their ids. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly config: RunConfig;
  readonly seed: number;
  /** Settings that name the folder of another run, by name. */
  readonly needs: Readonly<Record<string, PlannedRun>>;
  /** How it is measured when it is trained. */
  readonly measures: Measure[];
  /** Where it is used: study, row and x. */
  readonly uses: string[];
}

/** One cell of a study: its runs by seed. */
export interface Cell {
  readonly row: string;
  readonly x: string | number | boolean;
  readonly runs: readonly PlannedRun[];
}

/** A study at a scale: which runs it is made of. */
export interface PlannedStudy {
  readonly study: FoundStudy;
  readonly seeds: readonly number[];
  readonly cells: readonly Cell[];
  /** Cells that cannot be run at this scale, and why. */
  readonly impossible: readonly { readonly cell: string; readonly why: string }[];
}

/** Studies at a scale, and all runs that they need: each after those that it needs, once. */
export interface Plan {
  readonly scale: Scale & { readonly name: string };
  readonly studies: readonly PlannedStudy[];
  readonly runs: readonly PlannedRun[];
}

/** What a user changes of a study for the machine at hand. */
export interface PlanOptions {
  /** Instead of the scale's. */
  readonly seeds?: number | undefined;
  /** Settings of all runs, such as `dataRoot` and `device`. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Only these rows, or values of x; all by default. */
  readonly only?: readonly string[] | undefined;
  /** Where images are, or what stands in for them, by the name that configurations use. */
  readonly images?: Readonly<Record<string, string>>;
}

/** Settings that decide nothing that is learned. */
const circumstances = ['seed', 'device', 'dataRoot', 'cache', 'graph', 'saveMinutes', 'saveSteps', 'preset'];
/** Settings that name a run folder. */
const folders = ['teacher', 'from', 'initFrom'] as const;

/**
 * What studies come to at a scale. Runs with equal settings are one run, whichever study or row
 * they belong to.
 * @throws UserError where nothing of a study can be run
 */
export function planStudies(
  studies: readonly FoundStudy[],
  scale: Scale & { readonly name: string },
  options: PlanOptions = {},
): Plan {
  const runs = new Map<string, PlannedRun>();
  const planned = studies.map((study) => planStudy(study, { scale, options, runs }));
  return { scale, studies: planned, runs: [...runs.values()] };
}

interface Planning {
  readonly scale: Scale;
  readonly options: PlanOptions;
  /** By id; a run stands after those that it needs. */
  readonly runs: Map<string, PlannedRun>;
}

function planStudy(study: FoundStudy, planning: Planning): PlannedStudy {
  const most = planning.options.seeds ?? Math.min(planning.scale.seeds, study.seeds ?? planning.scale.seeds);
  const { only } = planning.options;
  const seeds = Array.from({ length: most }, (_, i) => i);
  const impossible: { cell: string; why: string }[] = [];
  const cells: Cell[] = [];
  for (const [name, row] of Object.entries(study.rows)) {
    for (const x of row.x ?? study.x) {
      if (only && !only.includes(name) && !only.includes(String(x))) continue;
      try {
        const own = row.seed === undefined ? seeds : [row.seed];
        const made = own.map((seed) => planRun(study, row, x, seed, planning));
        for (const run of made) {
          run.uses.push(usedAs(study.name, name, x));
          addMeasures(run, Object.values(study.measures), planning.scale);
        }
        cells.push({ row: name, x, runs: made });
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        impossible.push({ cell: usedAs('', name, x).trim(), why: error.message });
      }
    }
  }
  const [first] = impossible;
  if (first && cells.length === 0) throw new UserError(`${study.name}: ${first.cell}: ${first.why}`);
  return { study, seeds, cells, impossible };
}

function usedAs(study: string, row: string, x: unknown): string {
  return `${study} ${row}${x === '' ? '' : `, ${x}`}`;
}

/** The measures that a run is not to be measured by yet, with the scale's settings. */
function addMeasures(run: PlannedRun, measures: readonly Measure[], scale: Scale): void {
  for (const measure of measures.map((one) => measureAt(one, scale))) {
    const known = run.measures.some((other) => JSON.stringify(other) === JSON.stringify(measure));
    if (!known) run.measures.push(measure);
  }
}

/** A measure with the settings that the scale gives it. */
export function measureAt(measure: Measure, { linear, tsne }: Pick<Scale, 'linear' | 'tsne'>): Measure {
  if (measure.by === 'linear') return { ...measure, with: { ...linear, ...measure.with } };
  if (measure.by === 'fewshot') return { ...measure, with: { shots: 1, ...measure.with } };
  if (measure.by === 'silhouette' || measure.by === 'nearest')
    return { ...measure, with: { ...tsne, ...measure.with } };
  return measure;
}

function planRun(study: FoundStudy, row: Row, x: unknown, seed: number, planning: Planning): PlannedRun {
  const fill = (text: string) => text.replaceAll('{x}', String(x));
  const own = Object.fromEntries(
    Object.entries(row.with).map(([key, value]) => [key, typeof value === 'string' ? fill(value) : value]),
  );
  const file = resolve(dirname(study.file), fill(row.config));
  return runOf({ ...readConfigFile(file).settings, ...own }, study, seed, planning);
}

function runOf(
  given: Readonly<Record<string, unknown>>,
  study: FoundStudy,
  seed: number,
  planning: Planning,
): PlannedRun {
  const { options, scale, runs } = planning;
  const needs: Record<string, PlannedRun> = {};
  for (const key of folders) {
    const maker = study.folders[String(given[key])];
    if (given[key] === undefined || maker === undefined) continue;
    const file = resolve(dirname(study.file), maker.config);
    const own = { ...readConfigFile(file).settings, ...maker.with };
    needs[key] = runOf(own, study, maker.seed ?? seed, planning);
  }
  const images = options.images?.[String(given.images)] ?? given.images;
  const named = Object.fromEntries(Object.entries(needs).map(([key, run]) => [key, run.id]));
  const settings = { ...scaled(given, scale), ...options.settings, images, ...named, seed };
  const config = resolveConfig(settings);
  const id = idOf(config, String(given.images), seed);
  const known = runs.get(id);
  if (known) return known;
  const run: PlannedRun = { id, settings, config, seed, needs, measures: [], uses: [] };
  runs.set(id, run);
  return run;
}

/** Settings at their defaults have no part in it: one that is new some day changes no name. */
function idOf(config: RunConfig, images: string, seed: number): string {
  const defaults = defaultsOf(config);
  const decides = Object.entries(flattenConfig(config)).filter(
    ([key, value]) => !circumstances.includes(key) && value !== defaults[key],
  );
  const text = JSON.stringify(decides.sort(([a], [b]) => (a < b ? -1 : 1)));
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 8);
  return `${images.replace(/[^a-z0-9-]+/gi, '-')}-${config.method.name}-${digest}-seed${seed}`;
}

function defaultsOf({ method }: RunConfig): Record<string, unknown> {
  const schema = runOptions.extend(findMethod(method.name).options.shape);
  return Object.fromEntries(
    Object.entries(schema.shape).map(([key, type]) => [key, z.safeParse(type, undefined).data]),
  );
}

/** The folder of a run. */
export function folderOf(study: string, { id }: Pick<PlannedRun, 'id'>): string {
  return join(study, 'runs', id);
}
