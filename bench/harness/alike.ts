import { manualSeed, noGrad, randn, scope, type Tensor } from 'tandem-torch';
import {
  buildEncoder,
  eagerContext,
  type Method,
  type RunConfig,
  smallView,
  sumOfTerms,
  type Views,
} from 'tandem-vision';
import { newOptimizer } from 'tandem-vision/internal';
import type { Peer } from './peer.js';
import { configOf, dispose } from './trainer.js';

const [width, size, batch, steps] = [8, 32, 16, 4];

/**
 * That the peer learns the same: a few steps of the method on the same noise from the same weights
 * must have the same losses, so networks, loss, gradients, optimizer and teacher agree. In float64:
 * some methods magnify the rounding of float32 to percents within four steps.
 * @throws where they have not
 */
export async function assertAlike(method: string, peer: Peer, tuned: boolean): Promise<void> {
  const ours = ourLosses(method);
  const theirs = await peer.ask<number[]>('losses', { method, width, batch, steps, fixed: { tuned } });
  const far = ours.findIndex((loss, i) => Math.abs(loss - (theirs[i] as number)) > 1e-6 * Math.abs(loss));
  if (far === -1) return;
  throw new Error(`the peer does not learn the same: losses of ${method} are ${theirs}, ours ${ours}`);
}

/**
 * Weights, queues and noise come from the generator in the order of peers/train.py. Each side
 * shuffles for MoCo's teacher by a generator of its own, so here neither does.
 */
function ourLosses(name: string): number[] {
  const config = configOf({ method: name, ...(name === 'moco' && { shuffle: false }) });
  const method = inFloat64(config);
  const optimizer = newOptimizer(config.training, method);
  const losses = scope(() => {
    draw(method);
    const views = [0, 1].map(() => randn([batch, 3, size, size], { dtype: 'float64' })) as unknown as Views;
    return Array.from({ length: steps }, (_, step) => {
      const ctx = eagerContext({ info: { step, steps, epoch: 1, epochs: steps, lr: 0.06, seed: 0 } });
      const result = method.loss(views, ctx);
      const loss = ('item' in result ? (result as Tensor) : sumOfTerms(result)).mul(config.training.scaleLoss);
      optimizer.zeroGrad();
      loss.backward();
      method.beforeStep?.(ctx);
      optimizer.step({ lr: ctx.info.lr });
      method.afterStep?.(ctx);
      return loss.item();
    });
  });
  dispose(method, optimizer);
  return losses;
}

function inFloat64(config: RunConfig): Method {
  const architecture = { backbone: 'resnet18', width, stem: 'small', channels: 3 } as const;
  const newEncoder = (form: object = {}) => buildEncoder(architecture, form).to({ dtype: 'float64' });
  const view = smallView({ size });
  return config.method.build(newEncoder, [view, view]);
}

function draw({ student, teacher, state = {} }: Method): void {
  manualSeed(0);
  noGrad(() => {
    for (const [key, x] of student.namedParameters()) {
      if (x.ndim > 1) x.normal_({ std: Math.sqrt((2 * (x.shape[0] as number)) / x.numel) });
      else if (key.endsWith('bias')) x.zero_();
    }
    const drawn = student.stateDict();
    for (const [key, x] of Object.entries(teacher?.stateDict() ?? {})) x.copy_(drawn[key] as Tensor);
    for (const [key, x] of Object.entries(state)) {
      if (key.startsWith('bank')) x.normal_().div_(x.norm(2, [1], { keepdim: true }));
    }
  });
}
