import type { Device } from 'tandem-torch';
import type { DataSet, Flow } from '../images/index.js';
import type { StepReport } from '../train/loop.js';
import type { FlatConfig } from './config/options.js';
import type { Forecast, RunTime } from './forecast/facts.js';

/** One line of `metrics.jsonl`. The method adds numbers of its own. */
export interface EpochMetrics {
  /** From 1. */
  readonly epoch: number;
  /** Student steps so far. */
  readonly step: number;
  /** Images in all student steps so far, each counted once a step. */
  readonly imagesSeen: number;
  /** Since the start, evaluation included. */
  readonly seconds: number;
  /** Mean over the epoch's steps. */
  readonly loss: number;
  /** Of the epoch's last step. */
  readonly lr: number;
  /** Of the epoch's steps, evaluation not included. */
  readonly imagesPerSecond: number;
  /** Accuracy of 1-nearest-neighbour with the student's features; absent without labels. */
  readonly knnStudent?: number;
  /** The same with the teacher's. */
  readonly knnTeacher?: number;
  /**
   * The same with 200 neighbours, weighted at temperature 0.1; absent where the reference set is
   * smaller.
   */
  readonly knn200Student?: number;
  /** The same with the teacher's. */
  readonly knn200Teacher?: number;
  /** `knnTeacher` of the average of the student's weights, where that is kept. */
  readonly knnAverage?: number;
  /** As `knn200Teacher`, of the average of weights. */
  readonly knn200Average?: number;
  /** The accuracy of the classifier that learns beside the run, where one does. */
  readonly probeStudent?: number;
  /** Share of queries whose class the student's classifier names; where it has one. */
  readonly top1?: number;
  /** Steps of the epoch that were left out, where there are any. */
  readonly skippedSteps?: number;
  /** See `Diagnostics`. */
  readonly embeddingStd?: number;
  /** See `Diagnostics`. */
  readonly effectiveRank?: number;
  /** What should worry the reader, in words. */
  readonly warning?: string;
  readonly [name: string]: number | string | undefined;
}

/** What a run reports. */
export type PretrainEvent =
  /** What can be known without the images is right; they are read now. */
  | { readonly kind: 'loading' }
  /** Steps of a copy are timed, which may take seconds. */
  | { readonly kind: 'timing' }
  /** What a budget bought: width, size, epochs and batch, and what they will take. */
  | { readonly kind: 'chosen'; readonly chosen: FlatConfig; readonly time: RunTime }
  | {
      readonly kind: 'start';
      readonly run: string;
      /** What config.json says, all that the images and the machine decide included. */
      readonly settings: FlatConfig;
      /** Those that are not the defaults, as they were asked for. */
      readonly changed: FlatConfig;
      readonly data: DataSet;
      readonly device: Device;
      /** Images learned from: all, or those with a label that the method may see. */
      readonly learned: number;
      readonly epochs: number;
      readonly steps: number;
      readonly stepsPerEpoch: number;
      readonly parameters: number;
      /** Whose encoder becomes the run's. */
      readonly result: 'student' | 'teacher' | 'average';
      /** What it will take, where that was asked for and could be measured. */
      readonly forecast?: Forecast | undefined;
      /** Steps that were taken before, in a run that is resumed. */
      readonly from: number;
      /** Images in those steps. */
      readonly imagesSeen: number;
    }
  | ({
      readonly kind: 'step';
      readonly imagesSeen: number;
      /** How images come, where they are streamed. */
      readonly flow?: Flow | undefined;
    } & StepReport)
  /** An epoch is over and its encoders are looked at: so many of so many images are done. */
  | { readonly kind: 'evaluation'; readonly step: number; readonly done: number; readonly total: number }
  | { readonly kind: 'epoch'; readonly metrics: EpochMetrics }
  /**
   * Something the user should know now: a damaged file, a save that failed, a step that was left
   * out.
   */
  | { readonly kind: 'warning'; readonly text: string }
  | {
      readonly kind: 'end';
      readonly run: string;
      readonly metrics: EpochMetrics | undefined;
      readonly interrupted: boolean;
    };
