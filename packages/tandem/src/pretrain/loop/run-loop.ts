import { setImmediate } from 'node:timers/promises';
import { shellWord, UserError } from '../../errors.js';
import { cureOf, whyOf } from '../../files/system-error.js';
import { StreamError, skippedNote } from '../../images/index.js';
import { tandemCommand } from '../../invocation.js';
import { train } from '../../train/loop.js';
import { changedSettings, type FlatConfig } from '../config/options.js';
import { type Stop, stopOf } from '../distributed/stop.js';
import { evaluate } from '../evaluation/evaluate.js';
import type { PretrainEvent } from '../events.js';
import type { ConfigFile } from '../folder/run-folder.js';
import type { Forecast } from '../forecast/facts.js';
import type { Run } from '../run.js';
import { failureOf, savedText } from './failure.js';
import type { Progress } from './progress.js';
import { RunState } from './run-state.js';

/**
 * Trains from where a run is to its end, and keeps its folder up to date. A save that fails is
 * reported and tried again at the next occasion; only the last one must succeed.
 * @throws UserError for divergence, lack of memory, and a last save that fails
 */
export async function* runLoop(
  run: Run,
  from: Progress,
  asked: AbortSignal | undefined,
  forecast?: Forecast,
): AsyncGenerator<PretrainEvent> {
  const state = new RunState(run, from);
  const { path } = run.folder;
  const stop = stopOf(asked, run.plan.shared);
  const { signal } = stop;
  yield { ...startOf(run, state), forecast };
  try {
    if (state.endsEpoch) yield* endEpoch(run, state, stop);
    if (!signal?.aborted && !isToStop(run, state)) yield* takeSteps(run, state, stop);
    saveLast(run, state, signal);
    if (signal?.aborted) noteInterruption(run, state);
  } catch (error) {
    // What ends a stream leaves the last step whole.
    if (error instanceof StreamError) state.save();
    throw failureOf(run.plan.shared?.group.explain(error) ?? error, run, state);
  }
  yield { kind: 'end', run: path, metrics: state.metrics, interrupted: signal?.aborted === true };
}

function startOf(
  { config, configFile, folder, settings, data, plan, batches, method }: Run,
  state: RunState,
): Extract<PretrainEvent, { kind: 'start' }> {
  return {
    kind: 'start',
    run: folder.path,
    settings,
    changed: askedFor(changedSettings(config), configFile),
    data,
    device: plan.device,
    learned: data.stream?.count ?? batches.set.count,
    epochs: plan.epochs,
    steps: plan.epochs * state.stepsPerEpoch,
    stepsPerEpoch: state.stepsPerEpoch,
    parameters: method.student.parameters().reduce((sum, x) => sum + x.numel, 0),
    result: method.result,
    from: state.step,
    imagesSeen: state.imagesSeen,
  };
}

/** Without what images and machine decided when the run was begun: nobody asked for that. */
function askedFor(changed: FlatConfig, configFile: ConfigFile): FlatConfig {
  const names = (configFile.tandem as { changed?: readonly string[] } | undefined)?.changed;
  const isAsked = ([key, value]: [string, unknown]) => names?.includes(key) || configFile[key] !== value;
  return names === undefined ? changed : Object.fromEntries(Object.entries(changed).filter(isAsked));
}

async function* takeSteps(run: Run, state: RunState, stop: Stop): AsyncGenerator<PretrainEvent> {
  const { signal } = stop;
  let named = 0;
  for await (const report of untilAborted(train(run.method, run.batches, state.plan), signal)) {
    state.add(report);
    named = yield* nameSkipped(run, named);
    if (report.skipped) yield { kind: 'warning', text: `step ${state.step} was left out: ${report.skipped}` };
    yield { kind: 'step', imagesSeen: state.imagesSeen, ...report, flow: run.batches.flow?.() };
    await setImmediate(); // signals have their turn here too, or one more step would follow
    stop.ask();
    if (report.endsEpoch) yield* endEpoch(run, state, stop);
    else if (state.isSaveDue && !signal?.aborted) yield* trySave(run, state);
    if (signal?.aborted) return;
    if (isToStop(run, state)) return;
  }
}

/** Whether the epoch is whole after which the run is to stop before its end. */
function isToStop({ config: { training } }: Run, { step, stepsPerEpoch }: RunState): boolean {
  return training.stopAt !== undefined && step >= training.stopAt * stepsPerEpoch;
}

/** Steps until the signal ends the wait for the images of the next one. */
async function* untilAborted<T>(steps: AsyncGenerator<T>, signal: AbortSignal | undefined): AsyncGenerator<T> {
  try {
    yield* steps;
  } catch (error) {
    if (!signal?.aborted || error !== signal.reason) throw error;
  }
}

/**
 * Names images of a stream that could not be decoded in the run's folder; the first ones are told.
 * @param before how many were named before
 * @returns how many are named now
 */
function* nameSkipped({ data, batches, folder }: Run, before: number): Generator<PretrainEvent, number> {
  const { skipped = [] } = batches.flow?.() ?? {};
  if (skipped.length === before) return before;
  folder.writeSkipped([...data.skipped, ...skipped]);
  if (before === 0)
    yield { kind: 'warning', text: `${skippedNote(skipped)}; all are named in ${folder.path}/skipped.jsonl` };
  return skipped.length;
}

/**
 * Evaluates the encoders, and saves. Cut short by the signal, it leaves the epoch open: a resumed
 * run evaluates again.
 */
async function* endEpoch(run: Run, state: RunState, stop: Stop): AsyncGenerator<PretrainEvent> {
  const averages = state.averages();
  const evaluation = yield* evaluate(run, state, stop);
  if (stop.signal?.aborted) return;
  const metrics = state.endEpoch(averages, evaluation);
  yield* trySave(run, state);
  yield { kind: 'epoch', metrics };
}

function* trySave({ folder }: Run, state: RunState): Generator<PretrainEvent> {
  const error = state.save();
  if (error === undefined) return;
  const text = `${folder.path} could not be written: ${whyOf(error)}; ${savedText(state)}, will try again`;
  yield { kind: 'warning', text };
}

/** Leaves word for whoever looks later; what matters is saved. */
function noteInterruption({ folder }: Run, { step, savedStep: saved }: RunState): void {
  try {
    folder.writeStopped({ step, saved, reason: 'interrupted' });
  } catch {
    // The line on the screen says it too.
  }
}

/** @throws UserError where that fails */
function saveLast({ folder }: Run, state: RunState, signal: AbortSignal | undefined): void {
  const error = state.isSaved ? undefined : state.save(signal?.aborted);
  if (error === undefined) return;
  const { path } = folder;
  const cure = cureOf(error, 'make it writable') as string;
  throw new UserError(
    `${path} could not be written: ${whyOf(error)}; ${savedText(state, ` of ${state.step}`)}. ${cure[0]?.toUpperCase()}${cure.slice(1)}, then ${state.savedStep > 0 ? 'resume' : 'begin again'} with: ${tandemCommand()} resume ${shellWord(path)}`,
  );
}
