export * from './diagnostics.js';
export * from './features.js';
export * from './few-labels.js';
export * from './knn.js';
export * from './scores.js';
