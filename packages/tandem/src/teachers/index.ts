export * from './bilevel.js';
export * from './bilevel-schedule.js';
export * from './ema.js';
export * from './frozen.js';
export * from './pairs.js';
export * from './slow.js';
export * from './statistics.js';
