export * from './encoder-file.js';
