export { type Classifier, withClassifier } from './classifier.js';
export * from './graph.js';
export { graphOf } from './graph-of.js';
export { halved } from './half.js';
export { encodeModel, type ModelInfo } from './model.js';
export { GraphNetwork } from './network.js';
export { observe, quantized, type Ranges, unquantizable } from './quantize.js';
