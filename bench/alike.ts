import { manualSeed, noGrad, randn, scope, type Tensor } from '@tandem/torch';
import { assemble, type DataSet, type Moment, total, type Views } from 'tandem';
import type { Peer } from './peer.js';
import { configOf } from './trainer.js';

const [width, batch, steps] = [8, 16, 4];

/**
 * That the peer learns the same: a few steps of the method on the same noise from the same weights, in float32, must have the same losses, so
 * networks, loss, gradients, optimizer and teacher agree.
 * @throws where they have not
 */
export async function assertAlike(method: string, images: DataSet, peer: Peer, tuned: boolean): Promise<void> {
  const ours = ourLosses(method, images);
  const theirs = await peer.ask<number[]>('losses', { method, width, batch, steps, fixed: { tuned } });
  const far = ours.findIndex((loss, i) => Math.abs(loss - (theirs[i] as number)) > 2e-3 * Math.abs(loss));
  if (far === -1) return;
  throw new Error(`the peer does not learn the same: losses of ${method} are ${theirs}, ours ${ours}`);
}

/** Weights and noise come from the generator in the order of peers/train.py. */
function ourLosses(name: string, images: DataSet): number[] {
  // Contiguous: numbers are drawn in the order of memory.
  const same = { precision: 'float32', device: 'cpu', memoryFormat: 'contiguous' };
  const config = configOf({ method: name, width, batch, epochs: steps, ...same });
  const { method, plan } = assemble(config, images);
  const { learns, teacher } = method;
  manualSeed(0);
  return scope(() => {
    noGrad(() => {
      for (const [key, x] of learns.namedParameters()) {
        if (x.ndim > 1) x.normal_({ std: Math.sqrt((2 * (x.shape[0] as number)) / x.numel) });
        else if (key.endsWith('bias')) x.zero_();
      }
      const student = learns.stateDict();
      for (const [key, x] of Object.entries(teacher?.stateDict() ?? {})) x.copy_(student[key] as Tensor);
    });
    const views = [randn([batch, 3, 32, 32]), randn([batch, 3, 32, 32])] as unknown as Views;
    return Array.from({ length: steps }, (_, step) => {
      const moment: Moment = { step, steps, epoch: 1, epochs: steps, lr: 0.06, seed: 0, resetMomentum: () => {} };
      const result = method.loss(views, moment);
      const loss = ('item' in result ? (result as Tensor) : total(result)).mul(plan.scaleLoss ?? 1);
      plan.optimizer.zeroGrad();
      loss.backward();
      method.beforeStep?.(moment);
      plan.optimizer.step({ lr: moment.lr });
      method.afterStep?.(moment);
      return loss.item();
    });
  });
}
