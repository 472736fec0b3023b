import { noGrad, scope, type Tensor } from 'tandem-torch';
import { type NewEncoder, newArchitecture, newBranch } from '../../networks/index.js';
import type { StepContext } from '../../step/index.js';
import type { View } from '../../views/index.js';
import type { AuxiliaryNetwork } from '../method.js';
import { type MomentumContrastOptions, momentumContrast } from './momentum-contrast.js';

/** A real network that learns beside a binary student, as its teacher. */
export interface CoTrainedOptions extends MomentumContrastOptions {
  /**
   * Its backbone and width, learning rate and weight decay; the latter are the run's own unless
   * given.
   */
  readonly coTrained: string;
  readonly coTrainedWidth?: number | undefined;
  readonly coTrainedLr?: number | undefined;
  readonly coTrainedWeightDecay?: number | undefined;
  /** Output width of its projector. */
  readonly projDim: number;
  /** Parts into which batch norm splits a batch. */
  readonly bnSplits: number;
}

/**
 * A teacher that learns beside its student, by MoCo with a head of its own, in the same step. The
 * student is to imitate what it gives in evaluation mode, and has no say in what it learns.
 */
export function coTrainedTeacher(newEncoder: NewEncoder, { size, mean }: View, o: CoTrainedOptions) {
  const {
    coTrained: backbone,
    coTrainedWidth,
    coTrainedLr: lr,
    coTrainedWeightDecay: weightDecay,
    bnSplits: splits,
    projDim,
  } = o;
  const settings = coTrainedWidth === undefined ? {} : { width: coTrainedWidth };
  const architecture = newArchitecture(backbone, settings, { size, channels: mean.length });
  const encoder = newEncoder({ splits }, architecture);
  const projHidden = encoder.featureWidth;
  const branch = newBranch(encoder, { projLayers: 2, projHidden, projDim, projNorm: false, splits });
  const contrast = momentumContrast(branch, o);
  const auxiliary: Record<string, AuxiliaryNetwork> = {
    coTrained: { branch, learns: true, architecture, lr, weightDecay },
    coTrainedKeys: { branch: contrast.teacher, learns: false },
  };
  return {
    width: projDim,
    auxiliary,
    state: Object.fromEntries(Object.entries(contrast.state).map(([name, x]) => [`coTrained.${name}`, x])),
    /** What the student is to imitate: [n, c, h, w] to [n, width], without gradient. */
    project([x]: readonly [Tensor]): [Tensor] {
      branch.eval();
      try {
        return [noGrad(() => scope(() => branch.forward(x)))];
      } finally {
        branch.train();
      }
    },
    /** Its own loss, of queries from `a` and keys from `b`. */
    loss: (a: Tensor, b: Tensor, ctx: StepContext) =>
      contrast.loss([{ queries: () => branch.forward(a), images: b }], ctx),
    afterStep: contrast.afterStep,
  };
}
