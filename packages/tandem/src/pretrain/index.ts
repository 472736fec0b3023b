export * from './config.js';
export * from './events.js';
export * from './forecast.js';
export { type Labelled, labelled } from './monitor.js';
export * from './pretrain.js';
export * from './resources.js';
export * from './resume.js';
export { findEncoder } from './run-folder.js';
export { tandemVersion } from './version.js';
