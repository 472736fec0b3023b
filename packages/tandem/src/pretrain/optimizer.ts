import { optim } from '@tandem/torch';
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
export function newOptimizer(
  settings: TrainingSettings,
  { student, constantLr = [], auxiliary = {} }: Method,
): optim.Optimizer {
  const lr = baseLr(settings);
  const { momentum, weightDecay, nesterov, larsTrust: trust, larsMomentum: momentumOf, larsClip: clip } = settings;
  const constant = new Set(constantLr);
  const groups = [
    { parameters: student.parameters().filter((x) => !constant.has(x)) },
    ...(constant.size > 0 ? [{ parameters: [...constant], lr }] : []),
    ...Object.values(auxiliary).flatMap(({ branch, learns, lr: own = settings.lr, weightDecay: decay }) =>
      learns
        ? [
            {
              parameters: branch.parameters(),
              lrScale: own / settings.lr,
              ...(decay !== undefined && { weightDecay: decay }),
            },
          ]
        : [],
    ),
  ];
  if (groups.some(({ parameters }) => parameters.some((x) => !x.requiresGrad))) {
    throw new Error('an optimizer was given a network that is frozen');
  }
  const common = { lr, weightDecay, exclude: excluded(settings) };
  switch (settings.optimizer) {
    case 'lars':
      return new optim.LARS(groups, { ...common, momentum, trust, momentumOf, clip });
    case 'adam':
      return new optim.Adam(groups, common);
    case 'adamw':
      return new optim.AdamW(groups, common);
    default:
      return new optim.SGD(groups, { ...common, momentum, nesterov });
  }
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
