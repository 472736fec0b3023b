export * from './diagnostics.js';
export * from './features.js';
export * from './knn.js';
