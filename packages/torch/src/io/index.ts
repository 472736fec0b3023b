export * from './digest.js';
export * from './safetensors.js';
export { isTorchFile, loadTorchFile, type TorchFileOptions } from './torch-file/torch-file.js';
export { PickleError } from './torch-file/values.js';
