import * as ops from '../ops.generated.js';
import type { Tensor } from '../tensor.js';
import { Module } from './module.js';

/** [n, ...] to [n, product of the rest]. */
export class Flatten extends Module {
  /** @param x [n, ...] */
  forward(x: Tensor): Tensor {
    return ops.flatten(x, { startDim: 1 });
  }
}

/** x itself. */
export class Identity extends Module {
  /** @param x of any shape */
  forward(x: Tensor): Tensor {
    return x;
  }
}

/** Modules one after another; their names are their positions. */
export class Sequential extends Module {
  /** The module at a position, from 0. */
  [position: number]: Module;

  /** @param modules in the order in which they are applied */
  constructor(...modules: readonly Module[]) {
    super();
    Object.assign(this, modules);
  }

  /** The modules in order. */
  get layers(): Module[] {
    return Object.values(this).filter((value) => value instanceof Module);
  }

  /** @param x what the first module takes */
  forward(x: Tensor): Tensor {
    return this.layers.reduce((y, layer) => layer.forward(y), x);
  }
}
