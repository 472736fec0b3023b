import { batchNorm, nn, noGrad, type Tensor } from 'tandem-torch';

type Affine = ConstructorParameters<typeof nn.BatchNorm1d>[1];

/** Batch norm of [n, c, h, w], by parts of the batch where there are more `splits` than 1. */
export function batchNorm2d(channels: number, splits = 1): nn.BatchNorm2d {
  return splits === 1 ? new nn.BatchNorm2d(channels) : new SplitBatchNorm2d(channels, splits);
}

/** Batch norm of [n, c] likewise. */
export function batchNorm1d(channels: number, splits = 1, affine?: Affine): nn.BatchNorm1d {
  return splits === 1 ? new nn.BatchNorm1d(channels, affine) : new SplitBatchNorm1d(channels, splits, affine);
}

/**
 * Batch norm that treats a batch as `splits` batches, image i belonging to part i mod splits, each
 * normalised by its own statistics: what several GPUs do to a batch, on one device. The running
 * statistics take the mean over the parts. In evaluation it is ordinary batch norm.
 * (facebookresearch/moco, CIFAR-10 demo)
 */
class SplitBatchNorm2d extends nn.BatchNorm2d {
  constructor(
    channels: number,
    readonly splits: number,
  ) {
    super(channels);
  }

  override forward(x: Tensor): Tensor {
    return this.training ? inParts(this, this.splits, x) : super.forward(x);
  }
}

/** The same for [n, c], in heads. */
class SplitBatchNorm1d extends nn.BatchNorm1d {
  constructor(
    channels: number,
    readonly splits: number,
    affine?: Affine,
  ) {
    super(channels, affine);
  }

  override forward(x: Tensor): Tensor {
    return this.training ? inParts(this, this.splits, x) : super.forward(x);
  }
}

function inParts(norm: nn.BatchNorm1d | nn.BatchNorm2d, splits: number, x: Tensor): Tensor {
  const { weight, bias, runningMean, runningVar, momentum, eps } = norm;
  const [n, c, ...rest] = x.shape as [number, number, ...number[]];
  if (n % splits !== 0 || (n / splits < 2 && !norm.across)) {
    throw new RangeError(`${norm.constructor.name}: ${n} images do not divide into ${splits} parts of two or more`);
  }
  norm.numBatchesTracked.add_(1);
  const everyPart = (p: Tensor | null) => p?.repeat([splits]) ?? null;
  const [mean, variance] = noGrad(() => [runningMean.repeat([splits]), runningVar.repeat([splits])] as const);
  // Neighbours belong to different parts, so in this shape each part has channels of its own; where
  // colours lie innermost they go on doing so.
  const isChannelsLast = x.ndim === 4 && c > 1 && x.strides[1] === 1;
  const gathered = isChannelsLast
    ? x
        .permute([0, 2, 3, 1])
        .reshape([n / splits, splits, ...rest, c])
        .permute([0, 2, 3, 1, 4])
        .reshape([n / splits, ...rest, splits * c])
        .permute([0, 3, 1, 2])
    : x.reshape([n / splits, splits * c, ...rest]);
  const parts = { weight: everyPart(weight), bias: everyPart(bias), runningMean: mean, runningVar: variance };
  const y = norm.across
    ? norm.across.normalise(gathered, { ...parts, momentum, eps })
    : batchNorm(gathered, parts.weight, parts.bias, mean, variance, true, momentum, eps, true);
  noGrad(() => {
    runningMean.copy_(mean.view([splits, c]).mean([0]));
    runningVar.copy_(variance.view([splits, c]).mean([0]));
  });
  if (!isChannelsLast) return y.reshape(x.shape);
  const apart = y
    .permute([0, 2, 3, 1])
    .reshape([n / splits, ...rest, splits, c])
    .permute([0, 3, 1, 2, 4]);
  return apart.reshape([n, ...rest, c]).permute([0, 3, 1, 2]);
}
