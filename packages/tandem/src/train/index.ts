export * from './checkpoint.js';
export * from './clip.js';
export { cudaGraphs, type Recorder } from './graph.js';
export * from './loop.js';
export * from './schedule.js';
