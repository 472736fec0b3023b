export { type ClassifyOptions, type EmbedRowOptions, type LoadOptions, load, Model } from './load.js';
