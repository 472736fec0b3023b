export * from './bilevel.js';
export * from './pairs.js';
export * from './slow.js';
export * from './statistics.js';
