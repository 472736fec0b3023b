/**
 * For the benchmarks and the other packages of this project: parts without any promise to stay as
 * they are. Write programs on `tandem-vision` alone.
 * @module tandem/internal
 */

export { processorHasBfloat16 } from './device.js';
export { didYouMean } from './errors.js';
export { knnVotes, principalComponents } from './evaluate/index.js';
export { openSource } from './images/sources/open-source.js';
export { assemble, newOptimizer } from './pretrain/index.js';
export { cudaGraphs } from './train/index.js';
