export * from './backbones.js';
export * from './branch.js';
export * from './encoder.js';
export * from './head.js';
export * from './resnet.js';
