import { nn, noGrad, scope, type Tensor } from '@tandem/torch';

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

/** Replaces the running statistics by the plain average over the batches given, in train mode and without gradient. */
export function reestimateStatistics(module: nn.Module, batches: Iterable<Tensor>): void {
  const norms = batchNorms(module);
  const before = norms.map((norm) => norm.momentum);
  const training = module.training;
  module.train();
  let seen = 0;
  for (const batch of batches) {
    seen += 1;
    setBatchNormMomentum(module, 1 / seen);
    scope(() => noGrad(() => module.forward(batch).dispose()));
  }
  norms.forEach((norm, i) => {
    norm.momentum = before[i] as number;
  });
  module.train(training);
}
