export * from './encoder-file.js';
export { checkExportFolder, type Export, exportFolder, makeFolder } from './folder.js';
export * from './head-file.js';
export { checkWeights, initEncoder } from './init.js';
export type { Provenance, Quality, Quantization } from './model-card.js';
export { type Graph, GraphNetwork, graphOf, observe, quantized, type Ranges } from './onnx/index.js';
