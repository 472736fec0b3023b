export * from './checkpoint.js';
export * from './clip.js';
export * from './loop.js';
export type { Plan } from './plan.js';
export { cudaGraphs, type Recorder } from './replay/recorder.js';
export * from './schedule.js';
