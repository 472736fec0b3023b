export * from './adam.js';
export type { GroupOptions, OptimizerOptions, Trainable } from './groups.js';
export * from './lars.js';
export * from './optimizer.js';
export * as schedules from './schedules.js';
export * from './sgd.js';
