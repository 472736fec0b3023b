/**
 * Self-supervised learning of image encoders.
 * @module tandem
 */

export * from './device.js';
export * from './errors.js';
export * from './evaluate/index.js';
export * from './export/index.js';
export * from './images/index.js';
export * from './losses/index.js';
export { l2Normalize } from './math.js';
export * from './methods/index.js';
export * from './networks/index.js';
export * from './pretrain/index.js';
export * from './report/index.js';
export * from './runs/index.js';
export * from './step/index.js';
export * from './teachers/index.js';
export * from './train/index.js';
export { tandemVersion } from './version.js';
export * from './views/index.js';
export * from './weights/index.js';
