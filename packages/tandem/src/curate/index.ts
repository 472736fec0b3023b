export {
  type Clustering,
  type ClusterMember,
  type ClusterOptions,
  clusterImages,
  clusterings,
  defaultClusters,
  defaultLeastSize,
} from './cluster.js';
export {
  type Duplicate,
  type DuplicateOptions,
  type Duplicates,
  defaultThreshold,
  findDuplicates,
} from './duplicates.js';
export { checkFolder } from './findings.js';
export { defaultNeighbours, findOutliers, type Outlier, type OutlierOptions, type Outliers } from './outliers.js';
export { type Selection, type SelectOptions, selectImages, selections } from './select.js';
export type { CurateOptions, Picture } from './vectors.js';
export { writeClusters } from './write-clusters.js';
export { writeDuplicates } from './write-duplicates.js';
export { writeOutliers } from './write-outliers.js';
export { writeSelection } from './write-selection.js';
