export * from './barlow.js';
export * from './distance.js';
export { unit, wide } from './float32.js';
export * from './infonce.js';
export * from './vicreg.js';
