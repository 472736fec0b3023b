export * from './checkpoint.js';
export * from './loop.js';
export * from './schedule.js';
