import { manualSeed, optim, scope, type Tensor } from '@tandem/torch';
import { clbo, clboOptions } from '../../src/methods/clbo.js';
import type { Method } from '../../src/methods/index.js';
import type { Branch } from '../../src/networks/index.js';
import { smallView } from '../../src/views/index.js';
import { normal, TinyEncoder } from '../support.js';

export const view = smallView({ size: 2 });

export const parsed = (options: object) => clboOptions.parse({ projHidden: 5, projDim: 4, ...options });

/** CLBO on a tiny encoder; one seed, the same initial networks. */
export function tinyClbo(options: object = {}, dtype: 'float32' | 'float64' = 'float32', seed = 1): Method {
  manualSeed(seed);
  return clbo(() => new TinyEncoder(12, 6).to({ dtype }), [view, view], parsed(options));
}

/** The two views of the batch of a step. */
export function viewsOf(step: number, { dtype }: Pick<Tensor, 'dtype'>): [Tensor, Tensor] {
  return [normal([6, 3, 2, 2], 1000 + step, dtype), normal([6, 3, 2, 2], 2000 + step, dtype)];
}

export interface SteppingOptions {
  readonly lr?: number;
  readonly momentum?: number;
  readonly weightDecay?: number;
  readonly stepsPerEpoch?: number;
  readonly epochs?: number;
  /** Leave the loss out: what is left are pull, decay and teacher. */
  readonly lossless?: boolean;
}

/** The training loop in its shortest form, with a look between its parts. */
export class Stepping {
  readonly optimizer: optim.SGD;
  step = 0;
  /** Called with the gradients before and after the method has changed them. */
  onGradients: (when: 'before' | 'after') => void = () => {};

  constructor(
    readonly method: Method,
    readonly options: SteppingOptions = {},
  ) {
    const { lr = 0.1, momentum = 0.9, weightDecay = 5e-4 } = options;
    this.optimizer = new optim.SGD(method.learns.parameters(), { lr, momentum, weightDecay });
  }

  /** Takes steps; the loss of the last. */
  take(count = 1): number {
    const { method, optimizer } = this;
    const { lr = 0.1, stepsPerEpoch = 1000, epochs = 10, lossless = false } = this.options;
    let last = Number.NaN;
    for (let i = 0; i < count; i++) {
      const { step } = this;
      const epoch = Math.floor(step / stepsPerEpoch) + 1;
      const moment = { step, epoch, epochs, lr, resetMomentum: () => optimizer.reset() };
      scope(() => {
        optimizer.zeroGrad();
        if (!lossless) {
          const loss = method.loss(viewsOf(step, method.learns.parameters()[0] as Tensor));
          loss.backward();
          last = loss.item();
        }
        this.onGradients('before');
        method.beforeStep?.(moment);
        this.onGradients('after');
        optimizer.step({ lr });
        method.afterStep?.(moment);
      });
      this.step += 1;
    }
    return last;
  }
}

/** The parameters of encoder and projector: what has a counterpart in the teacher. */
export function shared({ encoder, head }: Branch): Tensor[] {
  return [...encoder.parameters(), ...head.parameters()];
}

export function teacherOf({ teacher }: Method): Branch {
  if (!teacher) throw new Error('the method has no teacher');
  return teacher;
}
