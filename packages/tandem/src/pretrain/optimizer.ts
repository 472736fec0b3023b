import { type nn, optim, type Tensor } from 'tandem-torch';
import type { Method } from '../methods/index.js';
import { type Branch, layersOf } from '../networks/index.js';
import type { Plan } from '../train/plan.js';
import { decaySchedule, type Schedule } from '../train/schedule.js';
import { turnsOf } from './config/continuation.js';
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

/** The optimizer of what a method trains. @throws when a whole network of that is frozen */
export function newOptimizer(settings: TrainingSettings, method: Method): optim.Optimizer {
  const { momentum, weightDecay, nesterov, larsTrust: trust, larsMomentum: momentumOf, larsClip: clip } = settings;
  const groups = parameterGroups(settings, method);
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
  for (const { encoder } of [student, ...learners.map(({ branch }) => branch)]) {
    if (learning(encoder).length === 0) throw new Error('an optimizer was given a network that is frozen');
  }
  return [
    ...byLayer(settings, student).map((group) => ({
      ...group,
      parameters: group.parameters.filter((x) => !constant.has(x)),
    })),
    ...(constant.size > 0 ? [{ parameters: [...constant], lr: baseLr(settings) }] : []),
    ...learners.map(({ branch, lr = settings.lr, weightDecay }) => ({
      parameters: learning(branch),
      lrScale: lr / settings.lr,
      ...(weightDecay !== undefined && { weightDecay }),
    })),
  ];
}

/** What of a network learns: methods and `freeze` keep parts of some as they begin. */
function learning(network: nn.Module): Tensor[] {
  return network.parameters().filter((x) => x.requiresGrad);
}

/** The student's, all as one or layer by layer with rates that fall towards the images. */
function byLayer({ layerDecay = 1 }: TrainingSettings, student: Branch) {
  if (layerDecay === 1) return [{ parameters: learning(student) }];
  const layers = layersOf(student.encoder);
  const groups = Array.from({ length: layers.count + 2 }, (_, layer) => ({
    parameters: [] as Tensor[],
    lrScale: layerDecay ** (layers.count + 1 - layer),
  }));
  for (const [name, x] of student.namedParameters()) {
    const within = /^encoder\.(.*)$/.exec(name)?.[1];
    // What stands after the blocks, and the heads, learns at the full rate.
    const layer = within === undefined ? layers.count + 1 : layers.of(within);
    if (x.requiresGrad) groups[layer]?.parameters.push(x);
  }
  return groups.filter(({ parameters }) => parameters.length > 0);
}

/** How the optimizer's settings change over a run, and how long gradients may be. */
export function pace(settings: TrainingSettings, stepsPerEpoch: number): Pick<Plan, 'lr' | 'weightDecay' | 'clip'> {
  const { epochs, weightDecay, weightDecayEnd, clip, clipBy } = settings;
  const everyStep = { epochs, stepsPerEpoch, by: 'step', warmup: 0 } as const;
  return {
    lr: rateOf(settings, stepsPerEpoch),
    ...(weightDecayEnd !== undefined && {
      weightDecay: decaySchedule({ base: weightDecay, end: weightDecayEnd, ...everyStep }),
    }),
    ...(clip > 0 && { clip: { most: clip, by: clipBy } }),
  };
}

/** The learning rate, also past epochs that were to be the last. */
function rateOf(settings: TrainingSettings, stepsPerEpoch: number): Schedule {
  const { decay, lrEnd: end, schedule: by, warmup } = settings;
  const over = (epochs: number) =>
    decaySchedule({ base: baseLr(settings), end, decay, epochs, stepsPerEpoch, by, warmup });
  const turns = turnsOf(settings);
  const ends = [...turns.map(({ after }) => after), settings.epochs];
  return turns.reduce(
    (before: Schedule, { after, how }, i) => {
      const [from, last] = [after * stepsPerEpoch, ends[i + 1] as number];
      const restarted = over(last - after);
      const next = {
        restart: (step: number) => restarted(step - from),
        constant: () => before(from - 1),
        stretch: over(last),
      }[how];
      return (step) => (step < from ? before(step) : next(step));
    },
    over(ends[0] as number),
  );
}
