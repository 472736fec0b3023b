export { type Comparison, type ComparisonRow, type ComparisonTable, compareRuns, type Measured } from './compare.js';
export { type Evaluation, keepEvaluation, keepScatter, readEvaluations, type Scatter } from './evaluations.js';
export { readJsonLines } from './files.js';
export { numberIn, type RunRecord, readRun } from './run-record.js';
export { writeReport } from './write.js';
