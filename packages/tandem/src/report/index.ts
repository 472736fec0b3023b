export { type Comparison, type ComparisonRow, type ComparisonTable, compareRuns, type Statistic } from './compare.js';
export { type RewriteOptions, rewriteReport } from './rewrite.js';
export { type WithReportHooks, withReport } from './with-report.js';
export { type ReportOptions, writeReport } from './write.js';
