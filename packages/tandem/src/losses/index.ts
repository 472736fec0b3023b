export * from './bank.js';
export * from './barlow.js';
export * from './crops.js';
export * from './distance.js';
export { distillation, type Temperatures } from './distillation.js';
export { unit, wide } from './float32.js';
export * from './infonce.js';
export * from './terms.js';
export * from './vicreg.js';
