import { findMethod, methods } from '../../../src/methods/index.js';
import { frozen, subject } from './running.js';
import type { Subject } from './worker.js';

function of(method: string, settings: Readonly<Record<string, unknown>> = {}, more: Partial<Subject> = {}): Subject {
  return subject(method, settings, more, findMethod(method).options.shape);
}

/** Every method as it comes. */
export const everyMethod: readonly Subject[] = Object.entries(methods).flatMap(([name, { teacher }]) =>
  // DINOv2 learns in one process. Ten steps of MoCo v3 at the usual rate carry a rounding to 1e-9.
  name === 'dinov2' ? [] : [of(name, teacher === 'none' ? (name === 'mocov3' ? { lr: 0.006 } : {}) : frozen)],
);

/** The average of weights beside what is averaged. */
export const averaged = of('byol', { averageWeights: 0.9 }, { title: 'byol, its average kept' });

/** Options that look across the batch, or draw, in a way of their own. */
export const variants: readonly Subject[] = [
  of('clbo', { loss: 'barlow', clip: 0.1 }, { title: 'clbo, barlow, clipped' }),
  of('clbo', { loss: 'vicreg', predictor: true }, { title: 'clbo, vicreg with a predictor' }),
  of('clbo', { negatives: 'opposite-view', teacherBn: 'averaged' }, { title: 'clbo, opposite view' }),
  of('moco', { symmetric: true, bnSplits: 1 }, { title: 'moco, symmetric' }),
  averaged,
  of('feature-matching', { compare: 'queue', patches: 1, ...frozen }, { title: 'feature-matching, queue and places' }),
  of('s2bnn', { strategy: 'contrastive' }, { title: 's2bnn, contrastive' }),
  of('s2bnn', { coTrained: 'resnet8', coTrainedWidth: 4 }, { title: 's2bnn, co-trained' }),
  of('simclr-v2', { labels: 0.5, ...frozen }, { title: 'simclr-v2 with labels' }),
  of('dino', { projNorm: true }, { title: 'dino with crops of two sizes', form: 'crops' }),
  of(
    'dino',
    { backbone: 'vit-micro', lr: 0.01, dropPath: 0.2, clip: 5 },
    { title: 'dino on a transformer', form: 'transformer' },
  ),
];
