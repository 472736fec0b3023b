/**
 * libtorch for TypeScript: tensors, operators, scopes, modules, optimizers.
 * @module torch
 */

export { type AsyncCopy, uploadAsync } from './async-copy.js';
export * from './autograd.js';
export * from './create.js';
export * from './cuda.js';
export * as data from './data/index.js';
export * as distributed from './dist/index.js';
export type * from './dtype.js';
export * as io from './io/index.js';
export * as nn from './nn/index.js';
export * from './ops.generated.js';
export * as optim from './optim/index.js';
export * from './recording.js';
export * from './runtime.js';
export * from './scalar-or-tensor.js';
export * from './scope.js';
export * from './signals.js';
export * from './step-inputs.js';
export { type NestedNumbers, Tensor } from './tensor.js';
