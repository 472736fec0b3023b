import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { noGrad, scope } from 'tandem-torch';
import { chooseDevice } from '../../device.js';
import { UserError } from '../../errors.js';
import {
  type ClassSizes,
  type ClassTable,
  classSizes,
  classTable,
  type EvaluationRecord,
  features,
  type JobHooks,
  knnSplit,
  type LabelledSet,
  type ProbeResult,
} from '../../evaluate/index.js';
import { evaluationRecord, recordAll } from '../../evaluate/record.js';
import { writeWhole } from '../../files/write-whole.js';
import { Branch, type Head } from '../../networks/index.js';
import { findEncoder, findHead, openEncoder } from '../../runs/index.js';
import { encoderView, loadEncoder, loadHead } from '../../weights/index.js';
import type { RunConfig } from '../config/options.js';
import { readConfigOf } from '../folder/config-json.js';
import { loadImages } from '../load-images.js';
import { selectTrainingData } from '../training-data.js';

/** What a fine-tuned run is worth on the queries. */
export interface FinetuneResult {
  /** Of the encoder that the run started from. */
  readonly record: EvaluationRecord<ClassTable>;
  /** By the name they were asked for. */
  readonly images: string;
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** How many images they have. */
  readonly sizes: ClassSizes;
}

/**
 * Whether a run fine-tunes another one's network and has not been measured yet.
 * @param isLonger whether it is trained longer now, so that what was measured is not of its end
 */
export function lacksResult(run: string, isLonger = false): boolean {
  return originOf(readConfigOf(run)) !== undefined && (isLonger || !existsSync(join(run, 'result.json')));
}

/**
 * Measures a fine-tuned run on the queries, and writes the result into its `result.json` and, where
 * it started from another run's encoder, into the `evaluations.jsonl` of that run.
 * @throws UserError where the run fine-tunes no network, or its images have no queries
 */
export async function measureFinetuned(run: string, hooks: JobHooks = {}): Promise<FinetuneResult> {
  const config = readConfigOf(run);
  const options = originOf(config);
  if (options === undefined) throw new UserError(`${run}: fine-tunes no network`);
  const { images } = config.data;
  const data = await loadImages(config, { onLoading: hooks.onProgress, signal: hooks.signal });
  const split = knnSplit(data);
  const headFile = findHead(run);
  if (!split || headFile === undefined) throw new UserError(`${run}: there is no classifier, or nothing to ask it`);
  const { reference, queries } = split;
  const { head, classes = [] } = loadHead(headFile);
  const ranked = rankedClasses(run, head, Math.min(5, classes.length), queries, config.execution, hooks);
  const result = classTable(ranked, queries.labels, classes);
  writeWhole(join(run, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
  const origin = openEncoder(options.from, options.of);
  origin.encoder.dispose();
  const counts = {
    labelled: selectTrainingData(config, data).set.count,
    bank: reference.count,
    queries: queries.count,
  };
  const protocol = options.fromScratch ? 'from scratch' : 'fine-tune';
  const record = evaluationRecord(origin, protocol, { ...settingsOf(config, options), ...counts }, result);
  if (!options.fromScratch) recordAll('finetune', images, [record], hooks);
  return { record, images, classes, sizes: classSizes(split) };
}

/** The method's options, where they name the network that is fine-tuned. */
function originOf({ method: { options } }: RunConfig) {
  if (!('from' in options) || options.from === undefined) return undefined;
  return { ...options, from: options.from };
}

/** The `best` classes that a run's classifier ranks highest for each query. */
function rankedClasses(
  run: string,
  head: Head,
  best: number,
  queries: LabelledSet,
  { device: asked, memoryFormat }: RunConfig['execution'],
  { onProgress }: JobHooks,
): ProbeResult {
  const { encoder, card } = loadEncoder(findEncoder(run));
  const device = chooseDevice(asked);
  const network = new Branch(encoder.to({ device }), head);
  try {
    return scope(() => {
      const scores = features(network, queries, {
        ...{ view: encoderView(card), device, memoryFormat },
        onProgress: (done, total) => onProgress?.(done, total, 'queries'),
      });
      const ranked = Int32Array.from(noGrad(() => scores.topk(best, { dim: 1 }))[1].data(), Number);
      return { ranked, best, scores: Float32Array.from(scores.contiguous().data(), Number) };
    });
  } finally {
    network.dispose();
  }
}

/** All that decides the result. */
function settingsOf(
  { training, views, execution }: RunConfig,
  { labels, fromHeadLayer, fromScratch }: NonNullable<ReturnType<typeof originOf>>,
): EvaluationRecord['settings'] {
  const { epochs, batch, lr, momentum, weightDecay, nesterov, decay } = training;
  const optimizer = training.optimizer === 'sgd' ? `SGD${nesterov ? ' (Nesterov)' : ''}` : training.optimizer;
  return {
    ...{ labels, fromHeadLayer, fromScratch, optimizer, schedule: decay },
    ...{ crop: [views.cropMin, 1], flip: views.flip, epochs, batch, lr, momentum, weightDecay },
    seed: execution.seed,
  };
}
