export * from './sgd.js';
