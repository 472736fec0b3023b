import { join } from 'node:path';
import { readJsonLines } from '../../files/json.js';
import { isOfTheDisk } from '../../files/system-error.js';
import { knnColumn } from '../../runs/encoder-names.js';
import { type StepReport, stepsPerEpoch } from '../../train/loop.js';
import type { Plan } from '../../train/plan.js';
import type { EpochMetrics } from '../events.js';
import { checkFinite } from '../finite.js';
import { saveRun } from '../folder/save.js';
import { type RunLog, tensorboardLog } from '../log/tensorboard.js';
import type { Run } from '../run.js';
import { EpochSums } from './epoch-sums.js';
import type { Progress } from './progress.js';

/**
 * In the first epochs running statistics are young, and healthy embeddings may look collapsed in
 * evaluation.
 */
const epochsUntilWarning = 3;

/** How far a run is, and how much of that its folder holds. */
export class RunState {
  readonly stepsPerEpoch: number;
  readonly #run: Run;
  readonly #log: RunLog | undefined;
  /** In milliseconds of a clock that only goes forward, as all times here. */
  readonly #begun: number;
  #step: number;
  #epochs: number;
  #suspect: number;
  #metricsBytes: number;
  #taken: number;
  #skippedInARow: number;
  #sums: EpochSums;
  #metrics: EpochMetrics | undefined;
  #unwritten: EpochMetrics[] = [];
  #saved: { readonly step: number; readonly epochs: number; readonly at: number };

  constructor(run: Run, { step, epochs, suspect, metricsBytes, seconds, taken, skippedInARow, sums }: Progress) {
    this.#run = run;
    this.#log = run.config.execution.log === undefined ? undefined : tensorboardLog(run.folder.path, step);
    this.stepsPerEpoch = stepsPerEpoch(run.method, run.batches);
    this.#begun = performance.now() - 1000 * seconds;
    this.#step = step;
    this.#epochs = epochs;
    this.#suspect = suspect;
    this.#metricsBytes = metricsBytes;
    this.#taken = taken ?? step;
    this.#skippedInARow = skippedInARow;
    this.#sums = new EpochSums(sums);
    this.#saved = { step, epochs, at: performance.now() };
  }

  /** Steps taken. */
  get step(): number {
    return this.#step;
  }

  /** The epoch of the last step, from 1. */
  get epoch(): number {
    return Math.ceil(this.#step / this.stepsPerEpoch);
  }

  /** Images in all steps, each counted once a step. */
  get imagesSeen(): number {
    return this.#step * this.#run.batches.size;
  }

  /** The last step that is saved. */
  get savedStep(): number {
    return this.#saved.step;
  }

  /** Of the last epoch that this process ended. */
  get metrics(): EpochMetrics | undefined {
    return this.#metrics;
  }

  /** The run's plan from here on. */
  get plan(): Plan {
    return { ...this.#run.plan, startStep: this.#step, startTaken: this.#taken, startSkipped: this.#skippedInARow };
  }

  /** Whether all steps of an epoch are taken and it has no metrics yet. */
  get endsEpoch(): boolean {
    return this.#step > this.#epochs * this.stepsPerEpoch && this.#step % this.stepsPerEpoch === 0;
  }

  /** Whether saving is due by the time or the steps since the last. */
  get isSaveDue(): boolean {
    const { saveMinutes, saveSteps } = this.#run.config.execution;
    const byTime = saveMinutes > 0 && performance.now() - this.#saved.at >= 60_000 * saveMinutes;
    return byTime || (saveSteps > 0 && this.#step % saveSteps === 0);
  }

  /** Whether the encoders of this epoch stay. */
  get #isKept(): boolean {
    const { keepEvery } = this.#run.config.execution;
    return keepEvery > 0 && this.epoch % keepEvery === 0;
  }

  /** Whether no epoch before had as good neighbours, with the encoder that the run keeps. */
  get #isBest(): boolean {
    const { config, method, folder } = this.#run;
    const name = knnColumn(method.result);
    const { [name]: own, epoch } = this.#metrics ?? {};
    if (config.execution.keepBest === undefined || own === undefined || epoch !== this.epoch) return false;
    const lines = readJsonLines(join(folder.path, 'metrics.jsonl'));
    return lines.every((line) => Number(line.epoch) >= this.epoch || !(Number(line[name]) >= own));
  }

  get isSaved(): boolean {
    return this.#step <= this.#saved.step && this.#epochs <= this.#saved.epochs;
  }

  /** Takes note of a step. */
  add(report: StepReport): void {
    ({ step: this.#step, taken: this.#taken, skippedInARow: this.#skippedInARow } = report);
    this.#sums.add(report);
  }

  /** What the epoch's steps came to so far. */
  averages(): ReturnType<EpochSums['averages']> {
    return this.#sums.averages(this.#run.batches.size);
  }

  /** Ends the epoch, whose steps and evaluation came to this. @returns its line of metrics */
  endEpoch(averages: ReturnType<EpochSums['averages']>, evaluation: Pick<EpochMetrics, string>): EpochMetrics {
    const { warning, ...found } = evaluation;
    this.#suspect = warning === undefined ? 0 : this.#suspect + 1;
    this.#metrics = {
      epoch: this.epoch,
      step: this.#step,
      imagesSeen: this.imagesSeen,
      lr: this.#run.plan.lr(this.#step - 1),
      ...averages,
      ...found,
      ...(this.#suspect >= epochsUntilWarning && { warning: String(warning) }),
      seconds: this.#seconds(),
    };
    this.#unwritten.push(this.#metrics);
    this.#epochs = this.epoch;
    this.#sums = new EpochSums();
    return this.#metrics;
  }

  /**
   * Writes the metrics, then the checkpoint, which so never knows of more than the file holds.
   * @param encoders whether to save them as well; they are at the end of an epoch
   * @returns the error, if the disk is to blame; the state before is then still saved
   * @throws NotFiniteError where the networks hold NaN or infinity
   */
  save(encoders = false): NodeJS.ErrnoException | undefined {
    checkFinite(this.#run.method);
    const saved = { step: this.#step, epochs: this.#epochs, at: performance.now() };
    const { shared } = this.#run.plan;
    if (shared && shared.group.rank > 0) {
      this.#unwritten = [];
      this.#saved = saved; // process 0 saves, or ends the run of all
      return undefined;
    }
    try {
      this.#run.folder.confirm();
      this.#writeMetrics();
      const endsEpoch = this.#step % this.stepsPerEpoch === 0;
      const keepAs = endsEpoch && this.#isKept ? this.epoch : undefined;
      const isBest = endsEpoch && this.#isBest;
      saveRun(this.#run, this.#step, this.#progress(), { due: encoders || endsEpoch, keepAs, isBest });
      this.#saved = { ...saved, at: performance.now() };
      return undefined;
    } catch (error) {
      if (!isOfTheDisk(error)) throw error;
      return error;
    }
  }

  #writeMetrics(): void {
    for (let next = this.#unwritten[0]; next; next = this.#unwritten[0]) {
      this.#metricsBytes = this.#run.folder.appendMetrics(next, this.#metricsBytes);
      this.#unwritten.shift();
      this.#log?.epoch(next);
    }
  }

  #progress(): Progress {
    return {
      step: this.#step,
      epochs: this.#epochs,
      suspect: this.#suspect,
      metricsBytes: this.#metricsBytes,
      seconds: this.#seconds(),
      taken: this.#taken,
      skippedInARow: this.#skippedInARow,
      sums: this.#sums.state(),
    };
  }

  #seconds(): number {
    return (performance.now() - this.#begun) / 1000;
  }
}
