export * from './context.js';
export * from './masking.js';
export * from './queue.js';
export * from './rows.js';
export * from './running-mean.js';
export * from './shuffling.js';
export * from './stash.js';
