// What other packages may use of set-up: `tandem-torch/setup`.

export { findLibtorch } from './libtorch.mjs';
export { findAddon } from './places.mjs';
export { Failure, textOf } from './run.mjs';
export { setUp } from './setup.mjs';

/** @typedef {import('./setup.mjs').Engine} Engine */
