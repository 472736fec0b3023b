import { nn, type Tensor } from 'tandem-torch';
import { convolution } from './convolution.js';
import { batchNorm1d, batchNorm2d } from './split-batch-norm.js';

/** Width of the attention's middle, as a share of the channels. */
const ratio = 1 / 16;
const narrowest = 32;

/**
 * Two 3x3 convolutions mixed for each image and channel by weights that sum to 1, norm and ReLU
 * included: [n, c, h, w] to [n, c, h / stride, w / stride]. The form of SimCLR v2 (Chen et al.,
 * 2020; google-research/simclr); both kernels are of one size, unlike Li et al., 2019.
 */
export class SelectiveKernels extends nn.Module {
  /** Both convolutions, one after the other in their outputs. */
  readonly conv: nn.Conv2d;
  readonly bn: nn.BatchNorm2d;
  readonly attn: PairAttention;

  constructor(channels: number, stride: number, splits: number) {
    super();
    this.conv = convolution(channels, 2 * channels, 3, stride);
    this.bn = batchNorm2d(2 * channels, splits);
    this.attn = new PairAttention(channels, splits);
  }

  forward(x: Tensor): Tensor {
    const [a, b] = this.bn.relu(this.conv.forward(x)).chunk(2, { dim: 1 }) as [Tensor, Tensor];
    const weights = this.attn.forward(a.add(b).mean([2, 3]));
    const [ofA, ofB] = weights.unsqueeze(3).unsqueeze(4).unbind({ dim: 1 }) as [Tensor, Tensor];
    return a.mul(ofA).add(b.mul(ofB));
  }
}

/**
 * From the channels' means to the two weights of each channel, which sum to 1: [n, c] to [n, 2, c].
 */
export class PairAttention extends nn.Module {
  readonly fcReduce: nn.Linear;
  readonly bn: nn.BatchNorm1d;
  readonly fcSelect: nn.Linear;

  constructor(channels: number, splits: number) {
    super();
    const middle = Math.max(Math.floor(ratio * channels), narrowest);
    this.fcReduce = linear(channels, middle);
    this.bn = batchNorm1d(middle, splits);
    this.fcSelect = linear(middle, 2 * channels);
  }

  forward(means: Tensor): Tensor {
    const middle = this.bn.forward(this.fcReduce.forward(means)).relu_();
    return this.fcSelect
      .forward(middle)
      .reshape([means.shape[0] as number, 2, means.shape[1] as number])
      .softmax(1);
  }
}

/** As a 1x1 convolution of the network would be: no bias, Kaiming-normal by fan-out. */
function linear(inputs: number, outputs: number): nn.Linear {
  const layer = new nn.Linear(inputs, outputs, { bias: false });
  nn.init.kaimingNormal(layer.weight, 'fanOut');
  return layer;
}
