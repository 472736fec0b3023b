export * from './adam.js';
export type { GroupOptions, OptimizerOptions, Trainable } from './groups.js';
export * from './lars.js';
export * from './optimizer.js';
export * from './sgd.js';
