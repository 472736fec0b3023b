export * from './dataset.js';
export * from './loader.js';
