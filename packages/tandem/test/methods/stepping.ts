import { manualSeed, optim, scope, Tensor } from 'tandem-torch';
import { sumOfTerms } from '../../src/losses/index.js';
import { findMethod, type Method, type Views } from '../../src/methods/index.js';
import { type Branch, Head, type TrainingForm } from '../../src/networks/index.js';
import { batchNorm1d } from '../../src/networks/split-batch-norm.js';
import { eagerContext, type StepContext, type StepData, type StepInfo } from '../../src/step/index.js';
import { type FrozenTeacher, frozenTeacher } from '../../src/teachers/index.js';
import { smallView } from '../../src/views/index.js';
import { hash, normal, TinyEncoder } from '../support.js';

export const view = smallView({ size: 2 });

/** The tiny encoder, with batch norm by parts where a method asks for it. */
export function tinyEncoder({ splits = 1 }: TrainingForm = {}, features = 6): TinyEncoder {
  const encoder = new TinyEncoder(12, features);
  return splits === 1 ? encoder : Object.assign(encoder, { bn: batchNorm1d(features, splits) });
}

/** As many of these settings as the method knows. */
export function settingsFor(name: string, settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const known = findMethod(name).options.shape;
  return Object.fromEntries(Object.entries(settings).filter(([key]) => Object.hasOwn(known, key)));
}

/** What fits a batch of six and a tiny encoder. */
const small = { projHidden: 5, projDim: 4, predHidden: 5, bank: 24, bnSplits: 2 };

interface TinyOptions {
  readonly dtype?: 'float32' | 'float64';
  readonly seed?: number;
  /** What it imitates, if it imitates. */
  readonly teacher?: FrozenTeacher | undefined;
}

/** A method on a tiny encoder; one seed, the same initial networks. */
export function tinyMethod(
  name: string,
  options: object = {},
  { dtype = 'float32', seed = 1, teacher = tinyTeacher({ dtype }) }: TinyOptions = {},
): Method {
  const { configure, teacher: use } = findMethod(name);
  const imitated = use === 'none' ? undefined : teacher;
  manualSeed(seed);
  const { build } = configure({ ...settingsFor(name, small), ...options });
  return build((form) => tinyEncoder(form).to({ dtype }), [view, view], imitated);
}

/** A frozen network of as many outputs as the tiny methods project to. */
export function tinyTeacher({ dtype = 'float32', seed = 7 }: { dtype?: 'float32' | 'float64'; seed?: number } = {}) {
  manualSeed(seed);
  const encoder = tinyEncoder().to({ dtype });
  const head = new Head({ widths: [encoder.featureWidth, 5, 4], norm: true }).to({ dtype });
  return frozenTeacher({ encoder, head, own: view }, view);
}

/** All bits of a frozen network, batch norm's too. */
export function bitsOf({ encoder, head }: Pick<FrozenTeacher, 'encoder' | 'head'>): string {
  return hash([...Object.values(encoder.stateDict()), ...Object.values(head.stateDict())]);
}

export function tinyClbo(options: object = {}, dtype: 'float32' | 'float64' = 'float32', seed = 1): Method {
  return tinyMethod('clbo', options, { dtype, seed });
}

/** The numbers of a step, the first unless told otherwise. */
export function stepInfo(changes: Partial<StepInfo> = {}): StepInfo {
  return { step: 0, steps: 100, epoch: 1, epochs: 1, lr: 0.1, seed: 1, ...changes };
}

/** The context of such a step. */
export function stepContext(changes: Partial<StepInfo> = {}, rest: Omit<Partial<StepData>, 'info'> = {}): StepContext {
  return eagerContext({ info: stepInfo(changes), ...rest });
}

/** A method's loss as one number. */
export function lossOf(method: Method, views: Views, ctx = stepContext()): Tensor {
  const loss = method.loss(views, ctx);
  return loss instanceof Tensor ? loss : sumOfTerms(loss);
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
  /** The views of each step; defaults to noise. */
  readonly views?: (step: number) => Views;
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
    this.optimizer = new optim.SGD(method.student.parameters(), { lr, momentum, weightDecay });
  }

  /** Takes steps; the loss of the last. */
  take(count = 1): number {
    const { method, optimizer } = this;
    const { lr = 0.1, stepsPerEpoch = 1000, epochs = 10, lossless = false } = this.options;
    const views = this.options.views ?? ((step) => viewsOf(step, method.student.parameters()[0] as Tensor));
    const resetMomentum = () => optimizer.reset();
    let last = Number.NaN;
    for (let i = 0; i < count; i++) {
      const { step } = this;
      const epoch = Math.floor(step / stepsPerEpoch) + 1;
      const ctx = stepContext({ step, steps: stepsPerEpoch * epochs, epoch, epochs, lr }, { resetMomentum });
      scope(() => {
        optimizer.zeroGrad();
        if (!lossless) {
          const loss = lossOf(method, views(step), ctx);
          loss.backward();
          last = loss.item();
        }
        this.onGradients('before');
        method.beforeStep?.(ctx);
        this.onGradients('after');
        optimizer.step({ lr });
        method.afterStep?.(ctx);
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
