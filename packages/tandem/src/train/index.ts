export * from './checkpoint.js';
export * from './clip.js';
export * from './loop.js';
export * from './schedule.js';
