export * from './config.js';
export * from './events.js';
export { type Labelled, labelled } from './monitor.js';
export * from './pretrain.js';
export * from './resources.js';
export * from './resume.js';
export { findEncoder } from './run-folder.js';
export { tandemVersion } from './version.js';
export { type RunViews, runViews, type ViewSettings, viewOptions } from './views.js';
