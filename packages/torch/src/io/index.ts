export * from './digest.js';
export * from './safetensors.js';
