import type { Baseline } from '../../evaluate/index.js';
import { percent } from '../../math.js';

/** Baselines as lines of a table. @param references images of the reference set */
export function baselineTable(baselines: readonly Baseline[], references: number): string[] {
  const cell = (share: number | undefined) => (share === undefined ? '' : percent(share, 1)).padStart(20);
  const heads = [`all ${references.toLocaleString('en')} labels`, '10 labels a class'];
  const rows = baselines.map((row) => row.features.padEnd(20) + cell(row.accuracy) + cell(row.tenLabelsAClass));
  return [''.padEnd(20) + heads.map((head) => head.padStart(20)).join(''), ...rows];
}
