/**
 * For the benchmarks and the other packages of this project: parts without any promise to stay as
 * they are. Write programs on `tandem-vision` alone.
 * @module tandem/internal
 */

export { choosePrecision, processorHasBfloat16 } from './device.js';
export { didYouMean } from './errors.js';
export {
  type BaselineOptions,
  clusterScores,
  diagnoseEmbeddings,
  fewLabelsAccuracy,
  type KnnSplit,
  knnBaselines,
  knnSplit,
  knnVotes,
  linearOnViews,
  principalComponents,
  type ScatterPicture,
  scatterSvg,
} from './evaluate/index.js';
export { openPlace } from './gallery/open-place.js';
export type { EncoderFacts, Place } from './gallery/place.js';
export { laidOut } from './images/collection/laid-out.js';
export { masksAmong } from './images/collection/masks.js';
export { cropMargin } from './images/index.js';
export { openSource } from './images/sources/open-source.js';
export { findMethod, learnersOf, type MethodPreset, methodPresets, networksOf } from './methods/index.js';
export { encoderOperations, type Operations } from './networks/index.js';
export { assemble, type ConfigFile, newOptimizer, readConfigFile } from './pretrain/index.js';
export { loadImages } from './pretrain/load-images.js';
export { type RewriteOptions, rewriteReport, type WithReportHooks, withReport } from './report/index.js';
export { type OpenedEncoder, openEncoder, openEncoders } from './runs/index.js';
export { reestimateStatistics, type Statistics } from './teachers/index.js';
export { cudaGraphs, stepsPerEpoch } from './train/index.js';
export { tandemVersion } from './version.js';
export { type EvaluationViewOptions, evaluationView, normalisationOf, viewPresetNames } from './views/index.js';
export { initEncoder } from './weights/index.js';
