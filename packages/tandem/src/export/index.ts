export { type Exported, type ExportOptions, exportEncoder } from './export-encoder.js';
export { checkExportFolder, type Export, exportFolder } from './folder.js';
export { type ExportLayout, exportLayouts } from './layouts/index.js';
export type { Provenance, Quality, Quantization } from './model-card.js';
export { type Graph, GraphNetwork, graphOf, observe, quantized, type Ranges, unquantizable } from './onnx/index.js';
export { provenanceOf } from './provenance.js';
export { type QuantizeOptions, quantizeEncoder } from './quantize-encoder.js';
