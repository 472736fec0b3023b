export { findEncoder, findHead } from './encoder-files.js';
export { type Evaluation, keepEvaluation, keepScatter, readEvaluations, type Scatter } from './evaluations.js';
export { numberIn, type RunRecord, readRun } from './run-record.js';
