export { type Comparison, type ComparisonRow, type ComparisonTable, compareRuns, type Statistic } from './compare.js';
export { writeReport } from './write.js';
