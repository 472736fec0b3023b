export * from './checkpoint.js';
export * from './clip.js';
export * from './loop.js';
export type { Plan } from './plan.js';
export { type Capture, cudaGraphs } from './replay/capture.js';
export * from './schedule.js';
