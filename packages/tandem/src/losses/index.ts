export * from './barlow.js';
export * from './classes.js';
export * from './crops.js';
export * from './distance.js';
export { distillationLoss, type Temperatures } from './distillation.js';
export * from './infonce.js';
export * from './queue.js';
export * from './terms.js';
export * from './vicreg.js';
