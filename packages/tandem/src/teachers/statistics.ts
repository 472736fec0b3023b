import { nn, noGrad, scope, type Tensor } from 'tandem-torch';

function batchNorms(module: nn.Module): (nn.BatchNorm1d | nn.BatchNorm2d)[] {
  const found: (nn.BatchNorm1d | nn.BatchNorm2d)[] = [];
  for (const part of module.modules()) {
    if (part instanceof nn.BatchNorm1d || part instanceof nn.BatchNorm2d) found.push(part);
  }
  return found;
}

/** How much of each batch goes into the running statistics. */
export function setBatchNormMomentum(module: nn.Module, momentum: number): void {
  for (const norm of batchNorms(module)) norm.momentum = momentum;
}

/**
 * Replaces the running statistics by the plain average over at most `limit` batches, in train mode
 * and without gradient. Once more with the same batches changes nothing: the batches do not count
 * as trained on.
 * @param batches each is freed after its use, so they can be made as they are asked for
 */
export function reestimateStatistics(module: nn.Module, batches: Iterable<Tensor>, limit = 200): void {
  const norms = batchNorms(module);
  const before = norms.map((norm) => ({ momentum: norm.momentum, tracked: norm.numBatchesTracked.item() }));
  const training = module.training;
  module.train();
  const iterator = batches[Symbol.iterator]();
  // A batch is made and used in one scope, which frees it.
  const use = (count: number) =>
    noGrad(() => {
      const { done, value } = iterator.next();
      if (done) return false;
      setBatchNormMomentum(module, 1 / count);
      module.forward(value);
      return true;
    });
  for (let count = 1; count <= limit && scope(() => use(count)); ) count += 1;
  norms.forEach((norm, i) => {
    const { momentum, tracked } = before[i] as (typeof before)[number];
    norm.momentum = momentum;
    norm.numBatchesTracked.fill_(tracked);
  });
  module.train(training);
}
