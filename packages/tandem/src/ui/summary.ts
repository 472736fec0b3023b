import { existsSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { readJsonObject } from '../files/json.js';
import { livesHere } from '../files/lock-folder.js';
import { readRegular } from '../files/regular.js';
import { isEarly, openQuestions, warningsOf } from '../report/warnings.js';
import { encoderEpochs, keptEncoder, knnColumn, numberIn, type RunRecord, readRun } from '../runs/index.js';
import type { RunState, RunSummary } from '../web/browser/data.js';

/** Epochs that a curve has at most. */
const mostPoints = 300;

/** What changes when a run writes something. */
export function versionOf(run: string): string {
  const names = ['config.json', 'metrics.jsonl', 'stopped.json', 'evaluations.jsonl', 'lock', 'report.html', 'encoder'];
  const found = names.map((name) => statSync(join(run, name), { throwIfNoEntry: false }));
  return `${found.map((stat) => stat && `${stat.mtimeMs} ${stat.size}`).join()} ${stateOf(run)}`;
}

/** What a run is called on the page. */
export function idOf(root: string, path: string): string {
  return relative(root, path) || '.';
}

/** A run for the page, from the files that it writes anyway. */
export function summaryOf(root: string, path: string): RunSummary {
  const id = idOf(root, path);
  try {
    return read(id, path);
  } catch (error) {
    return { id, name: id, state: 'damaged', note: (error as Error).message };
  }
}

function read(id: string, path: string): RunSummary {
  const run = readRun(path);
  const { config, metrics } = run;
  const last = metrics.at(-1);
  const epochs = numberIn(config, 'epochs') ?? 0;
  const done = numberIn(last, 'epoch') ?? 0;
  const state = stateOf(path) ?? (done >= epochs ? 'done' : 'stopped');
  const seconds = numberIn(last, 'seconds');
  const warnings = warningsOf(run).filter(
    ({ what }) => !(state === 'training' && /^The run is not finished/.test(what)),
  );
  const changed = (config.tandem as { changed?: readonly string[] } | undefined)?.changed ?? [];
  return {
    ...{ id, name: id === '.' ? run.name : id, state, epochs, done },
    method: String(config.method ?? ''),
    backbone: String(config.backbone ?? ''),
    images: String(config.images ?? ''),
    settings: changed.map((name) => `${name}=${String(config[name])}`),
    ...(state === 'training' && seconds !== undefined && done > 0 && { left: (seconds / done) * (epochs - done) }),
    ...(seconds !== undefined && { seconds }),
    ...keptOf(path, run),
    encoders: encoderEpochs(run),
    warnings: warnings.map(({ what, advice }) => `${what} ${advice}`.trim()),
    open: isEarly(run) ? ['everything: so few steps show nothing yet'] : openQuestions(run),
    ...noteOf(path, state),
    hasReport: existsSync(join(path, 'report.html')),
    curves: curvesOf(run),
  };
}

/** `training` while a process of this machine does; undefined where its files have to tell. */
function stateOf(path: string): RunState | undefined {
  const lock = join(path, 'lock');
  if (!existsSync(lock)) return undefined;
  try {
    const lives = livesHere(readRegular(lock).toString());
    return lives === true ? 'training' : lives === undefined ? 'elsewhere' : undefined;
  } catch {
    return undefined; // it ended at this moment
  }
}

function keptOf(path: string, { metrics }: RunRecord): Pick<RunSummary, 'kept' | 'accuracy'> {
  const kept = keptEncoder(path);
  const accuracy = kept && numberIn(metrics.at(-1), knnColumn(kept));
  return { ...(kept && { kept }), ...(accuracy !== undefined && { accuracy }) };
}

function noteOf(path: string, state: RunState): Pick<RunSummary, 'note'> {
  const file = join(path, 'stopped.json');
  if (state !== 'stopped' || !existsSync(file)) return {};
  return { note: String(readJsonObject(file).reason ?? '') };
}

/** Every number that a run has, by epoch. */
function curvesOf({ metrics }: RunRecord): RunSummary['curves'] {
  const every = Math.ceil(metrics.length / mostPoints) || 1;
  const shown = metrics.filter((_, i) => (metrics.length - 1 - i) % every === 0);
  const names = [...new Set(shown.flatMap(Object.keys))].filter((name) => !counters.has(name));
  return Object.fromEntries(
    names.flatMap((name) => {
      const points = shown.flatMap((line): [number, number][] => {
        const [epoch, value] = [numberIn(line, 'epoch'), numberIn(line, name)];
        return epoch === undefined || value === undefined ? [] : [[epoch, value]];
      });
      return points.length > 0 ? [[name, points]] : [];
    }),
  );
}

const counters: ReadonlySet<string> = new Set(['epoch', 'step', 'imagesSeen', 'seconds']);
