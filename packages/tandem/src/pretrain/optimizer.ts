import { optim } from 'tandem-torch';
import type { Method } from '../methods/index.js';
import type { Plan } from '../train/plan.js';
import { decaySchedule } from '../train/schedule.js';
import type { TrainingSettings } from './config/training.js';

/** The learning rate at the start: linear in the batch where that is asked for. */
export function baseLr({ lr, scaleLr, batch }: TrainingSettings): number {
  return scaleLr ? (lr * batch) / 256 : lr;
}

/**
 * Which tensors weight decay leaves out: vectors, but none with plain SGD, whose recipe decays
 * everything.
 */
export function excluded({ exclude, optimizer }: TrainingSettings): 'vectors' | 'none' {
  return exclude ?? (optimizer === 'sgd' ? 'none' : 'vectors');
}

/** The optimizer of what a method trains. @throws when part of that is frozen */
export function newOptimizer(settings: TrainingSettings, method: Method): optim.Optimizer {
  const { momentum, weightDecay, nesterov, larsTrust: trust, larsMomentum: momentumOf, larsClip: clip } = settings;
  const groups = parameterGroups(settings, method);
  if (groups.some(({ parameters }) => parameters.some((x) => !x.requiresGrad))) {
    throw new Error('an optimizer was given a network that is frozen');
  }
  const common = { lr: baseLr(settings), weightDecay, exclude: excluded(settings) };
  switch (settings.optimizer) {
    case 'lars':
      return new optim.LARS(groups, { ...common, momentum, trust, momentumOf, clip });
    case 'adam':
      return new optim.Adam(groups, common);
    case 'adamw':
      return new optim.AdamW(groups, common);
    case 'sgd':
      return new optim.SGD(groups, { ...common, momentum, nesterov });
  }
}

/** The student's, those of it whose rate is constant, and each auxiliary network that learns. */
function parameterGroups(settings: TrainingSettings, { student, constantLr = [], auxiliary = {} }: Method) {
  const constant = new Set(constantLr);
  const learners = Object.values(auxiliary).filter(({ learns }) => learns);
  return [
    { parameters: student.parameters().filter((x) => !constant.has(x)) },
    ...(constant.size > 0 ? [{ parameters: [...constant], lr: baseLr(settings) }] : []),
    ...learners.map(({ branch, lr = settings.lr, weightDecay }) => ({
      parameters: branch.parameters(),
      lrScale: lr / settings.lr,
      ...(weightDecay !== undefined && { weightDecay }),
    })),
  ];
}

/** How the optimizer's settings change over a run, and how long gradients may be. */
export function pace(settings: TrainingSettings, stepsPerEpoch: number): Pick<Plan, 'lr' | 'weightDecay' | 'clip'> {
  const { epochs, decay, lrEnd, schedule: by, warmup, weightDecay, weightDecayEnd, clip, clipBy } = settings;
  const length = { epochs, stepsPerEpoch };
  const everyStep = { ...length, by: 'step', warmup: 0 } as const;
  return {
    lr: decaySchedule({ base: baseLr(settings), end: lrEnd, decay, ...length, by, warmup }),
    ...(weightDecayEnd !== undefined && {
      weightDecay: decaySchedule({ base: weightDecay, end: weightDecayEnd, ...everyStep }),
    }),
    ...(clip > 0 && { clip: { most: clip, by: clipBy } }),
  };
}
